/** A kept-alive connection, as a pool sees it. */
interface IdleConnection {
  /** It can carry requests to this instance only. */
  readonly instance: object;
  /** When it has been idle for too long. */
  readonly deadline: number;
  /** Closes it, and takes it out of its pool. */
  discard(): void;
}

/** Connections without a request, in the order in which they became idle. */
export class IdlePool<C extends IdleConnection> {
  readonly #kept: C[] = [];

  get size(): number {
    return this.#kept.length;
  }

  add(connection: C): void {
    this.#kept.push(connection);
  }

  /** The last used one: those below it may grow old and close. */
  takeNewest(instance: object, now: number): C | null {
    for (let index = this.#kept.length - 1; index >= 0; index -= 1) {
      const connection = this.#kept[index];
      if (connection === undefined || connection.instance !== instance) continue;
      if (connection.deadline > now) {
        this.#kept.splice(index, 1);
        return connection;
      }
      // Deadlines are looked at every now and then.
      connection.discard();
    }
    return null;
  }

  /** Puts back what was taken; the oldest one goes, since a new connection comes in its place. */
  putBackForOldest(connection: C): void {
    this.#kept.push(connection);
    this.#kept.find(({ instance }) => instance === connection.instance)?.discard();
  }

  remove(connection: C): void {
    const index = this.#kept.indexOf(connection);
    if (index !== -1) this.#kept.splice(index, 1);
  }

  /** Closes the oldest ones beyond this many. */
  trimTo(most: number): void {
    const excess = Math.max(0, this.#kept.length - Math.max(0, most));
    if (excess > 0) for (const connection of this.#kept.slice(0, excess)) connection.discard();
  }

  closeIdle(): void {
    for (const connection of this.#kept.slice()) connection.discard();
  }
}
