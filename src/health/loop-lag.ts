import type { Clock, Timer } from '../core/clock.js';

const TICK_MS = 50;

/**
 * How long this process could not run while somebody watched: a starved node answers itself late, and must not take that
 * for the fault of others. Precise to about a tick; it ticks only while it is watched.
 */
export class LoopLag {
  readonly #clock: Clock;
  #watchers = 0;
  #timer: Timer | null = null;
  #tickedAt = 0;
  #lostMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns ends the watch, once, and says how many milliseconds the loop was held up meanwhile. */
  watch(): () => number {
    if (this.#watchers === 0) this.#tick();
    this.#watchers += 1;
    const before = this.#lost();
    return () => {
      const lostMs = this.#lost() - before;
      this.#watchers -= 1;
      if (this.#watchers === 0) this.#timer?.cancel();
      return lostMs;
    };
  }

  #tick(): void {
    this.#tickedAt = this.#clock.now();
    this.#timer = this.#clock.setTimer(TICK_MS, () => {
      this.#lostMs = this.#lost();
      this.#tick();
    });
  }

  /** With what the tick that is under way is late by. */
  #lost(): number {
    return this.#lostMs + Math.max(0, this.#clock.now() - this.#tickedAt - TICK_MS);
  }
}
