import { createKeyedObject } from '../core/keyed-object.js';
import type { WorkerReport } from './counters.js';

/** What a worker has counted from one report to a later one. Gauges make no sense in it. */
export function countedSince(before: WorkerReport, now: WorkerReport): WorkerReport {
  return difference(now, before) as WorkerReport;
}

/** Reports are numbers in lists and objects, at any depth. What is not in `before` began with 0. */
function difference(now: unknown, before: unknown): unknown {
  if (typeof now === 'number') return now - (typeof before === 'number' ? before : 0);
  if (Array.isArray(now)) return now.map((part, index) => difference(part, Array.isArray(before) ? before[index] : 0));
  if (typeof now !== 'object' || now === null) return now;
  const known = new Map(typeof before === 'object' && before !== null ? Object.entries(before) : []);
  const parts = Object.entries(now).map(([key, part]) => [key, difference(part, known.get(key))] as const);
  return createKeyedObject(parts);
}
