import type { Clock, Timer } from '../../src/core/clock.js';

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly onElapsed: () => void;
}

/** Time that passes only when the test says so. */
export class FakeClock implements Clock {
  #now = 1_000;
  #wallZero = Date.UTC(2024, 0, 1);
  #order = 0;
  readonly #pending = new Set<Pending>();

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#wallZero + this.#now;
  }

  setTimer(delayMs: number, onElapsed: () => void): Timer {
    this.#order += 1;
    const pending: Pending = { at: this.#now + Math.max(0, delayMs), order: this.#order, onElapsed };
    this.#pending.add(pending);
    return { cancel: () => this.#pending.delete(pending) };
  }

  /** How long until each timer that is set, shortest first. */
  waits(): number[] {
    return [...this.#pending].map(({ at }) => at - this.#now).sort((a, b) => a - b);
  }

  /** Lets `elapsedMs` pass, one timer after another; promises that settle between are seen. */
  async advance(elapsedMs: number): Promise<void> {
    const end = this.#now + elapsedMs;
    for (;;) {
      await settled();
      const next = [...this.#pending].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined) break;
      this.#pending.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.onElapsed();
    }
    this.#now = Math.max(this.#now, end);
    await settled();
  }

  /** Somebody sets the wall clock; no time passes. */
  setWallClock(stepMs: number): void {
    this.#wallZero += stepMs;
  }

  /** Time passes and no timer fires: the loop was held up. */
  jump(elapsedMs: number): void {
    this.#now += elapsedMs;
  }
}

/** All promise callbacks that are ready have run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
