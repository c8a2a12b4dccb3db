/** Chance and what it allows to say. */
import type { SeededRandom } from '../support/seeded-random.js';

/** `count` of them, each set equally likely, or all. */
export function draw<T>(from: readonly T[], count: number, random: SeededRandom): T[] {
  const rest = [...from];
  const drawn: T[] = [];
  while (drawn.length < count && rest.length > 0) {
    const place = random.below(rest.length);
    drawn.push(...rest.splice(place, 1));
  }
  return drawn;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Standard deviations that hold 95 % of a normal distribution. */
const Z_95 = 1.96;

/**
 * Where a share is by 95 % of which `hits` of `count` were seen: Wilson's interval (E. B. Wilson, 1927), which holds for few
 * and for shares near 1. It takes the population for endless, so it is rather too wide.
 *
 * @returns percent
 */
export function shareInterval(hits: number, count: number): Interval {
  if (count === 0) return { low: 0, high: 100 };
  const share = hits / count;
  const scale = 1 + Z_95 ** 2 / count;
  const middle = (share + Z_95 ** 2 / (2 * count)) / scale;
  const half = (Z_95 / scale) * Math.sqrt((share * (1 - share)) / count + Z_95 ** 2 / (4 * count ** 2));
  return { low: Math.max(0, 100 * (middle - half)), high: Math.min(100, 100 * (middle + half)) };
}

/** How probable `hits` or fewer of `count` are (0 to 1) where the share is `share` (0 to 1): the binomial distribution. */
export function chanceOfAtMost(hits: number, count: number, share: number): number {
  let term = (1 - share) ** count;
  let sum = 0;
  for (let some = 0; some <= hits; some += 1) {
    sum += term;
    term *= ((count - some) / (some + 1)) * (share / (1 - share));
  }
  return sum;
}
