import type { Clock } from '../../core/clock.js';
import type { Log } from '../../core/log.js';
import { MessageRate } from '../../core/message-rate.js';

interface LossesOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Where lines go, as the log names it. */
  readonly place: { readonly file: string } | { readonly receiver: string } | { readonly socket: string };
  /** What the log says of a fault. */
  readonly message: string;
}

/** Of lines in the log about one fault, which would come with each try. */
const SAID_EVERY_MS = 60_000;

/** Lines that a target has lost: counted, and told to the log of the node once a minute while a fault lasts. */
export class Losses {
  total = 0;
  /** Of the last fault; null: lines were written since, or none was. */
  reason: string | null = null;
  readonly #options: LossesOptions;
  readonly #rate: MessageRate;
  /** Since the log was last told. */
  #untold = 0;

  constructor(options: LossesOptions) {
    this.#options = options;
    this.#rate = new MessageRate(options.clock, SAID_EVERY_MS);
  }

  add(lines: number): void {
    this.total += lines;
    this.#untold += lines;
  }

  onFault(reason: string): void {
    const { log, place, message } = this.#options;
    this.reason = reason;
    if (this.#rate.ask() === null) return;
    log.error({ reason, ...place, lost: this.#untold }, message);
    this.#untold = 0;
  }

  /** Lines are written; said where a fault was said before. */
  onWritten(): void {
    if (this.reason === null) return;
    const { log, place } = this.#options;
    log.warn({ ...place, lost: this.#untold }, 'the access log is written again');
    this.reason = null;
    this.#untold = 0;
  }

  /** The worker ends, and nobody can ask it any more: what it has lost since the log was last told is said whatever was said before. */
  onEnd(): void {
    if (this.#untold === 0) return;
    const { log, place } = this.#options;
    const reason = this.reason ?? 'they were not taken in time';
    log.error(
      { reason, ...place, lost: this.#untold },
      'lines of the access log are lost: this worker ends without them',
    );
    this.#untold = 0;
  }
}
