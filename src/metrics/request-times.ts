/**
 * How long requests took, in whole microseconds, of those that an instance answered: in the queue, to connect, to the head
 * of the response, and as a whole. Whole numbers in one array: counting them allocates nothing, and they are short in a report.
 *
 *   0..3 : sums, of all
 *   4..7 : sums of the last 1024, the older ones fading out, as HAProxy's averages have it
 *   8..11: the longest
 *   12   : how many they are
 *   13   : how many the second sums are of
 */
export type RequestTimes = number[];

export const TIMES = { QUEUE: 0, CONNECT: 1, RESPONSE: 2, TOTAL: 3 } as const;
type TimeKind = (typeof TIMES)[keyof typeof TIMES];

const KINDS = 4;
const RECENT = 4;
const LONGEST = 8;
const COUNT = 12;
const SAMPLES = 13;
/** HAProxy's TIME_STATS_SAMPLES. */
const MOST_SAMPLES = 1_024;

export function createRequestTimes(): RequestTimes {
  return new Array<number>(SAMPLES + 1).fill(0);
}

/** Those of one request, on their way to the two that count it: without it each would be computed twice. */
const current: [number, number, number, number] = [0, 0, 0, 0];

/** Counts one request at its slot and, where it is known, at its instance. One call, since each request makes it. */
export function recordTimes(
  slot: RequestTimes,
  instance: RequestTimes | null,
  queueMs: number,
  connectMs: number,
  responseMs: number,
  totalMs: number,
): void {
  current[TIMES.QUEUE] = queueMs === 0 ? 0 : Math.round(queueMs * 1_000);
  current[TIMES.CONNECT] = connectMs === 0 ? 0 : Math.round(connectMs * 1_000);
  current[TIMES.RESPONSE] = Math.round(responseMs * 1_000);
  current[TIMES.TOTAL] = Math.round(totalMs * 1_000);
  for (let times: RequestTimes | null = slot; times !== null; times = times === slot ? instance : null) {
    const samples = times[SAMPLES] ?? 0;
    const isFull = samples >= MOST_SAMPLES;
    if (!isFull) times[SAMPLES] = samples + 1;
    times[COUNT] = (times[COUNT] ?? 0) + 1;
    for (let kind = 0; kind < KINDS; kind += 1) {
      const micros = current[kind] ?? 0;
      const recent = times[RECENT + kind] ?? 0;
      times[kind] = (times[kind] ?? 0) + micros;
      times[RECENT + kind] = recent - (isFull ? Math.ceil(recent / MOST_SAMPLES) : 0) + micros;
      if (micros > (times[LONGEST + kind] ?? 0)) times[LONGEST + kind] = micros;
    }
  }
}

/** @param gauges false for a worker that is gone: its sums and its longest times stay, its averages do not */
export function addTimes(sum: RequestTimes, part: RequestTimes, { gauges }: { readonly gauges: boolean }): void {
  for (let index = 0; index < part.length; index += 1) {
    const before = sum[index] ?? 0;
    const value = part[index] ?? 0;
    if (index >= LONGEST && index < COUNT) sum[index] = Math.max(before, value);
    else if (index < RECENT || index === COUNT || gauges) sum[index] = before + value;
  }
}

/** The longest begin anew. */
export function clearLongest(times: RequestTimes): void {
  times.fill(0, LONGEST, COUNT);
}

/** Requests that the sums are of. */
export function timedRequests(times: RequestTimes): number {
  return times[COUNT] ?? 0;
}

export function sumMs(times: RequestTimes, kind: TimeKind): number {
  return (times[kind] ?? 0) / 1_000;
}

/** Of the last 1024 requests of each worker; 0 before the first. */
export function averageMs(times: RequestTimes, kind: TimeKind): number {
  const samples = times[SAMPLES] ?? 0;
  return samples === 0 ? 0 : (times[RECENT + kind] ?? 0) / samples / 1_000;
}

export function longestMs(times: RequestTimes, kind: TimeKind): number {
  return (times[LONGEST + kind] ?? 0) / 1_000;
}
