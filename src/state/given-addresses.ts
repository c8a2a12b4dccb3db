interface AppWithAddresses {
  readonly name: string;
  readonly instances: readonly Place[];
}

interface Place {
  readonly id: string;
  /** Of the container there; null: unknown. */
  readonly life: string | null;
}

/**
 * Which addresses a source gave to an app since its answer before. Such an address was reused, so the app that lost it
 * must not get it back. An address that several apps list all along is shared, and none of them loses it to another.
 */
export class GivenAddresses {
  /** By id: the lives there now, and of each whether some app got it just now. */
  readonly #lives = new Map<string, Map<string | null, boolean>>();

  constructor(previous: readonly AppWithAddresses[], next: readonly AppWithAddresses[]) {
    const before = new Map(previous.map((app) => [app.name, app]));
    for (const { name, instances } of next) {
      const had = new Set(before.get(name)?.instances.map(({ id }) => id));
      for (const { id, life } of instances) this.#note(id, life, !had.has(id));
    }
  }

  /** @param lost by an app that does not have this address any more */
  has({ id, life }: Place): boolean {
    for (const [now, isGiven] of this.#lives.get(id) ?? []) {
      // Where both are known, they say by themselves whether the container is the same.
      if (life === null || now === null ? isGiven : life !== now) return true;
    }
    return false;
  }

  /** @returns false also for an app that had no address */
  hasAll(lost: readonly Place[]): boolean {
    return lost.length > 0 && lost.every((place) => this.has(place));
  }

  #note(id: string, life: string | null, isGiven: boolean): void {
    const lives = this.#lives.get(id);
    if (lives === undefined) this.#lives.set(id, new Map([[life, isGiven]]));
    else lives.set(life, isGiven || lives.get(life) === true);
  }
}
