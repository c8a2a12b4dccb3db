/** The engine answers an inspection in 1 to 2 ms; one that waits for the lock of its container holds up only itself. */
const AT_ONE_TIME = 8;

interface Waiting {
  readonly id: string;
  readonly onDone: (() => void)[];
}

/** Looks at containers, some at one time; each that waits is there once, however often it is asked for. */
export class LookQueue {
  readonly #look: (id: string) => Promise<void>;
  #waiting: Waiting[] = [];
  readonly #active = new Set<string>();

  /** @param look never rejects */
  constructor(look: (id: string) => Promise<void>) {
    this.#look = look;
  }

  /**
   * A look that begins from now on; one that is under way may have been answered before.
   * @param isUrgent before all that waits
   * @returns resolves at its end
   */
  add(id: string, isUrgent = false): Promise<void> {
    return new Promise((onDone) => {
      const known = this.#waiting.find((one) => one.id === id);
      const entry = known ?? { id, onDone: [] };
      entry.onDone.push(onDone);
      if (known === undefined || isUrgent) {
        this.#waiting = this.#waiting.filter((one) => one !== entry);
        if (isUrgent) this.#waiting.unshift(entry);
        else this.#waiting.push(entry);
      }
      this.#begin();
    });
  }

  #begin(): void {
    while (this.#active.size < AT_ONE_TIME) {
      const next = this.#waiting.find(({ id }) => !this.#active.has(id));
      if (next === undefined) return;
      this.#waiting = this.#waiting.filter((one) => one !== next);
      this.#active.add(next.id);
      void this.#look(next.id).then(() => {
        this.#active.delete(next.id);
        for (const onDone of next.onDone) onDone();
        this.#begin();
      });
    }
  }
}
