import { type Comparison, figuresOf } from './comparison.js';
import { WORKLOADS } from './workloads.js';

export interface Promised {
  readonly isKept: boolean;
  readonly text: string;
  readonly figure: string;
}

/** How much dearer the other libraries have to be at least, for a small GET. */
const DEARER: Readonly<Record<string, number>> = {
  'http-proxy': 6,
  'http-proxy, keep-alive agent': 6,
  undici: 2.5,
};

/** What was promised of the workloads that were measured, each with its figure. */
export function judge(comparisons: readonly Comparison[]): Promised[] {
  return comparisons.flatMap((comparison) => [
    ...judgeBeside(comparison, comparisons),
    ...judgeBound(comparison),
    ...judgeDearer(comparison),
  ]);
}

function judgeBound(comparison: Comparison): Promised[] {
  const bound = WORKLOADS[comparison.workload]?.bound ?? null;
  const own = figuresOf(comparison, 'autoproxy');
  if (bound === null || own === undefined) return [];
  const { median, min, max } = own.ratio;
  return [
    {
      isKept: round(median) <= bound,
      text: `${comparison.title}: at most ${bound} × HAProxy`,
      figure: `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)}) ×`,
    },
  ];
}

/** Both ratios are to HAProxy in their own run: a machine that has slowed down between the two does not matter. */
function judgeBeside(comparison: Comparison, all: readonly Comparison[]): Promised[] {
  const beside = WORKLOADS[comparison.workload]?.beside ?? null;
  const other = all.find(({ workload }) => workload === beside?.workload);
  const own = figuresOf(comparison, 'autoproxy');
  const base = other === undefined ? undefined : figuresOf(other, 'autoproxy');
  if (beside === null || own === undefined || base === undefined) return [];
  const ratio = own.microseconds.median / base.microseconds.median;
  return [
    {
      isKept: round(ratio) <= beside.bound,
      text: `${comparison.title}: at most ${beside.bound} × the same without`,
      figure: `${ratio.toFixed(2)} ×`,
    },
  ];
}

function judgeDearer(comparison: Comparison): Promised[] {
  if (comparison.workload !== 'small') return [];
  const own = figuresOf(comparison, 'autoproxy');
  return Object.entries(DEARER).flatMap(([name, bound]) => {
    const other = figuresOf(comparison, name);
    if (own === undefined || other === undefined) return [];
    const ratio = other.microseconds.median / own.microseconds.median;
    return [{ isKept: ratio >= bound, text: `${name} is at least ${bound} × dearer`, figure: `${ratio.toFixed(1)} ×` }];
  });
}

/** Bounds are written with two digits, and meant so. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}
