/** Nanoseconds of an operation, as medians of some samples; each case runs in a round of all, so that none is favored. */
import { type Comparison, spreadOf, today } from '../figures.js';
import { OthersUse } from '../machine.js';

export interface MicroCase {
  readonly name: string;
  /** Does the operation `times` over. @returns something that depends on all of it, so that nothing is optimized away. */
  readonly run: (times: number) => number;
}

export interface MicroSuite {
  readonly workload: string;
  readonly title: string;
  readonly cases: readonly MicroCase[];
}

export interface MicroOptions {
  readonly samples: number;
  readonly sampleMs: number;
}

/** @throws Error when an operation fails: what goes wrong fast must not look fast. */
export function measureSuite({ workload, title, cases }: MicroSuite, { samples, sampleMs }: MicroOptions): Comparison {
  const others = new OthersUse();
  const prepared = cases.map((one) => ({ ...one, times: timesFor(one, sampleMs), nanoseconds: [] as number[] }));
  for (let sample = 0; sample < samples; sample += 1) {
    for (const { run, times, nanoseconds } of prepared) {
      const startedAt = process.hrtime.bigint();
      keep(run(times));
      nanoseconds.push(Number(process.hrtime.bigint() - startedAt) / times);
    }
  }
  return {
    workload,
    title,
    unit: 'ns/operation',
    rounds: samples,
    contenders: prepared.map(({ name, nanoseconds }) => ({
      name,
      version: '',
      value: spreadOf(nanoseconds),
      ratio: null,
      others: {},
    })),
    missing: [],
    othersCores: others.cores(),
    day: today(),
  };
}

/** As many as fit into a sample, found by doubling; the compiler is done by then. */
function timesFor({ run }: MicroCase, sampleMs: number): number {
  for (let times = 64; ; times *= 2) {
    const startedAt = performance.now();
    keep(run(times));
    const elapsedMs = performance.now() - startedAt;
    if (elapsedMs >= sampleMs / 2) return Math.max(1, Math.round((times * sampleMs) / elapsedMs));
  }
}

function keep(result: number): void {
  if (!Number.isFinite(result)) throw new Error('an operation gave no number: it did not do its work');
}
