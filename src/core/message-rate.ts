import type { Clock } from './clock.js';

/** For messages that come in bursts: one in an interval is said, with how many were not. */
export class MessageRate {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #lastAt = Number.NEGATIVE_INFINITY;
  #suppressed = 0;

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** @returns how many were kept back since the last one that was said; null: keep this one back too. */
  ask(): number | null {
    const now = this.#clock.now();
    if (now - this.#lastAt < this.#intervalMs) {
      this.#suppressed += 1;
      return null;
    }
    const suppressed = this.#suppressed;
    this.#lastAt = now;
    this.#suppressed = 0;
    return suppressed;
  }
}
