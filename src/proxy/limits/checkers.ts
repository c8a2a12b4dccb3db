interface Closable {
  destroy(): void;
}

/**
 * The connections to health ports, of all slots of a worker, within the descriptors that are set aside for them. A sender
 * that takes all of them can't keep checks out: the oldest connection gives way, and a check needs a few milliseconds.
 */
export class Checkers {
  limit = Number.POSITIVE_INFINITY;
  /** The oldest first. */
  readonly #open = new Set<Closable>();

  enter(connection: Closable): void {
    if (this.#open.size >= this.limit) {
      const [oldest] = this.#open;
      if (oldest !== undefined) {
        this.#open.delete(oldest);
        oldest.destroy();
      }
    }
    this.#open.add(connection);
  }

  leave(connection: Closable): void {
    this.#open.delete(connection);
  }
}
