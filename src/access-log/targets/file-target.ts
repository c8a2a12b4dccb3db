import { close, constants, mkdirSync, openSync, write, writeSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../../core/clock.js';
import type { Log } from '../../core/log.js';
import { MessageRate } from '../../core/message-rate.js';
import { reasonOf } from '../../core/thrown.js';
import { LineBuffer } from '../line-buffer.js';
import type { LogTarget } from './log-target.js';

interface FileTargetOptions {
  /** A path, whose directory is made where it is missing, or `-` for standard output. */
  readonly target: string;
  readonly clock: Clock;
  readonly log: Log;
}

const STANDARD_OUTPUT = 1;
/** Lines are written in blocks of about this many bytes, or when a flush is due. */
const BLOCK_BYTES = 16_384;
/** A full disk must not fill our memory: lines beyond this are dropped. */
const MAX_WAITING_BYTES = 4_194_304;
const FLUSH_MS = 250;
const REOPEN_MS = 5_000;
/** Of lines in the log about one fault, which would come with each try. */
const SAID_EVERY_MS = 60_000;
/** A pipe that nobody reads is an error (ENXIO, EAGAIN) and holds up no thread. Files do not heed the last flag. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
const LINE_FEED = 0x0a;

/**
 * A file of finished lines, written a quarter of a second late at most. While it can't be opened or written, the log says
 * so once a minute, it is tried again for ever, and what is too much is dropped. Not pino's destination: that writes to a
 * descriptor of -1 while the file is missing, which throws, and its flushSync tries a full disk again for ever, which
 * holds up the end of the process.
 */
export class FileTarget implements LogTarget {
  dropped = 0;
  readonly #options: FileTargetOptions;
  readonly #rate: MessageRate;
  #descriptor: number | null = null;
  #reopenAt = 0;
  #waiting = new LineBuffer();
  /** Whose bytes are being written, or whose write failed, from `#blockStart` on; empty for none. */
  #block = new LineBuffer();
  #blockStart = 0;
  #isWriting = false;
  #mustReopen = false;
  #hasFailed = false;
  #lost = 0;
  readonly #flushed = new Set<() => void>();

  constructor(options: FileTargetOptions) {
    this.#options = options;
    this.#rate = new MessageRate(options.clock, SAID_EVERY_MS);
    this.#open();
    this.#scheduleFlush();
  }

  begin(): LineBuffer | null {
    if (this.#waiting.length < MAX_WAITING_BYTES) return this.#waiting;
    this.dropped += 1;
    this.#lost += 1;
    this.#onFault('too many lines wait to be written');
    return null;
  }

  end(): void {
    this.#waiting.byte(LINE_FEED);
    if (this.#waiting.length >= BLOCK_BYTES) this.#writeOn();
  }

  async flush(deadlineMs: number): Promise<void> {
    this.#writeOn();
    if (!this.#isWriting) return;
    await new Promise<void>((resolve) => {
      this.#options.clock.setTimer(deadlineMs, resolve);
      this.#flushed.add(resolve);
    });
  }

  /** Each line goes whole into one of the two files. When the path can't be opened, the file that is open stays. */
  reopen(): void {
    this.#mustReopen = true;
    this.#writeOn();
    if (!this.#isWriting) this.#open();
  }

  writeNow(): void {
    // What hangs in a write is as good as lost.
    if (this.#isWriting) this.dropped += linesIn(this.#block, this.#blockStart);
    else this.#writeAtOnce(this.#block, this.#blockStart);
    this.#writeAtOnce(this.#waiting, 0);
  }

  #writeAtOnce(lines: LineBuffer, start: number): void {
    let at = start;
    try {
      while (this.#descriptor !== null && at < lines.length)
        at += writeSync(this.#descriptor, lines.bytes, at, lines.length - at);
    } catch (error) {
      this.#onFault(reasonOf(error));
    }
    this.dropped += linesIn(lines, at);
    lines.clear();
  }

  #open(): void {
    const { target, clock } = this.#options;
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
        this.#options.log.error(facts, 'reopening the access log failed; lines still go to the file that was open');
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
    if (this.#descriptor === null || this.#isWriting) return;
    if (this.#block.length === 0) {
      if (this.#waiting.length === 0) return;
      const written = this.#block;
      this.#block = this.#waiting;
      this.#waiting = written;
      this.#blockStart = 0;
    }
    this.#isWriting = true;
    const { bytes, length } = this.#block;
    write(this.#descriptor, bytes, this.#blockStart, length - this.#blockStart, null, (error, count) => {
      this.#isWriting = false;
      if (error === null) this.#onWritten(count);
      // The reader of a pipe is slow; that is a fault when lines are lost by it.
      else if (error.code !== 'EAGAIN') this.#onFault(error.message);
      if (error === null && this.#isWriting) return;
      if (this.#mustReopen) this.#open();
      for (const resolve of this.#flushed) resolve();
      this.#flushed.clear();
    });
  }

  #onWritten(count: number): void {
    if (this.#hasFailed) {
      const { log, target } = this.#options;
      log.warn({ file: target, lost: this.#lost }, 'the access log is written again');
      this.#hasFailed = false;
      this.#lost = 0;
    }
    this.#blockStart += count;
    const isWhole = this.#blockStart >= this.#block.length;
    if (isWhole) this.#block.clear();
    if (isWhole && this.#mustReopen) this.#open();
    if (!isWhole || this.#waiting.length >= BLOCK_BYTES || this.#flushed.size > 0) this.#writeOn();
  }

  #onFault(reason: string): void {
    const { log, target } = this.#options;
    this.#hasFailed = true;
    if (this.#rate.ask() === null) return;
    log.error({ reason, file: target, lost: this.#lost }, 'writing the access log failed; serving continues');
  }
}

/** How many lines have their end behind `start`. */
function linesIn({ bytes, length }: LineBuffer, start: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED, start); at !== -1 && at < length; at = bytes.indexOf(LINE_FEED, at + 1))
    lines += 1;
  return lines;
}
