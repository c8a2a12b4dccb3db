/** How much earlier than the instance we give an idle connection up: a request on its way must not cross the close. */
const MARGIN_MS = 1_000;
/** Closes that agree, at moments of their own, before their time is believed: a restart closes at any age. */
const AGREEING = 3;
/** Closes within this time are one: an instance that stops closes all its connections at once. */
const MOMENT_MS = 250;
/** How far ages may lie apart and still be of one time: servers look at theirs once a second or so. */
const TOLERANCE = 0.5;
const TOLERANCE_MS = 100;
/** A time that no close has confirmed for this long is forgotten: the instance may have another one by now. */
const FORGET_MS = 600_000;

/** @returns for how long a connection may be idle and still be used, when it is closed after `closedAfterMs`. */
export function usableIdleMs(closedAfterMs: number): number {
  return Math.max(closedAfterMs / 2, closedAfterMs - MARGIN_MS);
}

/**
 * After which idle time an instance closes its connections, learnt from those that it closed. Believed wrongly, a time
 * costs new connections, never a request.
 */
export class IdleTime {
  #closedAfterMs = Number.POSITIVE_INFINITY;
  #believedAt = 0;
  /** The shortest of the ages that agree, and how many they are. */
  #candidateMs = 0;
  #agreeing = 0;
  #lastCloseAt = Number.NEGATIVE_INFINITY;

  /** The instance closed a connection that had been idle, or had got a request after having been idle, for `idleMs`. */
  noteClose(idleMs: number, now: number): void {
    const isSameMoment = now - this.#lastCloseAt < MOMENT_MS;
    this.#lastCloseAt = now;
    const agrees =
      this.#agreeing > 0 && Math.abs(idleMs - this.#candidateMs) <= this.#candidateMs * TOLERANCE + TOLERANCE_MS;
    if (!agrees) {
      if (isSameMoment && this.#agreeing > 1) return;
      this.#candidateMs = idleMs;
      this.#agreeing = 1;
      return;
    }
    this.#candidateMs = Math.min(this.#candidateMs, idleMs);
    if (!isSameMoment) this.#agreeing += 1;
    if (this.#agreeing < AGREEING) return;
    this.#closedAfterMs = this.#candidateMs;
    this.#believedAt = now;
  }

  /** For how long a connection may be idle and still be used; Infinity while nothing is known. */
  usableMs(now: number): number {
    if (this.#closedAfterMs === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
    if (now - this.#believedAt > FORGET_MS) {
      this.#closedAfterMs = Number.POSITIVE_INFINITY;
      // On probation: the next close that agrees is believed at once.
      this.#agreeing = AGREEING - 1;
      return Number.POSITIVE_INFINITY;
    }
    return usableIdleMs(this.#closedAfterMs);
  }
}
