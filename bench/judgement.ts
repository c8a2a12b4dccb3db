/** What was promised of the figures, in one place. */
import { BESIDE } from './contenders/all.js';
import { type Comparison, figuresOf, type Spread } from './figures.js';
import { WORKLOADS } from './workloads/requests.js';

export interface Promised {
  readonly isKept: boolean;
  readonly text: string;
  readonly figure: string;
}

/** How much dearer the other libraries have to be at least, for a small GET, each as its README runs it. */
const DEARER = [
  ['http-proxy', 6],
  ['undici', 2.5],
] as const;

const MAX_LATENCY_RATIO = 1.5;
const MAX_IDLE_KILOBYTES = 8;

/** What was promised of the workloads that were measured, each with its figure. */
export function judge(comparisons: readonly Comparison[]): Promised[] {
  return comparisons.flatMap((comparison) => [
    ...judgeBound(comparison),
    ...judgeBeside(comparison),
    ...judgeDearer(comparison),
    ...judgeLatency(comparison),
    ...judgeIdle(comparison),
    ...judgeChanges(comparison),
  ]);
}

function judgeBound(comparison: Comparison): Promised[] {
  const bound = WORKLOADS.get(comparison.workload)?.bound ?? null;
  const ratio = ratioToHaproxy(comparison);
  if (bound === null || ratio === null) return [];
  const { median, min, max } = ratio;
  return [
    {
      isKept: round(median) <= bound,
      text: `${comparison.title}: at most ${bound} × HAProxy`,
      figure: `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)}) ×`,
    },
  ];
}

/** Of one run, so that a machine that slows down between two does not matter. */
function judgeBeside(comparison: Comparison): Promised[] {
  const bound = WORKLOADS.get(comparison.workload)?.besidePlain ?? null;
  const [own, plain] = [figuresOf(comparison, 'autoproxy'), figuresOf(comparison, BESIDE)];
  if (bound === null || own === undefined || plain === undefined) return [];
  const ratio = own.value.median / plain.value.median;
  return [
    {
      isKept: round(ratio) <= bound,
      text: `${comparison.title}: at most ${bound} × the same without`,
      figure: `${ratio.toFixed(2)} ×`,
    },
  ];
}

function judgeDearer(comparison: Comparison): Promised[] {
  if (comparison.workload !== 'small') return [];
  const own = figuresOf(comparison, 'autoproxy');
  return DEARER.flatMap(([name, bound]) => {
    const other = figuresOf(comparison, name);
    if (own === undefined || other === undefined) return [];
    const ratio = other.value.median / own.value.median;
    return [{ isKept: ratio >= bound, text: `${name} is at least ${bound} × dearer`, figure: `${ratio.toFixed(1)} ×` }];
  });
}

function judgeLatency(comparison: Comparison): Promised[] {
  const ratio = comparison.workload === 'latency' ? ratioToHaproxy(comparison) : null;
  if (ratio === null) return [];
  const text = `${comparison.title}: p99 at most ${MAX_LATENCY_RATIO} × HAProxy's`;
  return [{ isKept: round(ratio.median) <= MAX_LATENCY_RATIO, text, figure: `${ratio.median.toFixed(2)} ×` }];
}

function judgeIdle(comparison: Comparison): Promised[] {
  const own = figuresOf(comparison, 'autoproxy');
  if (comparison.workload !== 'idle' || own === undefined) return [];
  const text = `an idle connection: at most ${MAX_IDLE_KILOBYTES} KB`;
  const { median } = own.value;
  return [{ isKept: round(median) <= MAX_IDLE_KILOBYTES, text, figure: `${median.toFixed(1)} KB` }];
}

function judgeChanges(comparison: Comparison): Promised[] {
  const own = figuresOf(comparison, 'autoproxy');
  if (comparison.workload !== 'changes' || own === undefined) return [];
  const failed = own.others.failed ?? Number.NaN;
  return [{ isKept: failed === 0, text: `${comparison.title}: no request fails`, figure: String(failed) }];
}

/** Null where HAProxy was left out: then the ratio is to somebody else. */
function ratioToHaproxy({ contenders }: Comparison): Spread | null {
  if (contenders[0]?.name.startsWith('haproxy') !== true) return null;
  return contenders.find(({ name }) => name === 'autoproxy')?.ratio ?? null;
}

/** Bounds are written with two digits, and meant so. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}
