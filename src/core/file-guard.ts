import { randomUUID } from 'node:crypto';
import { link, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from './thrown.js';
import { readWholeFile } from './whole-file.js';

const PATIENCE_MS = 5_000;
const LOOK_EVERY_MS = 10;

export class FileGuardHeld extends Error {
  /** What to do, for people. */
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = 'FileGuardHeld';
    this.hint = hint;
  }
}
/** A process id and a host name. */
const MAX_GUARD_BYTES = 1_024;

/**
 * Runs `change` while no other process changes this file. A file system can compare and rename, but not both in one step;
 * so who changes a file holds a guard beside it, `.NAME.guard`, which is written aside and linked: one that is there says
 * whole who holds it. One whose process died on this host is removed; one of another host is waited for, and then named.
 * @throws FileGuardHeld when the guard does not go away
 */
export async function withFileGuard<T>(file: string, change: () => Promise<T>): Promise<T> {
  const guard = path.join(path.dirname(file), `.${path.basename(file)}.guard`);
  await hold(file, guard);
  try {
    return await change();
  } finally {
    await rm(guard, { force: true });
  }
}

async function hold(file: string, guard: string): Promise<void> {
  const own = `${guard}.${randomUUID()}`;
  const giveUpAt = performance.now() + PATIENCE_MS;
  try {
    await writeFile(own, `${process.pid} ${hostname()}\n`, { flag: 'wx', mode: 0o644 });
    while (!(await isLinked(own, guard))) {
      const holder = await readWholeFile(guard, MAX_GUARD_BYTES).catch(() => '');
      if (isDead(holder)) await removeDead(guard);
      else if (performance.now() > giveUpAt) {
        const message = `${file} is being changed by process ${holder.trim() || 'unknown'}`;
        throw new FileGuardHeld(message, `wait for it; if that process has ended, remove ${guard}`);
      } else await delay(LOOK_EVERY_MS);
    }
  } finally {
    await rm(own, { force: true });
  }
}

async function isLinked(own: string, guard: string): Promise<boolean> {
  try {
    await link(own, guard);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Of several who saw that the holder is dead only one may remove its guard, and none that of the next holder. So who
 * removes one holds a guard over it and looks again: the dead change nothing, and the living wait. One who dies over this
 * leaves a guard of a guard, which is removed in the same way.
 */
function removeDead(guard: string): Promise<void> {
  return withFileGuard(guard, async () => {
    if (isDead(await readWholeFile(guard, MAX_GUARD_BYTES).catch(() => ''))) await rm(guard, { force: true });
  });
}

function isDead(holder: string): boolean {
  const [, pid, host] = /^(\d+) (\S+)\n$/.exec(holder) ?? [];
  if (pid === undefined || host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}
