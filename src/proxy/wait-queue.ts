/** Who waits for an instance with room. */
export interface Waiter {
  isQueued: boolean;
  /** There may be room now. */
  onTurn(): void;
}

/** First come, first served, and never more than a bound. Who gives up only marks itself; it is skipped at its turn. */
export class WaitQueue {
  #waiters: (Waiter | undefined)[] = [];
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(waiter: Waiter): void {
    waiter.isQueued = true;
    this.#waiters.push(waiter);
    this.#length += 1;
  }

  /** The waiter went away or its time is up. */
  leave(waiter: Waiter): void {
    if (!waiter.isQueued) return;
    waiter.isQueued = false;
    this.#length -= 1;
    const index = this.#waiters.indexOf(waiter, this.#head);
    if (index !== -1) this.#waiters[index] = undefined;
  }

  /** @returns the longest waiting one, or null. */
  take(): Waiter | null {
    while (this.#head < this.#waiters.length) {
      const waiter = this.#waiters[this.#head];
      this.#waiters[this.#head] = undefined;
      this.#head += 1;
      if (this.#head > 1_024 && this.#head * 2 > this.#waiters.length) this.#compact();
      if (waiter?.isQueued === true) {
        waiter.isQueued = false;
        this.#length -= 1;
        return waiter;
      }
    }
    this.#compact();
    return null;
  }

  #compact(): void {
    this.#waiters = this.#waiters.slice(this.#head);
    this.#head = 0;
  }
}
