import { close, constants, mkdirSync, openSync, write, writeSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from './clock.js';
import type { Log } from './log.js';
import { MessageRate } from './message-rate.js';
import { reasonOf } from './thrown.js';

interface LineFileOptions {
  /** A path, whose directory is made where it is missing, or `-` for standard output. */
  readonly target: string;
  /** What the lines are, as the log calls them: `access log`. */
  readonly title: string;
  readonly clock: Clock;
  readonly log: Log;
}

const STANDARD_OUTPUT = 1;
/** Lines are written in blocks of about this size, or when a flush is due. Sizes count characters. */
const BLOCK_LENGTH = 4_096;
/** A full disk must not fill our memory: lines beyond this are lost. */
const MAX_WAITING_LENGTH = 4_194_304;
const FLUSH_MS = 250;
const REOPEN_MS = 5_000;
/** Of lines in the log about one fault, which would come with each try. */
const SAID_EVERY_MS = 60_000;
/** A pipe that nobody reads is an error (ENXIO, EAGAIN) and holds up no thread. Files do not heed the last flag. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

/**
 * A file of finished lines, written a quarter of a second late at most. It never throws and keeps nobody waiting: while it
 * can't be opened or written, the log says so once a minute, it is tried again for ever, and what is too much is lost and
 * counted. Not pino's destination: that writes to a descriptor of -1 while the file is missing, which throws, and its
 * flushSync tries a full disk again for ever, which holds up the end of the process.
 */
export class LineFile {
  readonly #options: LineFileOptions;
  readonly #rate: MessageRate;
  #descriptor: number | null = null;
  #reopenAt = 0;
  #waiting = '';
  /** The block that is being written, or whose write failed. */
  #block: Buffer | null = null;
  #isWriting = false;
  #mustReopen = false;
  #hasFailed = false;
  #lost = 0;
  readonly #flushed = new Set<() => void>();

  constructor(options: LineFileOptions) {
    this.#options = options;
    this.#rate = new MessageRate(options.clock, SAID_EVERY_MS);
    this.#open();
    this.#scheduleFlush();
  }

  /** @param line with its line end */
  write(line: string): void {
    if (this.#waiting.length + line.length > MAX_WAITING_LENGTH) {
      this.#lost += 1;
      this.#onFault('too many lines wait to be written');
      return;
    }
    this.#waiting += line;
    if (this.#waiting.length >= BLOCK_LENGTH) this.#writeOn();
  }

  /** Resolves when nothing waits any more, and at once when it can't be written, after `deadlineMs` at the latest. */
  async flush(deadlineMs: number): Promise<void> {
    this.#writeOn();
    if (!this.#isWriting) return;
    await new Promise<void>((resolve) => {
      this.#options.clock.setTimer(deadlineMs, resolve);
      this.#flushed.add(resolve);
    });
  }

  /**
   * Opens the path anew, which a rotation has moved away or removed. Each line goes whole into one of the two files. When
   * the path can't be opened, the file that is open stays.
   */
  reopen(): void {
    this.#mustReopen = true;
    this.#writeOn();
    if (!this.#isWriting) this.#open();
  }

  /** For the last moment of a process: one try, after which the process may end. */
  writeNow(): void {
    const left = this.#waiting;
    this.#waiting = '';
    if (this.#descriptor === null || left === '') return;
    try {
      writeSync(this.#descriptor, left);
    } catch (error) {
      this.#onFault(reasonOf(error));
    }
  }

  #open(): void {
    const { target, title, clock } = this.#options;
    const old = this.#descriptor;
    this.#mustReopen = false;
    try {
      if (target !== '-') mkdirSync(path.dirname(path.resolve(target)), { recursive: true });
      this.#descriptor = target === '-' ? STANDARD_OUTPUT : openSync(target, FLAGS);
      // A failure of the old file, such as a full disk, is told by the next write.
      if (old !== null && old !== STANDARD_OUTPUT) close(old, () => {});
    } catch (error) {
      if (old !== null) {
        const facts = { reason: reasonOf(error), file: target };
        this.#options.log.error(facts, `reopening the ${title} failed; lines still go to the file that was open`);
        return;
      }
      this.#reopenAt = clock.now() + REOPEN_MS;
      this.#onFault(reasonOf(error));
    }
  }

  #scheduleFlush(): void {
    const { clock } = this.#options;
    clock.setTimer(FLUSH_MS, () => {
      this.#scheduleFlush();
      if (this.#descriptor === null && clock.now() >= this.#reopenAt) this.#open();
      this.#writeOn();
    });
  }

  #writeOn(): void {
    if (this.#descriptor === null || this.#isWriting || (this.#block === null && this.#waiting === '')) return;
    if (this.#block === null) {
      this.#block = Buffer.from(this.#waiting);
      this.#waiting = '';
    }
    this.#isWriting = true;
    write(this.#descriptor, this.#block, (error, bytes) => {
      this.#isWriting = false;
      if (error === null) this.#onWritten(bytes);
      // The reader of a pipe is slow; that is a fault when lines are lost by it.
      else if (error.code !== 'EAGAIN') this.#onFault(error.message);
      if (error === null && this.#isWriting) return;
      if (this.#mustReopen) this.#open();
      for (const resolve of this.#flushed) resolve();
      this.#flushed.clear();
    });
  }

  #onWritten(bytes: number): void {
    if (this.#hasFailed) {
      const { log, target, title } = this.#options;
      log.warn({ file: target, lost: this.#lost }, `the ${title} is written again`);
      this.#hasFailed = false;
      this.#lost = 0;
    }
    const left = this.#block?.subarray(bytes);
    this.#block = left === undefined || left.length === 0 ? null : left;
    if (this.#block === null && this.#mustReopen) this.#open();
    if (this.#block !== null || this.#waiting.length >= BLOCK_LENGTH || this.#flushed.size > 0) this.#writeOn();
  }

  #onFault(reason: string): void {
    const { log, target, title } = this.#options;
    this.#hasFailed = true;
    if (this.#rate.ask() === null) return;
    log.error({ reason, file: target, lost: this.#lost }, `writing the ${title} failed; serving continues`);
  }
}
