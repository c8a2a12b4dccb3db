/** What bench/bounds.json holds, and whether figures keep to it. */
import type { ContenderFigures } from './figures.js';

export interface Bound {
  /** Times HAProxy's CPU time per request, at most: the median of the rounds. */
  readonly ratio: number;
  readonly rounds: number;
  readonly seconds: number;
}

/** By the name of the workload. */
export type Bounds = Readonly<Record<string, Bound>>;

/** @returns how far the median lies above the bound; null when it does not. A figure that is none is above. */
export function excessOf({ ratio }: Pick<ContenderFigures, 'ratio'>, bound: Bound): number | null {
  const median = ratio?.median ?? Number.NaN;
  if (Number.isNaN(median)) return Number.POSITIVE_INFINITY;
  return median > bound.ratio ? median - bound.ratio : null;
}

export function verdictLine(title: string, { ratio, value }: ContenderFigures, bound: Bound): string {
  const { median, min, max } = ratio ?? { median: Number.NaN, min: Number.NaN, max: Number.NaN };
  const times = `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)}) × HAProxy`;
  return `${title === '' ? '' : `${title}: `}${times}, ${bound.ratio} at most; ${value.median.toFixed(1)} CPU µs a request`;
}
