import { rename } from 'node:fs/promises';
import path from 'node:path';
import type { NodeEvent } from '../admin/events-document.js';
import type { Clock, Timer } from '../core/clock.js';
import { appendLines, removeHalfWritten, replaceFile } from '../core/durable-file.js';
import type { Log } from '../core/log.js';
import { SaveRecord, type Saving, type UnsavedFile } from '../core/save-record.js';
import { codeOf, reasonOf } from '../core/thrown.js';
import { readWholeFile, UnreadableFile } from '../core/whole-file.js';
import { historyFromText, lineOfEvent } from './history-line.js';

const FILE_NAME = 'events.jsonl';
/** The file is for this user alone: it holds addresses of a private network. */
const FILE_MODE = 0o600;
/** Lines that come closer together are written together. */
const WRITE_INTERVAL_MS = 1_000;
/** A full disk does not empty in a second. */
const RETRY_MS = 5_000;
/** The file may grow to twice of what is remembered before it is written anew, and to this in any case. */
const REWRITE_ABOVE_BYTES = 1_048_576;
/** Of one whole writing; beyond it the oldest events are left out. */
const MAX_TEXT_BYTES = 8_388_608;
const MAX_READ_BYTES = 33_554_432;

interface HistoryFileOptions {
  /** The state directory; null: nothing is kept over a restart. */
  readonly directory: string | null;
  readonly clock: Clock;
  readonly log: Log;
  /** All that is remembered, oldest first. */
  readonly remembered: () => readonly NodeEvent[];
}

/**
 * The events of the node on the disk, a line each. New ones are appended a second late at most; a file that has grown to
 * twice of what is remembered, or that a failure left in doubt, is replaced whole. A disk that takes nothing costs no more
 * than the events after a restart; the log says so once, and when it is over.
 *
 *   idle ──note──► waiting ──timer──► writing ──► idle
 *                     ▲                  │
 *                     └── failed, or more came meanwhile
 */
export class HistoryFile implements Saving {
  readonly #options: HistoryFileOptions;
  /** null: nothing is kept over a restart. */
  readonly #file: string | null;
  readonly #record: SaveRecord;
  /** Lines that are not on the disk. */
  #waiting = '';
  /** What is on the disk is not all, or not lines: everything is written. */
  #mustReplace = false;
  #size = 0;
  #replaceAbove = REWRITE_ABOVE_BYTES;
  #timer: Timer | null = null;
  #writing: Promise<void> | null = null;
  #isEnded = false;

  constructor(options: HistoryFileOptions) {
    this.#options = options;
    this.#file = options.directory === null ? null : path.join(options.directory, FILE_NAME);
    this.#record = new SaveRecord(this.#file ?? '', options.clock);
  }

  get unsaved(): UnsavedFile | null {
    return this.#record.unsaved;
  }

  /** Never rejects: a file that can't be read is set aside, and named in the log. */
  async load(): Promise<readonly NodeEvent[]> {
    if (this.#file === null) return [];
    await removeHalfWritten(this.#file);
    try {
      const text = await readWholeFile(this.#file, MAX_READ_BYTES);
      const { events, badLine, isWhole } = historyFromText(text);
      this.#size = Buffer.byteLength(text);
      this.#mustReplace = !isWhole;
      if (badLine !== null) await this.#setAside(`line ${badLine} is not an event`);
      return events;
    } catch (error) {
      this.#mustReplace = true;
      if (codeOf(error) === 'ENOENT') return [];
      if (error instanceof UnreadableFile) await this.#setAside(error.message);
      else this.#options.log.error({ file: this.#file, reason: reasonOf(error) }, 'reading the history failed');
      return [];
    }
  }

  /** Returns at once. */
  append(event: NodeEvent): void {
    if (this.#file === null || this.#isEnded) return;
    // All is written soon: what waits would only grow.
    if (!this.#mustReplace) this.#waiting += lineOfEvent(event);
    this.#schedule(WRITE_INTERVAL_MS);
  }

  /** Writes what waits, and no more from now on: another process may have the file then. Never rejects. */
  async end(): Promise<void> {
    this.#isEnded = true;
    const isWaiting = this.#timer !== null;
    this.#cancelTimer();
    await this.#writing;
    if (isWaiting || this.#waiting !== '') await this.#write();
    this.#cancelTimer();
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== null || this.#writing !== null) return;
    this.#timer = this.#options.clock.setTimer(delayMs, () => {
      this.#timer = null;
      this.#writing = this.#write().finally(() => {
        this.#writing = null;
        if (this.#isEnded) return;
        if (this.unsaved !== null) this.#schedule(RETRY_MS);
        else if (this.#waiting !== '' || this.#mustReplace) this.#schedule(WRITE_INTERVAL_MS);
      });
    });
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  async #write(): Promise<void> {
    const file = this.#file ?? '';
    const lines = this.#waiting;
    this.#waiting = '';
    try {
      if (this.#size + lines.length > this.#replaceAbove) this.#mustReplace = true;
      if (!this.#mustReplace) this.#mustReplace = !(await this.#appended(file, lines));
      if (this.#mustReplace) await this.#replace(file);
      if (this.#record.noteSaved()) this.#options.log.info({ file }, 'the history is on the disk again');
    } catch (error) {
      this.#mustReplace = true;
      const isNew = this.unsaved === null;
      const { reason } = await this.#record.noteFailure(error);
      if (isNew)
        this.#options.log.error(
          { file, reason },
          'saving the history failed: a restart forgets the last events; serving continues, and it is tried again',
        );
    }
  }

  /** @returns false when the file is missing: all that is remembered is to be written then */
  async #appended(file: string, lines: string): Promise<boolean> {
    try {
      await appendLines(file, lines);
      this.#size += Buffer.byteLength(lines);
      return true;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  async #replace(file: string): Promise<void> {
    const text = newestLines(this.#options.remembered());
    // What is noted while it is written is appended to it.
    this.#mustReplace = false;
    this.#waiting = '';
    await replaceFile(file, text, FILE_MODE);
    this.#size = Buffer.byteLength(text);
    this.#replaceAbove = Math.max(REWRITE_ABOVE_BYTES, 2 * this.#size);
  }

  async #setAside(reason: string): Promise<void> {
    const file = this.#file ?? '';
    const { clock, log } = this.#options;
    const aside = `${file}.refused-${new Date(clock.wallTime()).toISOString().replace(/[:.]/g, '-')}`;
    const movedTo = await rename(file, aside).then(
      () => aside,
      () => null,
    );
    log.error({ file, reason, movedTo }, 'the history is damaged and was set aside; what could be read of it is kept');
  }
}

function newestLines(events: readonly NodeEvent[]): string {
  const lines: string[] = [];
  let bytes = 0;
  for (const event of events.toReversed()) {
    const line = lineOfEvent(event);
    bytes += Buffer.byteLength(line);
    if (bytes > MAX_TEXT_BYTES) break;
    lines.push(line);
  }
  return lines.reverse().join('');
}
