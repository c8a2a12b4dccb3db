/** One way to print figures: a title, aligned rows, and what was measured on. */
import { readFileSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import type { Comparison } from './comparison.js';
import { loadPerCore } from './process-usage.js';

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    min: sorted[0] ?? Number.NaN,
    median: percentileOf(sorted, 0.5),
    max: sorted.at(-1) ?? Number.NaN,
  };
}

/** @param sorted ascending. */
export function percentileOf(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export function formatSpread({ min, median, max }: Spread, digits = 1): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

/** Columns as wide as their widest cell; the first one left, the others right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  return rows
    .map((row) =>
      row
        .map((cell, index) => (index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function machineLine(): string {
  const model = /^model name\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown processor';
  return `${availableParallelism()} × ${model}, Linux ${release()}, Node ${process.version}`;
}

/** Said where somebody else keeps the machine busy; null on a quiet one. */
export function busyLine(): string | null {
  const load = loadPerCore();
  return load > 0.5 ? `This machine is busy (load ${load.toFixed(2)} a core): trust the ratios, not the times.` : null;
}

export function comparisonTable({ title, contenders }: Comparison): string {
  const first = contenders[0]?.name ?? '';
  const rows = contenders.map(({ name, version, microseconds, ratio, requestsPerSecond, sideShare }) => [
    `${name} ${version}`,
    formatSpread(microseconds),
    formatSpread(ratio, 2),
    requestsPerSecond.median.toFixed(0),
    sideShare === 0 ? '' : `${(sideShare * 100).toFixed(1)} %`,
  ]);
  return `${title}\n${formatTable([['', 'CPU µs/request', `× ${first}`, 'requests/s', 'beside it'], ...rows])}`;
}

/** A promise with its figure, one line each, and whether it was kept. */
export class Verdict {
  #isKept = true;

  check(isKept: boolean, promise: string, figure: string): void {
    console.log(`${isKept ? 'kept  ' : 'BROKEN'}  ${promise}: ${figure}`);
    if (!isKept) this.#isKept = false;
  }

  get exitCode(): number {
    return this.#isKept ? 0 : 1;
  }
}
