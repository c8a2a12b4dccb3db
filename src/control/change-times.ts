import type { Clock } from '../core/clock.js';
import { createHistogram, type Histogram, recordLatency } from '../metrics/histogram.js';

/** How long changes take from their cause to all workers, by what asked for them: a source, a check, a decision. */
export class ChangeTimes {
  readonly #clock: Clock;
  readonly #took = new Map<string, Histogram>();
  /** When each cause first asked for the change that is not published yet. */
  #asked = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(cause: string): void {
    if (!this.#asked.has(cause)) this.#asked.set(cause, this.#clock.now());
  }

  /** All that was asked for was looked at, and nothing is to be published. */
  drop(): void {
    this.#asked.clear();
  }

  /** @param applied resolves when all workers have it in force */
  onPublished(applied: Promise<void>): void {
    const asked = this.#asked;
    if (asked.size === 0) return;
    this.#asked = new Map();
    void applied.then(() => {
      const now = this.#clock.now();
      for (const [cause, since] of asked) {
        const took = this.#took.get(cause) ?? createHistogram();
        this.#took.set(cause, took);
        recordLatency(took, now - since);
      }
    });
  }

  read(): readonly { readonly cause: string; readonly took: Histogram }[] {
    return [...this.#took].map(([cause, took]) => ({ cause, took }));
  }
}
