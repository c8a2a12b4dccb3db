import { bucketCeilingMs, createHistogram, type Histogram } from '../histogram.js';
import type { Emit } from './family.js';

/**
 * Powers of two of a microsecond, from half a millisecond to a minute. They are ends of the fine buckets, so each count
 * is exact; round figures would lie between two of them.
 */
const LATENCY_POWERS = [9, 10, 11, 12, 13, 14, 16, 18, 20, 22, 24, 26] as const;

const CEILINGS: readonly number[] = createHistogram().map((_, index) => bucketCeilingMs(index));
const ENDS = LATENCY_POWERS.map((power) => ({ endMs: 2 ** power / 1_000, le: String(2 ** power / 1_000_000) }));

/** Cumulative buckets, the count, and a sum that is estimated from the fine buckets. */
export function emitHistogram(labels: string, histogram: Histogram, emit: Emit): void {
  const prefix = labels === '' ? '' : `${labels},`;
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
  for (const { endMs, le } of ENDS) {
    takeUpTo(endMs);
    emit(`${prefix}le="${le}"`, count, '_bucket');
  }
  takeUpTo(Number.POSITIVE_INFINITY);
  emit(`${prefix}le="+Inf"`, count, '_bucket');
  emit(labels, Number((sumMs / 1_000).toFixed(6)), '_sum');
  emit(labels, count, '_count');
}
