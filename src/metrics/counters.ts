import type { ErrorCode } from '../core/errors.js';
import { createKeyedObject, type KeyedObject } from '../core/keyed-object.js';
import { createHistogram, type Histogram } from './histogram.js';
import { addInstanceCounters, createInstanceCounters, type InstanceCounters } from './instance-counters.js';
import { addTimes, clearLongest, createRequestTimes, type RequestTimes } from './request-times.js';

/** Counters only grow; gauges are what is now. All of one worker, since it started. Plain data: it travels as JSON. */
export interface SlotCounters {
  connections: number;
  requests: number;
  /** By first digit of the status that the client got; index 0: the client went, or was cut, before it got one. */
  responses: number[];
  /**
   * Of `requests` and `responses` those that were refused before an instance was looked for, by the same digits: HAProxy
   * gives them to no backend.
   */
  turnedAway: number[];
  bytesIn: number;
  bytesOut: number;
  /** Of those, what came and went of requests that were turned away, and what came when no request was read any more. */
  turnedAwayBytesIn: number;
  turnedAwayBytesOut: number;
  /** Answers of our own by error code, and deaths of exchanges that had begun. */
  errors: Partial<Record<ErrorCode, number>>;
  retries: number;
  /** Retries that went to another instance than the first one. */
  redispatches: number;
  /** Sent to an instance or a neighbor, each try of a request or connection. */
  sent: number;
  /** Of those, over a kept connection. */
  reuses: number;
  /** Connections that instances and neighbors accepted, those that failed, and responses that failed. */
  connects: number;
  connectFailures: number;
  responseFailures: number;
  times: RequestTimes;
  /** Requests or connections sent to a neighbor. */
  bled: number;
  /** Requests or connections that came marked from a neighbor. */
  bledIn: number;
  /** From the first byte of a request's head to the last of its response. */
  latency: Histogram;
  /** How often clients reached the limit of the slot (`limits.clients`), and for how long, in milliseconds. */
  clientLimitReached: number;
  clientLimitMs: number;
  /** Gauges. */
  openConnections: number;
  /** null for none. */
  clientLimit: number | null;
  inFlight: number;
  queued: number;
  tunnels: number;
  /** The most of them at once, since the worker reported before; of requests without those that were turned away. */
  openConnectionsPeak: number;
  inFlightPeak: number;
  queuedPeak: number;
  /** By id. */
  instances: KeyedObject<InstanceCounters>;
  /** By life, or by id without one: instances that are gone from the configuration while requests to them are under way. */
  departing: KeyedObject<DepartingCounters>;
}

/** Gauges. */
interface DepartingCounters {
  inFlight: number;
  oldestMs: number;
}

/** Of the clients of all slots together. */
export interface ClientCounters {
  /** How often the limit was reached, and for how long, in milliseconds. */
  limitReached: number;
  limitMs: number;
  /** Gauges. */
  open: number;
  /** null for none. */
  limit: number | null;
}

/** Of the access log. */
export interface LogCounters {
  /** Those that were dropped included. */
  lines: number;
  dropped: number;
  /** A gauge: lines that cannot be written at present. */
  waiting: number;
  /** Why; null: all can be written. */
  failure: string | null;
}

export interface WorkerCounters {
  /** By app. */
  readonly slots: KeyedObject<SlotCounters>;
  readonly clients: ClientCounters;
  readonly accessLog: LogCounters;
}

/** The same after its way as JSON: objects that JSON.parse makes inherit again, so they are only walked through. */
export interface WorkerReport {
  /** Absent: nothing is known of them. */
  readonly clients?: ClientCounters;
  /** A worker of an older program does not say what waits. */
  readonly accessLog?: Omit<LogCounters, 'waiting' | 'failure'> & Partial<LogCounters>;
  readonly slots: Readonly<Record<string, SlotReport>>;
}

export type SlotReport = Omit<SlotCounters, 'instances' | 'departing'> & {
  readonly instances: Readonly<Record<string, InstanceCounters>>;
  /** A worker of an older program does not say it. */
  readonly departing?: Readonly<Record<string, DepartingCounters>>;
};

export function createSlotCounters(): SlotCounters {
  return {
    connections: 0,
    requests: 0,
    responses: [0, 0, 0, 0, 0, 0],
    turnedAway: [0, 0, 0, 0, 0, 0],
    bytesIn: 0,
    bytesOut: 0,
    turnedAwayBytesIn: 0,
    turnedAwayBytesOut: 0,
    errors: {},
    retries: 0,
    redispatches: 0,
    sent: 0,
    reuses: 0,
    connects: 0,
    connectFailures: 0,
    responseFailures: 0,
    times: createRequestTimes(),
    bled: 0,
    bledIn: 0,
    clientLimitReached: 0,
    clientLimitMs: 0,
    latency: createHistogram(),
    openConnections: 0,
    clientLimit: null,
    inFlight: 0,
    queued: 0,
    tunnels: 0,
    openConnectionsPeak: 0,
    inFlightPeak: 0,
    queuedPeak: 0,
    instances: createKeyedObject(),
    departing: createKeyedObject(),
  };
}

export function createClientCounters(): ClientCounters {
  return { limitReached: 0, limitMs: 0, open: 0, limit: null };
}

export function createLogCounters(): LogCounters {
  return { lines: 0, dropped: 0, waiting: 0, failure: null };
}

