import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { MessageRate } from '../core/message-rate.js';
import { reasonOf } from '../core/thrown.js';
import { escapeText, type Problem } from '../model/problem.js';

const SAID_EVERY_MS = 1_000;
const MAX_SHOWN_LENGTH = 200;

/**
 * Errors of the primary that nobody caught, and why they do not end it.
 *
 * Node's advice is to end the process, since its memory is in doubt. But the primary serves nobody: the workers do, from
 * the snapshot that they hold, and a worker with such an error does end. All that the primary's memory decides is the next
 * snapshot, which is compiled anew and whole from what the sources say, and its loops (polls, checks, sources) set their
 * next turn before or on anything that happens in this one. So the worst of going on is a change that comes late or not at all, in
 * one part; the worst of ending was that all slots close. It goes on, and says so where people look: in the log with
 * its stack, as a problem in the state document, and as a metric to be alerted on. They choose the moment of a restart.
 */
export class UnexpectedErrors {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #rate: MessageRate;
  readonly #listener = (error: unknown): void => this.#onError(error);
  #count = 0;
  #last = '';
  #lastAt = '';

  constructor(clock: Clock, log: Log) {
    this.#log = log;
    this.#clock = clock;
    this.#rate = new MessageRate(clock, SAID_EVERY_MS);
  }

  /** From now on none ends the process. Rejections that nobody handles are among them. */
  catch(): void {
    process.on('uncaughtException', this.#listener);
  }

  /** As before `catch`: the next one ends the process. */
  release(): void {
    process.removeListener('uncaughtException', this.#listener);
  }

  get count(): number {
    return this.#count;
  }

  problems(): readonly Problem[] {
    if (this.#count === 0) return [];
    const times = this.#count === 1 ? 'an unexpected error' : `${this.#count} unexpected errors`;
    return [
      {
        severity: 'error',
        app: null,
        file: 'primary',
        line: null,
        col: null,
        message: `${times} of the program itself, the last at ${this.#lastAt}: ${this.#last}; serving continues`,
        hint: 'please report it with its stack from the log, and restart the node when it suits',
      },
    ];
  }

  #onError(error: unknown): void {
    this.#count += 1;
    this.#last = escapeText(reasonOf(error)).slice(0, MAX_SHOWN_LENGTH);
    this.#lastAt = new Date(this.#clock.wallTime()).toISOString();
    const unsaid = this.#rate.ask();
    if (unsaid !== null) this.#log.error({ err: error, unsaid }, 'unexpected error; serving continues');
  }
}
