import { Backoff } from '../../core/backoff.js';
import type { Clock, Random } from '../../core/clock.js';
import type { Log } from '../../core/log.js';
import { reasonOf } from '../../core/thrown.js';
import type { LineBuffer } from '../line-buffer.js';
import { BlockTarget } from './block-target.js';
import { socketProblem } from './log-socket.js';
import { Logger } from './logger.js';
import { Losses } from './losses.js';
import type { SocketPlace } from './syslog-place.js';

interface LoggerTargetOptions extends SocketPlace {
  readonly pid: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** With the header that `logger` puts before it, what receivers take by default (rsyslog's maxMessageSize). */
const MAX_LINE_BYTES = 8_136;
/** A logger without a receiver ends at once; one that lives after this time has found it. */
const CONNECTING_MS = 200;
/** Until a socket that is missing is looked for again. */
const LOOK_AGAIN_MS = 1_000;
/** Until the next one is started. A start holds the worker up, by 10 ms on a busy machine (Node 20.20, 80 MB, AMD EPYC). */
const PAUSES = { firstMs: 1_000, maxMs: 30_000 };

/** A receiver of syslog behind a socket of this machine, such as /dev/log. A child sends the lines: `logger`. */
export class LoggerTarget extends BlockTarget {
  readonly #options: LoggerTargetOptions;
  readonly #pauses: Backoff;
  #logger: Logger | null = null;
  #openAt = 0;
  #startAt = 0;
  #line: LineBuffer | null = null;
  #lineStart = 0;

  constructor(options: LoggerTargetOptions) {
    const { clock, random, log, socket } = options;
    const message = 'sending the access log to syslog failed; serving continues';
    super(clock, new Losses({ clock, log, place: { socket }, message }));
    this.#options = options;
    this.#pauses = new Backoff({ ...PAUSES, random });
    this.#start();
  }

  override begin(): LineBuffer | null {
    this.#line = super.begin();
    this.#lineStart = this.#line?.length ?? 0;
    return this.#line;
  }

  override end(): void {
    const line = this.#line;
    if (line !== null) line.length = Math.min(line.length, this.#lineStart + MAX_LINE_BYTES);
    super.end();
  }

  override reopen(): void {}

  /** All is sent when logger has ended. */
  override async flush(deadlineMs: number): Promise<void> {
    const deadline = this.clock.now() + deadlineMs;
    if (this.#logger === null && this.hasLines) this.#start();
    this.#openAt = 0;
    await super.flush(deadlineMs);
    await this.#logger?.end(Math.max(0, deadline - this.clock.now()));
  }

  override writeNow(): void {
    this.#openAt = 0;
    if (this.isWriting) this.#logger?.kill('logger takes no more lines');
    super.writeNow();
  }

  protected override get isOpen(): boolean {
    return this.#logger !== null && this.clock.now() >= this.#openAt;
  }

  protected override openWhenDue(): void {
    if (this.#logger === null && this.hasLines && this.clock.now() >= this.#startAt) this.#start();
  }

  protected override writeBlock(bytes: Buffer): void {
    this.#logger?.write(bytes, () => {
      this.#pauses.reset();
      this.onWritten(bytes.length);
    });
  }

  protected override writeBlockSync(bytes: Buffer): number {
    if (this.#logger?.writeNow(bytes) === true) return bytes.length;
    const reason = 'logger takes no more lines';
    this.#logger?.kill(reason);
    throw new Error(reason);
  }

  #start(): void {
    const now = this.clock.now();
    const problem = socketProblem(this.#options.socket);
    this.#startAt = now + LOOK_AGAIN_MS;
    this.#openAt = now + CONNECTING_MS;
    if (problem !== null) {
      this.losses.onFault(problem);
      return;
    }
    try {
      this.#logger = new Logger({
        ...this.#options,
        maxLine: MAX_LINE_BYTES,
        onUnsent: (reason) => {
          this.losses.add(1);
          this.losses.onFault(reason);
        },
        onEnd: (unsent, reason) => this.#onEnd(unsent, reason),
      });
    } catch (error) {
      this.#startAt = now + this.#pauses.next();
      this.losses.onFault(reasonOf(error));
    }
  }

  #onEnd(unsent: number, reason: string | null): void {
    this.#logger = null;
    this.#startAt = this.clock.now() + this.#pauses.next();
    this.losses.add(unsent);
    if (this.isWriting) {
      this.loseBlock();
      this.onWriteFailed(reason);
    } else if (reason !== null) this.losses.onFault(reason);
  }
}
