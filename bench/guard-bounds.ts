/** What bench/bounds.json holds, and what measured ratios say of it. */

export interface Bounds {
  /** The commit that the working tree is measured against. Moved on when a state has landed that is to be kept. */
  readonly base: string;
  /** CPU time per request as times that of the base, at most. */
  readonly ratio: number;
  /** How often both are started anew, at least and at most; each start brings `rounds` ratios. */
  readonly launches: { readonly least: number; readonly most: number };
  readonly rounds: number;
  readonly seconds: number;
  /** Names of workloads. */
  readonly workloads: readonly string[];
}

/** `undecided`: the ratios spread too widely around the bound to tell. */
export type Judgement = 'kept' | 'broken' | 'undecided';

export interface Interval {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** How sure the interval of the median has to be; one guard asks some ten times. */
const CONFIDENCE = 0.99;

/**
 * Where the median of a ratio lies, by the order of the values alone: no shape of the noise is assumed. With too few
 * values for the confidence the interval is all of them.
 */
export function intervalOf(ratios: readonly number[]): Interval {
  const sorted = [...ratios].sort((a, b) => a - b);
  const count = sorted.length;
  const outside = (1 - CONFIDENCE) / 2;
  let cut = 0;
  let tail = 0.5 ** count;
  let term = tail;
  // The k-th value from each end bounds the median unless fewer than k values lie on that side of it: a binomial tail.
  while (cut + 1 < count / 2) {
    term = (term * (count - cut)) / (cut + 1);
    if (tail + term > outside) break;
    tail += term;
    cut += 1;
  }
  const middle = (sorted[Math.floor((count - 1) / 2)] ?? Number.NaN) + (sorted[Math.floor(count / 2)] ?? Number.NaN);
  return { low: sorted[cut] ?? Number.NaN, median: middle / 2, high: sorted[count - 1 - cut] ?? Number.NaN };
}

/**
 * Broken only when all of the interval lies above the bound, so that noise alone breaks nothing; undecided when its
 * middle does. A ratio that is not a number is never kept.
 */
export function judgeRatios(ratios: readonly number[], bound: number): Judgement {
  const { low, median } = intervalOf(ratios);
  if (low > bound) return 'broken';
  return median <= bound ? 'kept' : 'undecided';
}

/** Whether more rounds could change what was judged. */
export function isClear(ratios: readonly number[], bound: number): boolean {
  const { low, high } = intervalOf(ratios);
  return low > bound || high <= bound;
}

export function verdictLine(ratios: readonly number[], bound: number): string {
  const { low, median, high } = intervalOf(ratios);
  return `${median.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)}) × the base in ${ratios.length} pairs, ${bound} at most`;
}
