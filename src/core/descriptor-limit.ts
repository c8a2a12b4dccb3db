import { codeOf } from './thrown.js';
import { readWholeFileSync } from './whole-file.js';

/** What the units of `examples` have. */
const USUAL = 65_536;

/** What to do about too few descriptors. @param needed at least */
export function raiseDescriptorLimit(needed: number): string {
  const files = Math.max(USUAL, needed);
  return (
    `raise the limit of open files (RLIMIT_NOFILE): LimitNOFILE=${files} in the unit, --ulimit nofile=${files}:${files} of ` +
    `docker run, or ulimit -n ${files}, and start it again`
  );
}

/** What to do about a failure that came from too few descriptors; null: it came from something else. */
export function descriptorHint(failure: unknown): string | null {
  const code = codeOf(failure);
  if (code === 'ENFILE') return 'the machine has no open files left for anybody: raise fs.file-max (sysctl)';
  if (code !== 'EMFILE') return null;
  const limit = descriptorLimit();
  const has = Number.isFinite(limit) ? `this process may have ${limit} open files; ` : '';
  return `${has}${raiseDescriptorLimit(0)}`;
}

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
