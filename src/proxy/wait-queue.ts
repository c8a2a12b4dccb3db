/** Who waits for an instance with room. */
export interface Waiter {
  isQueued: boolean;
  /** Infinity for who has not waited before. */
  readonly waitUntil: number;
  /** There may be room now. It leaves the queue when there is some for it; else it keeps its place. */
  onTurn(): void;
}

/** What a queue waits for. */
export interface Room {
  readonly hasRoom: boolean;
}

/** First come, first served. */
export class WaitQueue {
  readonly #waiters = new Set<Waiter>();
  /** Had their turn, and the instance failed: they go before those that have not had one. */
  readonly #returned = new Set<Waiter>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(waiter: Waiter): void {
    waiter.isQueued = true;
    this.#length += 1;
    if (waiter.waitUntil === Number.POSITIVE_INFINITY) this.#waiters.add(waiter);
    else this.#returned.add(waiter);
  }

  /** It is served, went away or its time is up. */
  leave(waiter: Waiter): void {
    waiter.isQueued = false;
    this.#length -= 1;
    if (!this.#waiters.delete(waiter)) this.#returned.delete(waiter);
  }

  /** Gives each waiter its turn, the longest waiting one first, for as long as there is room. */
  offer(room: Room): void {
    for (const waiters of [this.#returned, this.#waiters]) {
      for (const waiter of waiters) {
        if (!room.hasRoom) return;
        waiter.onTurn();
      }
    }
  }
}
