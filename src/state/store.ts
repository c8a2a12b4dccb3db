/** The last good desired state on disk: a start with every source down serves what was served before. */
import { rename } from 'node:fs/promises';
import path from 'node:path';
import type { Clock, Timer } from '../core/clock.js';
import { removeHalfWritten, replaceFile } from '../core/durable-file.js';
import { type Log, silentLog } from '../core/log.js';
import { readWholeFile, UnreadableFile } from '../core/whole-file.js';
import type { App } from '../model/app.js';
import { storedStateFromJson, storedStateToJson } from './stored-state.js';

const FILE_NAME = 'last-good.json';
/** All the apps that the ports of a node have room for, with ten instances each, are half of it. */
const MAX_BYTES = 134_217_728;
/** Addresses of a private network are nobody else's business. */
const FILE_MODE = 0o600;
/** Writes start at least this far apart, however fast the state changes. */
const WRITE_INTERVAL_MS = 1_000;
/** A full disk does not empty in a second. */
const RETRY_MS = 5_000;
/** What can not be written is said this often. */
const COMPLAINT_INTERVAL_MS = 60_000;

interface StateStoreOptions {
  /** null: nothing is kept over a restart. */
  readonly directory: string | null;
  readonly clock: Clock;
  readonly log?: Log;
}

/**
 *   idle ──save──► waiting ──timer──► writing ──done, nothing new──► idle
 *                     ▲                  │
 *                     └── failed, or saved again meanwhile
 */
export class StateStore {
  readonly #file: string | null;
  readonly #clock: Clock;
  readonly #log: Log;
  /** The newest state that is not on the disk. */
  #pending: readonly App[] | null = null;
  #writing: Promise<void> | null = null;
  #timer: Timer | null = null;
  #nextWriteAt = Number.NEGATIVE_INFINITY;
  #nextComplaintAt = Number.NEGATIVE_INFINITY;
  #isFailing = false;

  constructor({ directory, clock, log = silentLog }: StateStoreOptions) {
    this.#file = directory === null ? null : path.join(directory, FILE_NAME);
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Reads what was in force when the last process ended. A file that is half, foreign or newer is set aside and named.
   * @returns null when there is nothing to go on with; never rejects
   */
  async load(): Promise<readonly App[] | null> {
    if (this.#file === null) return null;
    await removeHalfWritten(this.#file);
    let text: string;
    try {
      text = await readWholeFile(this.#file, MAX_BYTES);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      if (error instanceof UnreadableFile) {
        await this.#setAside(this.#file, error.message);
        return null;
      }
      this.#log.error(
        { file: this.#file, reason: reasonOf(error) },
        'reading the last good state failed; starting without it',
      );
      return null;
    }
    const apps = storedStateFromJson(text);
    if (typeof apps !== 'string') return apps;
    await this.#setAside(this.#file, apps);
    return null;
  }

  /** Returns at once; of states that come close together only the last is written. */
  save(apps: readonly App[]): void {
    if (this.#file === null) return;
    this.#pending = apps;
    this.#schedule();
  }

  /** Writes now what is not written yet. Never rejects: what fails stands in the log. */
  async flush(): Promise<void> {
    this.#cancelTimer();
    while (this.#writing !== null) await this.#writing;
    if (this.#pending !== null) await this.#startWrite();
    // Nobody waits for what could not be written: a later save tries again.
    this.#cancelTimer();
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #schedule(): void {
    if (this.#timer !== null || this.#writing !== null || this.#pending === null) return;
    this.#timer = this.#clock.setTimer(Math.max(0, this.#nextWriteAt - this.#clock.now()), () => {
      this.#timer = null;
      void this.#startWrite();
    });
  }

  async #startWrite(): Promise<void> {
    if (this.#writing !== null || this.#pending === null || this.#file === null) return;
    const apps = this.#pending;
    this.#pending = null;
    this.#nextWriteAt = this.#clock.now() + WRITE_INTERVAL_MS;
    this.#writing = this.#write(this.#file, apps);
    await this.#writing;
    this.#writing = null;
    this.#schedule();
  }

  async #write(file: string, apps: readonly App[]): Promise<void> {
    try {
      await replaceFile(file, storedStateToJson(apps, new Date(this.#clock.wallTime()).toISOString()), FILE_MODE);
      if (this.#isFailing) this.#log.info({ file }, 'the last good state is on the disk again');
      this.#isFailing = false;
      this.#nextComplaintAt = Number.NEGATIVE_INFINITY;
    } catch (error) {
      this.#isFailing = true;
      this.#pending ??= apps;
      this.#nextWriteAt = this.#clock.now() + RETRY_MS;
      this.#complain(file, reasonOf(error));
    }
  }

  #complain(file: string, reason: string): void {
    const now = this.#clock.now();
    if (now < this.#nextComplaintAt) return;
    this.#nextComplaintAt = now + COMPLAINT_INTERVAL_MS;
    this.#log.error({ file, reason }, 'saving the state in force failed; the last file stays as it was');
  }

  async #setAside(file: string, reason: string): Promise<void> {
    const stamp = new Date(this.#clock.wallTime()).toISOString().replace(/[:.]/g, '-');
    const aside = `${file}.refused-${stamp}`;
    const movedTo = await rename(file, aside).then(
      () => aside,
      () => null,
    );
    this.#log.error({ file, reason, movedTo }, 'the last good state is invalid and was set aside; starting without it');
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
