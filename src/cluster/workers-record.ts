import path from 'node:path';
import { replaceFile } from '../core/durable-file.js';
import type { Log } from '../core/log.js';
import { readWholeFile } from '../core/whole-file.js';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.js';

const FILE_NAME = 'workers.json';
const FILE_MODE = 0o600;
const MAX_BYTES = 1_048_576;

/**
 * Which processes are the workers of the node, for the next primary: those that live on without theirs are waited for,
 * and one that hangs is known as what it is, so that no innocent process is killed in its place.
 */
export class WorkersRecord {
  readonly #file: string;
  readonly #log: Log;
  #wanted: readonly ProcessIdentity[] = [];
  #text = '';
  #writing: Promise<void> | null = null;

  constructor(runDirectory: string, log: Log) {
    this.#file = path.join(runDirectory, FILE_NAME);
    this.#log = log;
  }

  /** Those of the last primary that are still there. A record that can't be read names nobody. */
  async readAlive(): Promise<readonly ProcessIdentity[]> {
    try {
      const value: unknown = JSON.parse(await readWholeFile(this.#file, MAX_BYTES));
      return Array.isArray(value) ? value.filter(isIdentity).filter(isAlive) : [];
    } catch {
      return [];
    }
  }

  /** Returns at once; of what comes close together only the last is written. */
  save(pids: readonly number[], others: readonly ProcessIdentity[]): void {
    const own = pids.flatMap((pid) => identityOf(pid) ?? []);
    this.#wanted = [...own, ...others];
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
  }

  async #write(): Promise<void> {
    for (let text = JSON.stringify(this.#wanted); text !== this.#text; text = JSON.stringify(this.#wanted)) {
      this.#text = text;
      try {
        await replaceFile(this.#file, text, FILE_MODE);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#log.warn(
          { file: this.#file, reason },
          'recording the workers failed; the next node cannot end one that hangs',
        );
        return;
      }
    }
  }
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, startedAt } = value as { readonly pid?: unknown; readonly startedAt?: unknown };
  return typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 1 && typeof startedAt === 'string';
}
