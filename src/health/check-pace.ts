import type { Random } from '../core/clock.js';

/**
 * Checks begin at common moments, this far apart: a process that sleeps pays for being woken more than for a check. (30
 * instances, each asked every second: 1.5 % of a core at ten moments a second, 1.1 % at four.)
 */
const GRID_MS = 250;
/**
 * About so many checks begin at one moment: a primary that begins hundreds of them holds up the workers that share its core
 * for as long.
 */
const MOST_AT_ONCE = 8;
/**
 * So many waits before a check are drawn by chance: the first is short, so that a new target is soon up, and after the second
 * the checks of all targets are spread evenly over their interval. From then on the waits are the interval.
 */
const RANDOM_WAITS = 2;
/** A check that starts late by this part of its interval was held up, and so were all others: they are spread again. */
const LATE_SHARE = 0.25;

/** Of a target, at the end of a check. */
interface Ended {
  readonly intervalMs: number;
  readonly tookMs: number;
  /** How many are checked in all. */
  readonly targets: number;
}

/** When one target is asked: at fixed intervals, at moments of its own. */
export class CheckPace {
  readonly #random: Random;
  #randomWaits = RANDOM_WAITS;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A new moment is drawn for it. */
  beginAnew(): void {
    this.#randomWaits = RANDOM_WAITS;
  }

  /** Fixed intervals, not pauses. */
  nextAt(now: number, { intervalMs, tookMs, targets }: Ended): number {
    const waitMs = this.#randomWait(intervalMs) ?? Math.max(intervalMs - tookMs, intervalMs / 10);
    const gridMs = Math.min(GRID_MS, intervalMs / 4, (intervalMs * MOST_AT_ONCE) / targets);
    return Math.round((now + waitMs) / gridMs) * gridMs;
  }

  onBegin(lateMs: number, intervalMs: number): void {
    if (lateMs > intervalMs * LATE_SHARE) this.beginAnew();
  }

  /** @returns null: its moment is found */
  #randomWait(intervalMs: number): number | null {
    if (this.#randomWaits === 0) return null;
    const widthMs = this.#randomWaits === RANDOM_WAITS ? intervalMs / 2 : intervalMs;
    this.#randomWaits -= 1;
    return intervalMs / 2 + this.#random() * widthMs;
  }
}
