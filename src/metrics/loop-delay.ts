import type { Clock, Timer } from '../core/clock.js';
import { createHistogram, type Histogram, recordLatency } from './histogram.js';

/**
 * How late the event loop of this process is: a timer that is due ten times a second. (Percentiles of Node's own
 * monitor cannot be added up over processes.)
 */
const INTERVAL_MS = 100;

export class LoopDelay {
  /** Of all times since the start. */
  readonly histogram: Histogram = createHistogram();
  readonly #clock: Clock;
  #timer: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(): void {
    const dueAt = this.#clock.now() + INTERVAL_MS;
    this.#timer = this.#clock.setTimer(INTERVAL_MS, () => {
      recordLatency(this.histogram, Math.max(0, this.#clock.now() - dueAt));
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
