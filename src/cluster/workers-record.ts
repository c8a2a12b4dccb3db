import path from 'node:path';
import type { Clock } from '../core/clock.js';
import { KeptFile } from '../core/kept-file.js';
import type { Log } from '../core/log.js';
import type { Saving, UnsavedFile } from '../core/save-record.js';
import { readWholeFile } from '../core/whole-file.js';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.js';

const FILE_NAME = 'workers.json';
const FILE_MODE = 0o600;
const MAX_BYTES = 1_048_576;

/**
 * Which processes are the workers of the node, for the next primary: those that live on without theirs are waited for,
 * and one that hangs is known as what it is, so that no innocent process is killed in its place.
 */
export class WorkersRecord implements Saving {
  readonly #file: KeptFile;
  #wanted: readonly ProcessIdentity[] = [];

  constructor(runDirectory: string, clock: Clock, log: Log) {
    this.#file = new KeptFile({
      file: path.join(runDirectory, FILE_NAME),
      mode: FILE_MODE,
      clock,
      log,
      failed: 'recording the workers failed: the next node cannot end one that hangs; it is tried again',
      again: 'the workers are recorded again',
    });
  }

  get unsaved(): UnsavedFile | null {
    return this.#file.unsaved;
  }

  /** Those of the last primary that are still there. A record that can't be read counts as empty. */
  async readAlive(): Promise<readonly ProcessIdentity[]> {
    try {
      const value: unknown = JSON.parse(await readWholeFile(this.#file.path, MAX_BYTES));
      return Array.isArray(value) ? value.filter(isIdentity).filter(isAlive) : [];
    } catch {
      return [];
    }
  }

  /** Returns at once; of what comes close together only the last is written. */
  save(pids: readonly number[], others: readonly ProcessIdentity[]): void {
    const own = pids.flatMap((pid) => identityOf(pid) ?? []);
    const wanted = [...own, ...others];
    if (JSON.stringify(wanted) === JSON.stringify(this.#wanted)) return;
    this.#wanted = wanted;
    this.#file.keep(() => JSON.stringify(this.#wanted));
  }

  /** Writes what is not written yet, and no more then. */
  end(): Promise<void> {
    return this.#file.end();
  }
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, startedAt } = value as { readonly pid?: unknown; readonly startedAt?: unknown };
  return typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 1 && typeof startedAt === 'string';
}
