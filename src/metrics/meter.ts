/** Of connections or requests, of an app or of an instance. */
export interface Traffic {
  /** A second, over the last one. */
  readonly rate: number;
  /** The most in one second. */
  readonly mostPerSecond: number;
  /** The most at once. */
  readonly mostAtOnce: number;
  /** For how long none has begun; null: none did while the node looked. */
  readonly sinceLastMs: number | null;
}

/** Reads a counter each second. */
export class Meter {
  #count = 0;
  /** Of a maximum that began anew within a second, the count then. */
  #mostFrom = 0;
  #perSecond = 0;
  #mostPerSecond = 0;
  #mostAtOnce = 0;
  #lastAt: number | null = null;

  /**
   * @param at monotonic, in ms
   * @param seconds since the last sample; null: the count cannot be compared with it
   * @param peak the most at once since then
   */
  sample(at: number, seconds: number | null, count: number, peak: number): void {
    const counted = seconds === null ? 0 : Math.max(0, count - this.#count);
    this.#perSecond = seconds === null ? 0 : counted / seconds;
    if (seconds !== null) this.#mostPerSecond = Math.max(this.#mostPerSecond, (count - this.#mostFrom) / seconds);
    this.#mostAtOnce = Math.max(this.#mostAtOnce, peak);
    if (counted > 0) this.#lastAt = at;
    this.#count = count;
    this.#mostFrom = count;
  }

  /** The maxima begin anew. @param count as it is now */
  clearMaxima(count: number): void {
    this.#mostPerSecond = 0;
    this.#mostAtOnce = 0;
    this.#mostFrom = count;
  }

  /** @param count as it is now, `sampledAt` the time of the last sample, `peak` the most at once since then */
  read(now: number, sampledAt: number, count: number, peak: number): Traffic {
    const counted = Math.max(0, count - this.#count);
    // HAProxy's `read_freq_ctr`: of the second before as much as is not a second ago.
    const seconds = (now - sampledAt) / 1_000;
    const isStill = Math.max(0, 1 - seconds);
    // A second takes longer while a worker hangs.
    const perSecond = (since: number): number => since / Math.max(1, seconds);
    const lastAt = counted > 0 ? now : this.#lastAt;
    return {
      rate: Math.round(this.#perSecond * isStill + perSecond(counted)),
      mostPerSecond: Math.round(Math.max(this.#mostPerSecond, perSecond(count - this.#mostFrom))),
      mostAtOnce: Math.max(this.#mostAtOnce, peak),
      sinceLastMs: lastAt === null ? null : now - lastAt,
    };
  }
}
