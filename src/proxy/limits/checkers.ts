interface Closable {
  destroy(): void;
}

/**
 * The connections to health ports, of all slots of a worker: so many descriptors are kept for them. A sender that
 * fills them keeps no check out: the oldest connection gives way, and a check is answered within its first milliseconds.
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
