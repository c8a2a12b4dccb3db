import type { Clock, Timer } from './clock.js';

/** Looks again and again, with a rest after each look. */
export class Poll {
  readonly #clock: Clock;
  readonly #look: () => Promise<void>;
  readonly #restMs: () => number;
  #isRunning = false;
  #timer: Timer | null = null;

  /** @param look never rejects. @param restMs asked after each look */
  constructor(clock: Clock, look: () => Promise<void>, restMs: () => number) {
    this.#clock = clock;
    this.#look = look;
    this.#restMs = restMs;
  }

  /** Resolves after the first look. */
  start(): Promise<void> {
    this.#isRunning = true;
    return this.#lookAndRest();
  }

  /** The next look is now, and the rest begins anew. */
  lookNow(): void {
    this.#timer?.cancel();
    void this.#lookAndRest();
  }

  /** A look that is under way is the last one. */
  stop(): void {
    this.#isRunning = false;
    this.#timer?.cancel();
  }

  async #lookAndRest(): Promise<void> {
    await this.#look();
    if (!this.#isRunning) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(this.#restMs(), () => void this.#lookAndRest());
  }
}
