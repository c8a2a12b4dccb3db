import type { Random } from '../core/clock.js';

/**
 * Checks begin at common moments, at most this far apart: a process that sleeps pays for being woken more than for a check.
 * (30 instances, each asked every second: 1.5 % of a core at ten moments a second, 1.1 % at four.)
 */
const GRID_MS = 250;
const FEWEST_MOMENTS = 4;
/**
 * So many checks begin at one moment, on average: a primary that begins hundreds of them holds up the workers that share its
 * core for as long.
 */
const MOST_AT_ONCE = 8;
/**
 * So many waits before a check are drawn by chance: the first is short, so that a new target is soon up, and after the second
 * the checks of all targets are spread evenly over their interval. From then on the waits are the interval.
 */
const RANDOM_WAITS = 2;
/** A check that starts late by this part of its interval was held up, and so were all others: they are spread again. */
const LATE_SHARE = 0.25;

/** When one target is asked: at fixed intervals, at moments of its own. */
export class CheckPace {
  readonly #random: Random;
  #intervalMs = 0;
  #dueAt = 0;
  #randomWaits = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /**
   * The moments of an interval that is new are drawn: all containers that start together are asked often at first.
   * @param now when the last check ended, or the interval changed
   * @param targets how many are checked in all
   */
  nextAt(now: number, intervalMs: number, targets: number): number {
    if (intervalMs !== this.#intervalMs) this.#randomWaits = RANDOM_WAITS;
    this.#intervalMs = intervalMs;
    const randomMs = this.#takeRandomWait();
    // Counted from when it was due: what once held up many checks would keep them together else.
    const fixedAt = Math.max(this.#dueAt + intervalMs, now + intervalMs / 10);
    const stepMs = intervalMs / momentsIn(intervalMs, targets);
    this.#dueAt = Math.round((randomMs === null ? fixedAt : now + randomMs) / stepMs) * stepMs;
    return this.#dueAt;
  }

  onBegin(now: number): void {
    if (now - this.#dueAt > this.#intervalMs * LATE_SHARE) this.#randomWaits = RANDOM_WAITS;
  }

  /** @returns null once they are used up */
  #takeRandomWait(): number | null {
    if (this.#randomWaits === 0) return null;
    const isFirst = this.#randomWaits === RANDOM_WAITS;
    this.#randomWaits -= 1;
    return this.#intervalMs * (0.5 + this.#random() * (isFirst ? 0.5 : 1));
  }
}

/** A whole number: the interval would else be rounded to steps that do not add up to it. */
function momentsIn(intervalMs: number, targets: number): number {
  return Math.ceil(Math.max(FEWEST_MOMENTS, intervalMs / GRID_MS, targets / MOST_AT_ONCE));
}
