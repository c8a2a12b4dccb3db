import type { Clock } from '../../core/clock.js';
import { reasonOf } from '../../core/thrown.js';
import { LineBuffer } from '../line-buffer.js';
import type { LogTarget } from './log-target.js';
import type { Losses } from './losses.js';

/** Lines are written in blocks of about this many bytes, or when a flush is due. */
const BLOCK_BYTES = 16_384;
/** A full disk must not fill our memory: lines beyond this are dropped. */
const MAX_WAITING_BYTES = 4_194_304;
const FLUSH_MS = 250;
const LINE_FEED = 0x0a;

/**
 * A target of finished lines, written in blocks, one at a time, a quarter of a second late at most. While it cannot be
 * written, the log says so once a minute, it is tried again for ever, and what is too much is dropped.
 */
export abstract class BlockTarget implements LogTarget {
  protected readonly clock: Clock;
  protected readonly losses: Losses;
  #waiting = new LineBuffer();
  /** Whose bytes are being written, or whose write failed, from `#blockStart` on; empty for none. */
  #block = new LineBuffer();
  #blockStart = 0;
  #isWriting = false;
  readonly #flushed = new Set<() => void>();

  constructor(clock: Clock, losses: Losses) {
    this.clock = clock;
    this.losses = losses;
    this.#scheduleFlush();
  }

  get dropped(): number {
    return this.losses.total;
  }

  get failure(): string | null {
    return this.hasLines ? this.losses.reason : null;
  }

  /** They are counted where somebody asks while a failure lasts: 4 MB take 0.3 ms (AMD EPYC), and a line costs nothing. */
  get waiting(): number {
    if (this.failure === null) return 0;
    const block = this.#block.bytes.subarray(this.#blockStart, this.#block.length);
    return linesIn(block) + linesIn(this.#waiting.bytes.subarray(0, this.#waiting.length));
  }

  begin(): LineBuffer | null {
    if (this.#waiting.length < MAX_WAITING_BYTES) return this.#waiting;
    this.losses.add(1);
    this.losses.onFault(this.losses.reason ?? 'too many lines wait to be written');
    return null;
  }

  end(): void {
    this.#waiting.byte(LINE_FEED);
    if (this.#waiting.length >= BLOCK_BYTES) this.writeOn();
  }

  async flush(deadlineMs: number): Promise<void> {
    this.writeOn();
    if (!this.#isWriting) return;
    await new Promise<void>((resolve) => {
      this.clock.setTimer(deadlineMs, resolve);
      this.#flushed.add(resolve);
    });
  }

  abstract reopen(): void;

  writeNow(): void {
    // What hangs in a write is as good as lost.
    if (this.#isWriting) this.loseBlock();
    else this.#writeAtOnce(this.#block, this.#blockStart);
    this.#writeAtOnce(this.#waiting, 0);
    this.losses.onEnd();
  }

  protected get isWriting(): boolean {
    return this.#isWriting;
  }

  protected get hasLines(): boolean {
    return this.#waiting.length + this.#block.length > 0;
  }

  /** Whether a block can be written. */
  protected abstract readonly isOpen: boolean;
  /** Begins to write; `onWritten` or `onWriteFailed` follows, in a later turn. The bytes stay as they are until then. */
  protected abstract writeBlock(bytes: Buffer): void;
  /** @returns how many bytes were written, all of them or fewer. @throws Error when it can't be written */
  protected abstract writeBlockSync(bytes: Buffer): number;
  /** Comes with each flush, before it: what is closed is opened when its time has come. */
  protected abstract openWhenDue(): void;
  /** No line is half written. */
  protected onBetweenBlocks(): void {}

  protected writeOn(): void {
    if (this.#isWriting || !this.isOpen) return;
    if (this.#block.length === 0) {
      if (this.#waiting.length === 0) return;
      const written = this.#block;
      this.#block = this.#waiting;
      this.#waiting = written;
      this.#blockStart = 0;
    }
    this.#isWriting = true;
    this.writeBlock(this.#block.bytes.subarray(this.#blockStart, this.#block.length));
  }

  protected onWritten(count: number): void {
    this.#isWriting = false;
    this.losses.onWritten();
    this.#blockStart += count;
    const isWhole = this.#blockStart >= this.#block.length;
    if (isWhole) {
      this.#block.clear();
      this.onBetweenBlocks();
    }
    if (!isWhole || this.#waiting.length >= BLOCK_BYTES || this.#flushed.size > 0) this.writeOn();
    if (!this.#isWriting) this.#onIdle();
  }

  /** What is left of the block is tried again later. @param reason null: there is no room just now */
  protected onWriteFailed(reason: string | null): void {
    this.#isWriting = false;
    if (reason !== null) this.losses.onFault(reason);
    this.#onIdle();
  }

  /** What is left of the block that is being written is lost, whether its write comes back or not. */
  protected loseBlock(): void {
    this.losses.add(linesIn(this.#block.bytes.subarray(this.#blockStart, this.#block.length)));
    this.#block.clear();
  }

  #onIdle(): void {
    this.onBetweenBlocks();
    for (const resolve of this.#flushed) resolve();
    this.#flushed.clear();
  }

  #writeAtOnce(lines: LineBuffer, start: number): void {
    let at = start;
    try {
      while (this.isOpen && at < lines.length) at += this.writeBlockSync(lines.bytes.subarray(at, lines.length));
    } catch (error) {
      // `onEnd` tells it.
      this.losses.reason = reasonOf(error);
    }
    this.losses.add(linesIn(lines.bytes.subarray(at, lines.length)));
    lines.clear();
  }

  #scheduleFlush(): void {
    this.clock.setTimer(FLUSH_MS, () => {
      this.#scheduleFlush();
      this.openWhenDue();
      this.writeOn();
    });
  }
}

/** How many lines have their end in these bytes. */
export function linesIn(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) lines += 1;
  return lines;
}
