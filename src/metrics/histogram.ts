/**
 * Latencies in buckets of constant relative width: 8 per power of two of a microsecond, so a percentile read from it is
 * at most 12.5 % too high. One array of numbers: cheap to count, to add up and to send.
 *
 *   index  0..7 : 0 to 7 µs, one each
 *   index  8.. : (exponent - 2) * 8 + the three bits below the leading one
 */
const BITS = 3;
const PER_POWER = 1 << BITS;
/** Up to 2^36 µs, which is 19 hours; what is longer counts as that. */
const HISTOGRAM_BUCKETS = (36 - BITS + 1) * PER_POWER;

export type Histogram = number[];

export function createHistogram(): Histogram {
  return new Array<number>(HISTOGRAM_BUCKETS).fill(0);
}

export function recordLatency(histogram: Histogram, latencyMs: number): void {
  const micros = latencyMs * 1_000;
  const index = micros < 4_294_967_295 ? bucketOf(micros >>> 0) : HISTOGRAM_BUCKETS - 1;
  histogram[index] = (histogram[index] ?? 0) + 1;
}

function bucketOf(micros: number): number {
  if (micros < PER_POWER) return micros;
  const exponent = 31 - Math.clz32(micros);
  return ((exponent - BITS + 1) << BITS) + ((micros >>> (exponent - BITS)) & (PER_POWER - 1));
}

/** Upper end of a bucket in milliseconds. */
export function bucketCeilingMs(index: number): number {
  if (index < PER_POWER) return (index + 1) / 1_000;
  const exponent = (index >> BITS) + BITS - 1;
  const step = 2 ** (exponent - BITS);
  return (2 ** exponent + ((index & (PER_POWER - 1)) + 1) * step) / 1_000;
}

/** @returns milliseconds at or below which `share` (0 to 1) of the values lie; null without a value. */
export function percentileMs(histogram: Histogram, share: number): number | null {
  let total = 0;
  for (const count of histogram) total += count;
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(total * share));
  let seen = 0;
  for (let index = 0; index < histogram.length; index += 1) {
    seen += histogram[index] ?? 0;
    if (seen >= rank) return bucketCeilingMs(index);
  }
  return bucketCeilingMs(histogram.length - 1);
}
