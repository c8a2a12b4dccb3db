import type { Clock, Timer } from '../core/clock.js';

/** Requests of sources that come closer together than this share a run. */
const COALESCE_MS = 50;

/** When the control plane runs: what asks for it in the same turn of the event loop, or before a run is due, shares one. */
export class RunSchedule {
  readonly #clock: Clock;
  readonly #run: () => void;
  #timer: Timer | null = null;
  #timerAt = 0;
  #lastRunAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, run: () => void) {
    this.#clock = clock;
    this.#run = run;
  }

  /** What happens in the same turn of the event loop is always one run: a host that dies takes many instances along. */
  request(waitMs: number): void {
    const runAt = this.#clock.now() + waitMs;
    if (this.#timer !== null && this.#timerAt <= runAt) return;
    this.#timer?.cancel();
    this.#timerAt = runAt;
    this.#timer = this.#clock.setTimer(waitMs, () => this.runPending());
  }

  /** The first one after a quiet time is at once; those that follow it wait for each other. */
  requestSoon(): void {
    this.request(Math.max(0, this.#lastRunAt + COALESCE_MS - this.#clock.now()));
  }

  /** At once, if a run waits. */
  runPending(): void {
    if (this.#timer === null) return;
    this.#timer.cancel();
    this.#timer = null;
    this.#lastRunAt = this.#clock.now();
    this.#run();
  }
}
