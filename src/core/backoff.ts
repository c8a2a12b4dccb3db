import type { Random } from './clock.js';

interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly random: Random;
}

/**
 * Delays that double up to a limit, each spread over its upper half, so that a fleet that lost the same server does not
 * come back in step.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  #attempts = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** How long to wait before the next attempt, in milliseconds. */
  next(): number {
    const { firstMs, maxMs, random } = this.#options;
    const ceilingMs = Math.min(maxMs, firstMs * 2 ** Math.min(this.#attempts, 30));
    this.#attempts += 1;
    return ceilingMs / 2 + (random() * ceilingMs) / 2;
  }

  /** After a success: the next failure starts again at the first delay. */
  reset(): void {
    this.#attempts = 0;
  }
}
