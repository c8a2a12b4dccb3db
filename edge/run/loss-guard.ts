import type { Clock } from '../../src/core/clock.js';
import { isLargeLoss, REMOVAL_GRACE_MS } from '../../src/model/large-loss.js';
import type { Release } from '../release/release.js';
import { definitionsOf } from '../release/served-definitions.js';

/** As a node's own guard, where nobody says another (`--max-removal`). */
const MAX_SHARE = 0.5;

/**
 * A registry that was restarted with nothing in it, and one that a token may not see, name no apps as if that were true.
 * A release that lost most of them is doubted for a time; the front door serves on as it is.
 */
export class LossGuard {
  readonly #clock: Clock;
  #since: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param served what HAProxy serves, or served last; null: nothing yet
   * @returns why the next release is not believed yet; null: it may come into force
   */
  doubt(served: Release | null, next: Release): string | null {
    const before = [...definitionsOf(served).keys()];
    const after = new Set(definitionsOf(next).keys());
    const lost = before.filter((app) => !after.has(app));
    if (!isLargeLoss(lost.length, before.length, MAX_SHARE)) {
      this.#since = null;
      return null;
    }
    this.#since ??= this.#clock.now();
    if (this.#clock.now() - this.#since >= REMOVAL_GRACE_MS) return null;
    const named = lost.slice(0, 5).join(', ');
    return `${lost.length} of ${before.length} apps vanished at once (${named}${lost.length > 5 ? ', …' : ''}); it takes effect when it lasts ${REMOVAL_GRACE_MS / 1_000} s, or at once by "edge apply"`;
  }
}
