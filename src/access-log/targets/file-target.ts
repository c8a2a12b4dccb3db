import { close, constants, openSync, write, writeSync } from 'node:fs';
import type { Clock } from '../../core/clock.js';
import type { Log } from '../../core/log.js';
import { BlockTarget } from './block-target.js';
import { openFailure } from './log-file.js';
import { Losses } from './losses.js';

interface FileTargetOptions {
  /** A path, or `-` for standard output. */
  readonly target: string;
  readonly clock: Clock;
  readonly log: Log;
}

const STANDARD_OUTPUT = 1;
const REOPEN_MS = 5_000;
/** A pipe that nobody reads is an error (ENXIO, EAGAIN) and holds up no thread. Files do not heed the last flag. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

/**
 * A file of finished lines. Not pino's destination: that writes to a descriptor of -1 while the file is missing, which
 * throws, and its flushSync tries a full disk again for ever, which holds up the end of the process.
 */
export class FileTarget extends BlockTarget {
  readonly #target: string;
  readonly #log: Log;
  #descriptor: number | null = null;
  #reopenAt = 0;
  #mustReopen = false;
  /** The path could not be opened anew; the file that is open takes the lines meanwhile. */
  #isReopenDue = false;

  constructor({ target, clock, log }: FileTargetOptions) {
    const message = 'writing the access log failed; serving continues';
    super(clock, new Losses({ clock, log, place: { file: target }, message }));
    this.#target = target;
    this.#log = log;
    this.#open();
  }

  /** Each line goes whole into one of the two files. When the path can't be opened, the file that is open stays. */
  override reopen(): void {
    this.#mustReopen = true;
    this.writeOn();
    if (!this.isWriting) this.#open();
  }

  protected override get isOpen(): boolean {
    return this.#descriptor !== null;
  }

  protected override openWhenDue(): void {
    if (this.clock.now() < this.#reopenAt) return;
    if (this.#descriptor === null) this.#open();
    else if (this.#isReopenDue) this.reopen();
  }

  protected override writeBlock(bytes: Buffer): void {
    write(this.#descriptor ?? STANDARD_OUTPUT, bytes, 0, bytes.length, null, (error, count) => {
      if (error === null) this.onWritten(count);
      // The reader of a pipe is slow; that is a fault when lines are lost by it.
      else this.onWriteFailed(error.code === 'EAGAIN' ? null : error.message);
    });
  }

  protected override writeBlockSync(bytes: Buffer): number {
    return writeSync(this.#descriptor ?? STANDARD_OUTPUT, bytes, 0, bytes.length);
  }

  protected override onBetweenBlocks(): void {
    if (this.#mustReopen) this.#open();
  }

  #open(): void {
    const target = this.#target;
    const old = this.#descriptor;
    this.#mustReopen = false;
    try {
      this.#descriptor = target === '-' ? STANDARD_OUTPUT : openSync(target, FLAGS);
      // A failure of the old file, such as a full disk, is told by the next write.
      if (old !== null && old !== STANDARD_OUTPUT) close(old, () => {});
      if (this.#isReopenDue) this.#log.warn({ file: target }, 'the access log is open anew');
      this.#isReopenDue = false;
    } catch (error) {
      const reason = openFailure(target, error);
      this.#reopenAt = this.clock.now() + REOPEN_MS;
      if (old === null) this.losses.onFault(reason);
      else if (!this.#isReopenDue) {
        const facts = { reason, file: target };
        this.#log.error(facts, 'reopening the access log failed; lines still go to the file that was open');
        this.#isReopenDue = true;
      }
    }
  }
}
