import type { GonePlace } from '../core/lives.js';
import type { App } from '../model/app.js';

/** Lives in force at one time, and those before them that may still have a request under way somewhere. */
const MAX_LIVES = 2_000;

/**
 * Of all containers that end on the machine, those that were instances here: workers may have something under way with
 * them. A machine that runs a hundred jobs a minute beside its apps has no news for the workers.
 */
export class GoneInstances {
  /** The oldest first. */
  readonly #served = new Set<string>();

  /** @param apps in force now */
  noteServed(apps: readonly App[]): void {
    for (const { instances } of apps) {
      for (const { life } of instances) {
        if (life === null) continue;
        this.#served.delete(life);
        this.#served.add(life);
      }
    }
    for (const life of this.#served) {
      if (this.#served.size <= MAX_LIVES) return;
      this.#served.delete(life);
    }
  }

  among(gone: readonly GonePlace[]): readonly GonePlace[] {
    return gone.filter(({ life }) => this.#served.has(life));
  }
}