/** @returns a copy, but for its lists. @throws TypeError when the report lacks what adding it up needs */
export function slotFromReport(app: string, slot: SlotReport): SlotCounters {
  const { responses, latency, errors, instances, departing = {} } = slot;
  if (!Array.isArray(responses) || !Array.isArray(latency) || typeof errors !== 'object') {
    throw new TypeError(`a worker reports ${app} without its responses, latency or errors`);
  }
  return {
    ...slot,
    instances: createKeyedObject(Object.entries(instances).map(([id, instance]) => [id, { ...instance }])),
    departing: createKeyedObject(Object.entries(departing)),
  };
}

/** Adds `part` to `sum`; `gauges: false` for a worker that is gone: what it counted stays, what it held does not. */
export function addSlotCounters(sum: SlotCounters, part: SlotCounters, { gauges }: { gauges: boolean }): void {
  sum.connections += part.connections;
  sum.requests += part.requests;
  sum.bytesIn += part.bytesIn;
  sum.bytesOut += part.bytesOut;
  sum.retries += part.retries;
  sum.redispatches += part.redispatches;
  // A worker of an older program does not count these.
  sum.turnedAwayBytesIn += part.turnedAwayBytesIn ?? 0;
  sum.turnedAwayBytesOut += part.turnedAwayBytesOut ?? 0;
  sum.sent += part.sent ?? 0;
  sum.reuses += part.reuses ?? 0;
  sum.connects += part.connects ?? 0;
  sum.connectFailures += part.connectFailures ?? 0;
  sum.responseFailures += part.responseFailures ?? 0;
  addTimes(sum.times, part.times ?? [], { gauges });
  sum.bled += part.bled;
  sum.bledIn += part.bledIn;
  sum.clientLimitReached += part.clientLimitReached;
  sum.clientLimitMs += part.clientLimitMs;
  addEach(sum.responses, part.responses);
  addEach(sum.latency, part.latency);
  addEach(sum.turnedAway, part.turnedAway ?? []);
  for (const [code, count] of Object.entries(part.errors) as [ErrorCode, number][]) {
    sum.errors[code] = (sum.errors[code] ?? 0) + count;
  }
  if (gauges) {
    sum.openConnections += part.openConnections;
    sum.clientLimit = addLimits(sum.clientLimit, part.clientLimit);
    sum.inFlight += part.inFlight;
    sum.queued += part.queued;
    sum.tunnels += part.tunnels;
    sum.openConnectionsPeak += part.openConnectionsPeak ?? part.openConnections;
    sum.inFlightPeak += part.inFlightPeak ?? part.inFlight;
    sum.queuedPeak += part.queuedPeak ?? part.queued;
    for (const [life, { inFlight, oldestMs }] of Object.entries(part.departing)) {
      const { inFlight: before, oldestMs: older } = sum.departing[life] ?? { inFlight: 0, oldestMs: 0 };
      sum.departing[life] = { inFlight: before + inFlight, oldestMs: Math.max(older, oldestMs) };
    }
  }
  for (const [id, counters] of Object.entries(part.instances)) {
    sum.instances[id] ??= createInstanceCounters();
    addInstanceCounters(sum.instances[id], counters, { gauges });
  }
}

/** @param now of the same slot as `before`, later: its peaks become those of the time of both. */
export function carryPeaks(before: SlotCounters, now: SlotCounters): void {
  now.openConnectionsPeak = Math.max(before.openConnectionsPeak ?? 0, now.openConnectionsPeak ?? now.openConnections);
  now.inFlightPeak = Math.max(before.inFlightPeak ?? 0, now.inFlightPeak ?? now.inFlight);
  now.queuedPeak = Math.max(before.queuedPeak ?? 0, now.queuedPeak ?? now.queued);
  for (const [id, instance] of Object.entries(now.instances)) {
    const earlier = before.instances[id]?.inFlightPeak ?? 0;
    instance.inFlightPeak = Math.max(earlier, instance.inFlightPeak ?? instance.inFlight);
  }
}

/** Whether more was held at once than is held now. */
export function hasPeaks(slot: SlotReport): boolean {
  return (
    slot.openConnectionsPeak > slot.openConnections ||
    slot.inFlightPeak > slot.inFlight ||
    slot.queuedPeak > slot.queued ||
    Object.values(slot.instances).some(({ inFlightPeak, inFlight }) => inFlightPeak > inFlight)
  );
}

/** The time that the peaks are of begins anew. */
export function settlePeaks(slot: SlotCounters): void {
  slot.openConnectionsPeak = slot.openConnections;
  slot.inFlightPeak = slot.inFlight;
  slot.queuedPeak = slot.queued;
  for (const instance of Object.values(slot.instances)) instance.inFlightPeak = instance.inFlight;
}

/** The longest times begin anew, of the slot and of its instances. */
export function clearLongestTimes({ times, instances }: SlotCounters): void {
  clearLongest(times);
  for (const instance of Object.values(instances)) clearLongest(instance.times);
}

/** As `addSlotCounters`. */
export function addClientCounters(sum: ClientCounters, part: ClientCounters, { gauges }: { gauges: boolean }): void {
  sum.limitReached += part.limitReached;
  sum.limitMs += part.limitMs;
  if (!gauges) return;
  sum.open += part.open;
  sum.limit = addLimits(sum.limit, part.limit);
}

export function addLogCounters(sum: LogCounters, part: LogCounters, { gauges }: { gauges: boolean }): void {
  sum.lines += part.lines;
  sum.dropped += part.dropped;
  if (!gauges) return;
  sum.waiting += part.waiting;
  sum.failure ??= part.failure;
}

function addLimits(sum: number | null, part: number | null): number | null {
  return part === null ? sum : (sum ?? 0) + part;
}

function addEach(sum: number[], part: readonly number[]): void {
  for (let index = 0; index < part.length; index += 1) sum[index] = (sum[index] ?? 0) + (part[index] ?? 0);
}
