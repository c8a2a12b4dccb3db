import { readWholeFileSync } from './whole-file.js';

/** Of /proc/self/limits: 17 lines of 80. */
const MAX_BYTES = 16_384;

/** Descriptors that this process may have (RLIMIT_NOFILE, the soft limit); Infinity where that can't be told. */
export function descriptorLimit(): number {
  try {
    return parseDescriptorLimit(readWholeFileSync('/proc/self/limits', MAX_BYTES));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** proc(5), /proc/pid/limits. */
export function parseDescriptorLimit(limits: string): number {
  const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  return soft === undefined || soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}
