/** What people read about an app, from one state document or from the difference of two. Pure. */
import type { AppStatus } from '../admin/state-document.js';
import { ERRORS } from '../core/errors.js';
import { percentileMs } from '../metrics/histogram.js';

export interface AppFigures {
  readonly name: string;
  readonly slot: number;
  readonly usable: number;
  readonly total: number;
  /** Since the node started, or since the earlier document. */
  readonly requests: number;
  /** The node's and the instances' fault; what a client did wrong does not count. */
  readonly errors: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly bled: number;
  readonly bledIn: number;
  readonly inFlight: number;
}

const CLIENT_CODES = new Set(
  Object.entries(ERRORS)
    .filter(([, { side }]) => side === 'client')
    .map(([code]) => code),
);

/** @param earlier the same app in an older document of the same node; null counts from the node's start */
export function appFiguresFrom(app: AppStatus, earlier: AppStatus | null): AppFigures {
  // Counters that went backwards belong to a node that started anew.
  const since = earlier !== null && earlier.requests <= app.requests ? earlier : null;
  const latency = app.latencyBuckets.map((count, index) => Math.max(0, count - (since?.latencyBuckets[index] ?? 0)));
  return {
    name: app.name,
    slot: app.slot,
    usable: app.instances.filter(({ state, health }) => state === 'ready' && health !== 'down').length,
    total: app.instances.length,
    requests: app.requests - (since?.requests ?? 0),
    errors: serverErrors(app) - (since === null ? 0 : serverErrors(since)),
    p50Ms: percentileMs(latency, 0.5),
    p99Ms: percentileMs(latency, 0.99),
    bled: app.bled - (since?.bled ?? 0),
    bledIn: app.bledIn - (since?.bledIn ?? 0),
    inFlight: app.inFlight,
  };
}

function serverErrors(app: AppStatus): number {
  let sum = 0;
  for (const [code, count] of Object.entries(app.errors)) if (!CLIENT_CODES.has(code)) sum += count;
  return sum;
}
