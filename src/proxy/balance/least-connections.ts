import type { Random } from '../../core/clock.js';
import type { Candidate } from './candidate.js';
import { isEligible, type Picker, type PickerOptions, type PickRequest } from './picker.js';

/**
 * Of two instances drawn by chance, the one with less under way for its weight ("power of two choices"): as good as
 * looking at all of them, and no herd runs to the one that was free a moment ago.
 */
export class LeastConnectionsPicker<C extends Candidate> implements Picker<C> {
  readonly #random: Random;
  #instances: readonly C[] = [];
  #weights: readonly number[] = [];

  constructor({ random }: PickerOptions) {
    this.#random = random;
  }

  rebuild(instances: readonly C[], weights: readonly number[]): void {
    this.#instances = instances;
    this.#weights = weights;
  }

  only(): null {
    return null;
  }

  pick(request: PickRequest<C>): C | null {
    const count = this.#instances.length;
    if (count === 0) return null;
    const first = Math.floor(this.#random() * count);
    // Drawn among the others: both are the same one only where it is alone.
    const second = (first + 1 + Math.floor(this.#random() * (count - 1))) % count;
    const better = this.#loadOf(second) < this.#loadOf(first) ? second : first;
    for (const index of [better, better === first ? second : first]) {
      const instance = this.#instances[index];
      if (instance !== undefined && isEligible(instance, request)) return instance;
    }
    return this.#pickAny(request);
  }

  #loadOf(index: number): number {
    return (this.#instances[index]?.inFlight ?? 0) / (this.#weights[index] ?? 1);
  }

  /** Both were full or had failed: the least loaded of all that remain. */
  #pickAny(request: PickRequest<C>): C | null {
    let best: C | null = null;
    let bestLoad = Number.POSITIVE_INFINITY;
    for (const [index, instance] of this.#instances.entries()) {
      const load = this.#loadOf(index);
      if (load < bestLoad && isEligible(instance, request)) {
        best = instance;
        bestLoad = load;
      }
    }
    return best;
  }
}
