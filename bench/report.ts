/** One way to print figures: a title, aligned rows, and line by line what was promised. */
import type { Comparison, Spread } from './figures.js';
import { busyLine, isBusy } from './machine.js';

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

export function comparisonTable(comparison: Comparison): string {
  const { title, unit, contenders, missing, othersCores = 0 } = comparison;
  const first = contenders[0]?.name ?? '';
  const hasRatio = contenders.some(({ ratio }) => ratio !== null);
  const further = furtherTitles(comparison);
  const heads = ['', unit, ...(hasRatio ? [`× ${first}`] : []), ...further];
  const rows = contenders.map(({ name, version, value, ratio, others }) => [
    `${name} ${version}`.trim(),
    formatSpread(value),
    ...(hasRatio ? [ratio === null ? '' : formatSpread(ratio, 2)] : []),
    ...further.map((further) => formatFigure(others[further])),
  ]);
  const notes = [
    ...missing.map((reason) => `left out: ${reason}`),
    ...(isBusy(othersCores) ? [busyLine(othersCores)] : []),
  ];
  return [title, formatTable([heads, ...rows]), ...notes].join('\n');
}

/** Of all contenders, in the order in which they first come. */
export function furtherTitles({ contenders }: Comparison): string[] {
  return [...new Set(contenders.flatMap(({ others }) => Object.keys(others)))];
}

/** Three digits that say something; whole numbers from 100 on. */
export function formatFigure(figure: number | undefined): string {
  if (figure === undefined) return '';
  if (Number.isInteger(figure) || Math.abs(figure) >= 100) return figure.toFixed(0);
  return figure.toFixed(Math.abs(figure) >= 10 ? 1 : 2);
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
