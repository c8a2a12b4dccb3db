import type { Clock, Timer } from './clock.js';
import { replaceFile } from './durable-file.js';
import type { Log } from './log.js';
import { SaveRecord, type Saving, type UnsavedFile } from './save-record.js';

/** A full disk does not empty in a second. */
const RETRY_MS = 5_000;
/** A write that goes on failing is logged this often. */
const COMPLAINT_INTERVAL_MS = 60_000;

interface KeptFileOptions {
  /** Absolute path. */
  readonly file: string;
  /** Permission bits of the file. */
  readonly mode: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Writes start at least this far apart. */
  readonly intervalMs?: number;
  /** Logged when a write fails, once a minute, and what the failure costs. */
  readonly failed: string;
  /** Logged when the newest text is on the disk after a failure. */
  readonly again: string;
}

/**
 * A file that is to hold the newest text. A text that the disk does not take is written again and again until the disk
 * has room for it.
 *
 *   idle ──keep──► waiting ──timer──► writing ──done, nothing new──► idle
 *                     ▲                  │
 *                     └── failed, or a newer text came meanwhile
 */
export class KeptFile implements Saving {
  readonly #options: KeptFileOptions;
  readonly #record: SaveRecord;
  /** Makes the newest text, if that is not on the disk. */
  #pending: (() => string) | null = null;
  #writing: Promise<void> | null = null;
  #timer: Timer | null = null;
  #nextWriteAt = Number.NEGATIVE_INFINITY;
  #nextComplaintAt = Number.NEGATIVE_INFINITY;
  #isEnded = false;

  constructor(options: KeptFileOptions) {
    this.#options = options;
    this.#record = new SaveRecord(options.file, options.clock);
  }

  get path(): string {
    return this.#options.file;
  }

  get unsaved(): UnsavedFile | null {
    return this.#record.unsaved;
  }

  /** Returns at once; of texts that come close together only the last is made and written. */
  keep(makeText: () => string): void {
    this.#pending = makeText;
    this.#schedule();
  }

  /** Writes now what is not written yet. Never rejects. @returns why the newest text is not on the disk; null: it is */
  async flush(): Promise<string | null> {
    while (this.#writing !== null) await this.#writing;
    if (this.#pending !== null) await this.#startWrite();
    return this.unsaved?.reason ?? null;
  }

  /** Flushes, and writes no more: another process may have the file then. */
  async end(): Promise<void> {
    await this.flush();
    this.#isEnded = true;
    this.#cancelTimer();
  }

  #schedule(): void {
    if (this.#timer !== null || this.#writing !== null || this.#pending === null || this.#isEnded) return;
    const { clock } = this.#options;
    this.#timer = clock.setTimer(Math.max(0, this.#nextWriteAt - clock.now()), () => void this.#startWrite());
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  async #startWrite(): Promise<void> {
    this.#cancelTimer();
    if (this.#writing !== null || this.#pending === null) return;
    const makeText = this.#pending;
    this.#pending = null;
    this.#nextWriteAt = this.#options.clock.now() + (this.#options.intervalMs ?? 0);
    this.#writing = this.#write(makeText);
    await this.#writing;
    this.#writing = null;
    this.#schedule();
  }

  async #write(makeText: () => string): Promise<void> {
    const { file, mode, clock, log, again } = this.#options;
    try {
      await replaceFile(file, makeText(), mode);
      if (this.#record.noteSaved()) log.info({ file }, again);
      this.#nextComplaintAt = Number.NEGATIVE_INFINITY;
    } catch (error) {
      const { reason } = await this.#record.noteFailure(error);
      this.#pending ??= makeText;
      this.#nextWriteAt = clock.now() + RETRY_MS;
      this.#complain(reason);
    }
  }

  #complain(reason: string): void {
    const { file, clock, log, failed } = this.#options;
    const now = clock.now();
    if (now < this.#nextComplaintAt) return;
    this.#nextComplaintAt = now + COMPLAINT_INTERVAL_MS;
    log.error({ file, reason }, failed);
  }
}
