/** The one form that all figures have: printed, drawn, kept as JSON and written into the README from it. */

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface ContenderFigures {
  readonly name: string;
  readonly version: string;
  /** What is compared, in the comparison's unit; less is better. */
  readonly value: Spread;
  /** The same, round by round; results that were written to a file do not have it. */
  readonly values?: readonly number[];
  /** Times that of the first contender, round by round; null where nothing is compared. */
  readonly ratio: Spread | null;
  /** Further figures by their titles, as `requests/s`: medians of the rounds. */
  readonly others: Readonly<Record<string, number>>;
}

export interface Comparison {
  readonly workload: string;
  readonly title: string;
  /** As `CPU µs/request`. */
  readonly unit: string;
  readonly rounds: number;
  /** The first is what the others are compared with. */
  readonly contenders: readonly ContenderFigures[];
  /** Why those that were left out are not here. */
  readonly missing: readonly string[];
  /** Cores that others kept busy meanwhile; what was written to a file was measured on a quiet machine. */
  readonly othersCores?: number;
  /** When it was measured. @see today */
  readonly day: string;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    min: sorted[0] ?? Number.NaN,
    median: percentileOf(sorted, 0.5),
    max: sorted.at(-1) ?? Number.NaN,
  };
}

export function medianOf(values: readonly number[]): number {
  return spreadOf(values).median;
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** In UTC: 2026-01-31. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** @param sorted ascending. */
export function percentileOf(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export function figuresOf(comparison: Comparison, name: string): ContenderFigures | undefined {
  return comparison.contenders.find((figures) => figures.name === name);
}
