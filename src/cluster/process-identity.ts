import { readWholeFileSync } from '../core/whole-file.js';

const MAX_BYTES = 4_096;

/** A process that no later one can be taken for, though pids are given again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Boot of the kernel, and clock ticks since then. */
  readonly startedAt: string;
}

/** @returns null when there is no such process, or when it has ended and is a zombie */
export function identityOf(pid: number): ProcessIdentity | null {
  try {
    // The name of the program may have blanks and brackets; what follows its last bracket begins with the third field.
    const fields = readWholeFileSync(`/proc/${pid}/stat`, MAX_BYTES)
      .replace(/^.*\)\s/s, '')
      .split(' ');
    const [state, started] = [fields[0], fields[19]];
    if (started === undefined || state === 'Z' || state === 'X') return null;
    return { pid, startedAt: `${readWholeFileSync('/proc/sys/kernel/random/boot_id', MAX_BYTES).trim()} ${started}` };
  } catch {
    return null;
  }
}

export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  return identityOf(pid)?.startedAt === startedAt;
}

/** Ends this very process, and no other that has its pid by now. @returns whether it was still there */
export function killProcess(identity: ProcessIdentity): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
