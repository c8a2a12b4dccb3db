/** What an app did between two looks at its counters. Pure. */
import type { Figures } from '../admin/page/page-document.js';
import { ERRORS, type ErrorCode } from '../core/errors.js';
import type { SlotCounters } from '../metrics/counters.js';
import { type Histogram, percentileMs } from '../metrics/histogram.js';

/** Counters at one moment; null: there were none yet. */
export interface Look {
  /** Monotonic, in milliseconds. */
  readonly at: number;
  readonly counters: SlotCounters | null;
}

interface FigureInputs {
  readonly isHttp: boolean;
  readonly before: Look;
  readonly now: { readonly at: number; readonly counters: SlotCounters };
  /** Latencies of the requests that the percentiles are of; null: there were none. */
  readonly latencies: Histogram | null;
}

/** Their status had gone out before they happened, so they are in no 5xx. */
const AFTER_STATUS: readonly ErrorCode[] = ['CLOSED_IN_RESPONSE', 'RESPONSE_STALLED'];
const TCP_CODES = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => ERRORS[code].side !== 'client');

export function figuresBetween({ isHttp, before, now, latencies }: FigureInputs): Figures {
  const { counters } = now;
  const seconds = Math.max(0.001, (now.at - before.at) / 1_000);
  const rateOf = (count: number, earlier: number): number => roundRate(Math.max(0, count - earlier) / seconds);
  const old = before.counters;
  return [
    rateOf(requestsOf(counters, isHttp), old === null ? 0 : requestsOf(old, isHttp)),
    rateOf(errorsOf(counters, isHttp), old === null ? 0 : errorsOf(old, isHttp)),
    latencies === null ? null : roundMs(percentileMs(latencies, 0.5)),
    latencies === null ? null : roundMs(percentileMs(latencies, 0.99)),
    counters.inFlight,
    counters.queued,
    counters.openConnections,
    rateOf(counters.bled, old?.bled ?? 0),
    rateOf(counters.bledIn, old?.bledIn ?? 0),
  ];
}

/** For each of the instances its requests per second, and those under way. @param seconds between the two */
export function instanceFiguresBetween(
  isHttp: boolean,
  instances: readonly string[],
  before: SlotCounters | null,
  now: SlotCounters,
  seconds: number,
): readonly number[] {
  const countOf = (counters: SlotCounters | null, id: string): number =>
    (isHttp ? counters?.instances[id]?.requests : counters?.instances[id]?.connections) ?? 0;
  return instances.flatMap((id) => [
    roundRate(Math.max(0, countOf(now, id) - countOf(before, id)) / seconds),
    now.instances[id]?.inFlight ?? 0,
  ]);
}

/** @returns null when nothing was counted between the two */
export function latenciesBetween(before: SlotCounters | null, now: SlotCounters): Histogram | null {
  if (before === null) return now.requests === 0 ? null : now.latency;
  if (now.requests === before.requests) return null;
  return now.latency.map((count, index) => Math.max(0, count - (before.latency[index] ?? 0)));
}

export function addHistogram(sum: Histogram, part: Histogram): void {
  for (let index = 0; index < sum.length; index += 1) sum[index] = (sum[index] ?? 0) + (part[index] ?? 0);
}

/** Of a slot of protocol tcp a client is one connection. */
function requestsOf({ requests, connections }: SlotCounters, isHttp: boolean): number {
  return isHttp ? requests : connections;
}

/** 5xx answers, of instances and of the node, and exchanges that failed later. */
function errorsOf({ responses, errors }: SlotCounters, isHttp: boolean): number {
  let sum = isHttp ? (responses[5] ?? 0) : 0;
  for (const code of isHttp ? AFTER_STATUS : TCP_CODES) sum += errors[code] ?? 0;
  return sum;
}

export function roundRate(rate: number): number {
  return rate < 100 ? Math.round(rate * 10) / 10 : Math.round(rate);
}

/** To three digits: the buckets are not finer. */
export function roundMs(ms: number | null): number | null {
  return ms === null ? null : Number(ms.toPrecision(3));
}
