/** What a test undoes when it is over, and the folder that goes with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The part of a test's context that is needed here. */
export interface Ending {
  after(end: () => unknown): void;
}

const endings = new WeakMap<Ending, (() => unknown)[]>();

/**
 * Undoes something when the test is over: the last first, and all of it, whatever fails.
 *
 * node:test itself goes from the first to the last and stops at the first that fails. A folder would be removed under
 * the program that still writes into it, and a program whose folder could not be removed would never be ended.
 */
export function atEnd(context: Ending, undo: () => unknown): void {
  const known = endings.get(context);
  if (known !== undefined) {
    known.push(undo);
    return;
  }
  const all = [undo];
  endings.set(context, all);
  context.after(async () => {
    const failures: unknown[] = [];
    for (let next = all.pop(); next !== undefined; next = all.pop()) {
      try {
        await next();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  });
}

/** An empty folder of the test's own. */
export function temporaryFolder(context: Ending, name: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), `autoproxy-${name}-`));
  // Workers of a program that was killed may write for a moment more.
  atEnd(context, () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  return folder;
}
