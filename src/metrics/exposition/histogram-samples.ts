import { bucketCeilingMs, createHistogram, type Histogram } from '../histogram.js';
import type { Emit, SampleKind } from './family.js';

/**
 * Powers of two of a microsecond, from half a millisecond to a minute. They are ends of the fine buckets, so each count
 * is exact; round figures would lie between two of them.
 */
const LATENCY_POWERS = [9, 10, 11, 12, 13, 14, 16, 18, 20, 22, 24, 26] as const;

const CEILINGS: readonly number[] = createHistogram().map((_, index) => bucketCeilingMs(index));
const ENDS = LATENCY_POWERS.map((power) => ({ endMs: 2 ** power / 1_000, bucket: bucketUpTo(2 ** power / 1_000_000) }));
const ALL = bucketUpTo('+Inf');
const SUM: SampleKind = { suffix: '_sum', label: '' };
const COUNT: SampleKind = { suffix: '_count', label: '' };

function bucketUpTo(end: number | string): SampleKind {
  return { suffix: '_bucket', label: `le="${end}"` };
}

/** Cumulative buckets, the count, and a sum that is estimated from the fine buckets. */
export function emitHistogram(labels: string, histogram: Histogram, emit: Emit): void {
  let count = 0;
  let sumMs = 0;
  let index = 0;
  const takeUpTo = (endMs: number): void => {
    while (index < histogram.length && (CEILINGS[index] ?? 0) <= endMs) {
      const inBucket = histogram[index] ?? 0;
      if (inBucket > 0) {
        const floorMs = index === 0 ? 0 : (CEILINGS[index - 1] ?? 0);
        count += inBucket;
        sumMs += inBucket * ((floorMs + (CEILINGS[index] ?? 0)) / 2);
      }
      index += 1;
    }
  };
  for (const { endMs, bucket } of ENDS) {
    takeUpTo(endMs);
    emit(labels, count, bucket);
  }
  takeUpTo(Number.POSITIVE_INFINITY);
  emit(labels, count, ALL);
  emit(labels, Number((sumMs / 1_000).toFixed(6)), SUM);
  emit(labels, count, COUNT);
}
