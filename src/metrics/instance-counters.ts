import { addTimes, createRequestTimes, type RequestTimes } from './request-times.js';

/** Of one instance at one worker. Counters only grow while the instance is in the configuration. */
export interface InstanceCounters {
  /** Sent to it, each try of a request. */
  requests: number;
  connections: number;
  connectFailures: number;
  responseFailures: number;
  /** Requests that went over a kept connection. */
  reuses: number;
  /** Requests that failed here, and were tried again: here, or at another instance. */
  retries: number;
  redispatches: number;
  /** Its responses by the first digit of their status; a 101 counts, interim ones do not. */
  responses: number[];
  /** What was sent to it: requests, and what clients say in tunnels. */
  bytesIn: number;
  /** What came from it. */
  bytesOut: number;
  /** Its requests that ended because the client went, or because it went inside its response. */
  clientAborts: number;
  serverAborts: number;
  times: RequestTimes;
  /** Gauges. */
  inFlight: number;
  /** The most at once, since the worker reported before. */
  inFlightPeak: number;
  idle: number;
  /** Age of the oldest request or client under way, in milliseconds, where it takes no new ones; else 0. */
  oldestMs: number;
}

export function createInstanceCounters(): InstanceCounters {
  return {
    requests: 0,
    connections: 0,
    connectFailures: 0,
    responseFailures: 0,
    reuses: 0,
    retries: 0,
    redispatches: 0,
    responses: [0, 0, 0, 0, 0, 0],
    bytesIn: 0,
    bytesOut: 0,
    clientAborts: 0,
    serverAborts: 0,
    times: createRequestTimes(),
    inFlight: 0,
    inFlightPeak: 0,
    idle: 0,
    oldestMs: 0,
  };
}

/** What a worker of this or an older program says of an instance. */
export type InstanceReport = Partial<InstanceCounters>;

/** Adds `part` to `sum`; `gauges: false` for a worker that is gone. What an older program does not count is 0. */
export function addInstanceCounters(
  sum: InstanceCounters,
  part: InstanceReport,
  { gauges }: { readonly gauges: boolean },
): void {
  sum.requests += part.requests ?? 0;
  sum.connections += part.connections ?? 0;
  sum.connectFailures += part.connectFailures ?? 0;
  sum.responseFailures += part.responseFailures ?? 0;
  sum.reuses += part.reuses ?? 0;
  sum.retries += part.retries ?? 0;
  sum.redispatches += part.redispatches ?? 0;
  sum.bytesIn += part.bytesIn ?? 0;
  sum.bytesOut += part.bytesOut ?? 0;
  sum.clientAborts += part.clientAborts ?? 0;
  sum.serverAborts += part.serverAborts ?? 0;
  for (const [digit, count] of (part.responses ?? []).entries())
    sum.responses[digit] = (sum.responses[digit] ?? 0) + count;
  addTimes(sum.times, part.times ?? [], { gauges });
  if (!gauges) return;
  sum.inFlight += part.inFlight ?? 0;
  sum.inFlightPeak += part.inFlightPeak ?? part.inFlight ?? 0;
  sum.idle += part.idle ?? 0;
  sum.oldestMs = Math.max(sum.oldestMs, part.oldestMs ?? 0);
}
