/** What was promised of the figures, in one place. */
import { BESIDE } from './contenders/all.js';
import { type Comparison, type ContenderFigures, figuresOf, type Spread, spreadOf } from './figures.js';
import { WORKLOADS } from './workloads/requests.js';

export interface Promised {
  readonly workload: string;
  readonly isKept: boolean;
  readonly text: string;
  readonly figure: string;
}

/** How much dearer the other libraries have to be at least, for a small GET, each as its README runs it. */
const DEARER = [
  ['http-proxy', 6],
  ['undici', 2.5],
] as const;

const MAX_LATENCY_RATIO = 0.8;
const MAX_IDLE_KILOBYTES = 2;
/** The oldest supported Node beside the newest one. */
const MAX_OLDEST_NODE_RATIO = 1.1;

/** What was promised of the workloads that were measured, each with its figure. */
export function judge(comparisons: readonly Comparison[]): Promised[] {
  return comparisons.flatMap((comparison) =>
    JUDGES.flatMap((judgeOne) => judgeOne(comparison)).map((judged) => ({ workload: comparison.workload, ...judged })),
  );
}

type Judged = Omit<Promised, 'workload'>;

const JUDGES = [judgeBound, judgeNodes, judgeBeside, judgeDearer, judgeLatency, judgeIdle, judgeChanges];

function judgeBound(comparison: Comparison): Judged[] {
  const bound = WORKLOADS.get(comparison.workload)?.bound ?? null;
  const own = nodesOf(comparison).at(-1);
  if (bound === null || own === undefined) return [];
  return haproxysOf(comparison).map((haproxy) => {
    const ratio = ratioOf(own, haproxy);
    return {
      isKept: round(ratio.median) <= bound,
      text: `${comparison.title}: ${own.name} takes at most ${bound} × ${haproxy.name}`,
      figure: figureOf(ratio),
    };
  });
}

function judgeNodes(comparison: Comparison): Judged[] {
  const [oldest, ...newer] = nodesOf(comparison);
  const newest = newer.at(-1);
  if (oldest === undefined || newest === undefined) return [];
  const ratio = ratioOf(oldest, newest);
  return [
    {
      isKept: round(ratio.median) <= MAX_OLDEST_NODE_RATIO,
      text: `${comparison.title}: ${oldest.version} takes at most ${MAX_OLDEST_NODE_RATIO} × ${newest.version}`,
      figure: figureOf(ratio),
    },
  ];
}

/** Of one run, so that a machine that slows down between two does not matter. */
function judgeBeside(comparison: Comparison): Judged[] {
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

function judgeDearer(comparison: Comparison): Judged[] {
  if (comparison.workload !== 'small') return [];
  const own = figuresOf(comparison, 'autoproxy');
  return DEARER.flatMap(([name, bound]) => {
    const other = figuresOf(comparison, name);
    if (own === undefined || other === undefined) return [];
    const ratio = other.value.median / own.value.median;
    return [{ isKept: ratio >= bound, text: `${name} is at least ${bound} × dearer`, figure: `${ratio.toFixed(1)} ×` }];
  });
}

function judgeLatency(comparison: Comparison): Judged[] {
  const [own, haproxy] = [figuresOf(comparison, 'autoproxy'), haproxysOf(comparison)[0]];
  if (comparison.workload !== 'latency' || own === undefined || haproxy === undefined) return [];
  const { median } = ratioOf(own, haproxy);
  const text = `${comparison.title}: p99 at most ${MAX_LATENCY_RATIO} × HAProxy's`;
  return [{ isKept: round(median) <= MAX_LATENCY_RATIO, text, figure: `${median.toFixed(2)} ×` }];
}

function judgeIdle(comparison: Comparison): Judged[] {
  const own = figuresOf(comparison, 'autoproxy');
  if (comparison.workload !== 'idle' || own === undefined) return [];
  const text = `an idle connection: at most ${MAX_IDLE_KILOBYTES} KB`;
  const { median } = own.value;
  return [{ isKept: round(median) <= MAX_IDLE_KILOBYTES, text, figure: `${median.toFixed(1)} KB` }];
}

function judgeChanges(comparison: Comparison): Judged[] {
  const own = figuresOf(comparison, 'autoproxy');
  if (comparison.workload !== 'changes' || own === undefined) return [];
  const failed = own.others.failed ?? Number.NaN;
  return [{ isKept: failed === 0, text: `${comparison.title}: no request fails`, figure: String(failed) }];
}

/** The node on each Node, the oldest first. */
function nodesOf({ contenders }: Comparison): readonly ContenderFigures[] {
  const majorOf = ({ version }: ContenderFigures): number => Number(/^v?(\d+)/.exec(version)?.[1] ?? 0);
  return contenders
    .filter(({ name }) => /^autoproxy(, Node \d+)?$/.test(name))
    .toSorted((one, other) => majorOf(one) - majorOf(other));
}

/** Each release that was measured. Empty where the first contender, which all are compared with, is somebody else. */
function haproxysOf({ contenders }: Comparison): readonly ContenderFigures[] {
  if (contenders[0]?.name.startsWith('haproxy') !== true) return [];
  return contenders.filter(({ name }, index) => index === 0 || name === 'haproxy 3.2');
}

/** Round by round where the rounds are known. */
function ratioOf(own: ContenderFigures, other: ContenderFigures): Spread {
  const { values } = other;
  if (own.values === undefined || values === undefined) return spreadOf([own.value.median / other.value.median]);
  return spreadOf(own.values.map((value, index) => value / (values[index] ?? Number.NaN)));
}

function figureOf({ median, min, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)}) ×`;
}

/** Bounds are written with two digits, and meant so. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}
