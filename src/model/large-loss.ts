/** Never empty by accident: when so much is gone at once that it is doubted, wherever apps come from. */

/** Losing fewer apps than this at once is an everyday change, even if they are all. */
const MIN_GUARDED_REMOVALS = 4;
/** A source that still says after this time that they are gone is believed. */
export const REMOVAL_GRACE_MS = 60_000;

/** @param maxShare 0 to 1: a larger share of what was known may not go at once */
export function isLargeLoss(lost: number, known: number, maxShare: number): boolean {
  return lost >= MIN_GUARDED_REMOVALS && lost > known * maxShare;
}
