/** The last good desired state on disk: a start with every source down serves what was served before. */
import path from 'node:path';
import type { Clock } from '../core/clock.js';
import { removeHalfWritten } from '../core/durable-file.js';
import { KeptFile } from '../core/kept-file.js';
import { type Log, silentLog } from '../core/log.js';
import type { Saving, UnsavedFile } from '../core/save-record.js';
import { codeOf, reasonOf } from '../core/thrown.js';
import { type Loading, type UnreadFile, UnreadRecord } from '../core/unread-file.js';
import { readWholeFile } from '../core/whole-file.js';
import { type StoredState, storedStateFromJson, storedStateToJson } from './stored-state.js';

const FILE_NAME = 'last-good.json';
/** All the apps that the ports of a node have room for, with ten instances each, are half of it. */
const MAX_BYTES = 134_217_728;
/** Addresses of a private network are nobody else's business. */
const FILE_MODE = 0o600;
/** Writes start at least this far apart, however fast the state changes. */
const WRITE_INTERVAL_MS = 1_000;

interface StateStoreOptions {
  /** null: nothing is kept over a restart. */
  readonly directory: string | null;
  readonly clock: Clock;
  readonly log?: Log;
}

export class StateStore implements Saving, Loading {
  /** null: nothing is kept over a restart. */
  readonly #file: KeptFile | null;
  readonly #unread: UnreadRecord | null;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor({ directory, clock, log = silentLog }: StateStoreOptions) {
    this.#clock = clock;
    this.#log = log;
    const file = directory === null ? null : path.join(directory, FILE_NAME);
    this.#unread = file === null ? null : new UnreadRecord(file, clock);
    this.#file =
      file === null
        ? null
        : new KeptFile({
            file,
            mode: FILE_MODE,
            clock,
            log,
            intervalMs: WRITE_INTERVAL_MS,
            failed: 'saving the state in force failed; the last file stays as it was',
            again: 'the last good state is on the disk again',
          });
  }

  get unsaved(): UnsavedFile | null {
    return this.#file?.unsaved ?? null;
  }

  get unread(): UnreadFile | null {
    return this.#unread?.unread ?? null;
  }

  /**
   * Reads what was in force when the last process ended. A file that cannot be read is set aside and named.
   * @returns null when there is nothing to go on with; never rejects
   */
  async load(): Promise<StoredState | null> {
    if (this.#file === null) return null;
    const { path: file } = this.#file;
    await removeHalfWritten(file);
    let text: string;
    try {
      text = await readWholeFile(file, MAX_BYTES);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      await this.#setAside(file, reasonOf(error));
      return null;
    }
    const state = storedStateFromJson(text);
    if (typeof state !== 'string') return state;
    await this.#setAside(file, state);
    return null;
  }

  /** Returns at once; of states that come close together only the last is written. */
  save(state: StoredState): void {
    this.#file?.keep(() => storedStateToJson(state, new Date(this.#clock.wallTime()).toISOString()));
  }

  /** Writes now what is not written yet. Never rejects: what fails is `unsaved`, and is tried again. */
  async flush(): Promise<void> {
    await this.#file?.flush();
  }

  /** Flushes, and writes no more. */
  async end(): Promise<void> {
    await this.#file?.end();
  }

  async #setAside(file: string, reason: string): Promise<void> {
    const movedTo = (await this.#unread?.setAside(reason)) ?? null;
    this.#log.error({ file, reason, movedTo }, 'the last good state cannot be read; starting without it');
  }
}
