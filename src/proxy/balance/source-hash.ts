import type { Candidate } from './candidate.js';
import { hashText } from './hash-text.js';
import type { Picker, PickRequest } from './picker.js';

/**
 * The same client address goes to the same instance, on every worker and every node. Rendezvous hashing: when an
 * instance goes, only its own clients move.
 */
export class SourceHashPicker<C extends Candidate> implements Picker<C> {
  #instances: readonly C[] = [];
  #weights: readonly number[] = [];
  #seeds: readonly number[] = [];

  rebuild(instances: readonly C[], weights: readonly number[]): void {
    this.#instances = instances;
    this.#weights = weights;
    this.#seeds = instances.map((instance) => hashText(instance.id, 0));
  }

  /** As HAProxy has it, a client waits for its instance rather than go to another one. */
  pick(request: PickRequest<C>): C | null {
    const only = this.only(request);
    return only !== null && only.inFlight < only.limit ? only : null;
  }

  only({ clientAddress, tried }: PickRequest<C>): C | null {
    let best: C | null = null;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < this.#instances.length; index += 1) {
      const instance = this.#instances[index];
      if (instance === undefined || tried?.includes(instance) === true) continue;
      const uniform = (hashText(clientAddress, this.#seeds[index] ?? 0) + 0.5) / 4_294_967_296;
      // Weighted rendezvous: -w / ln(u) gives each instance a share in proportion to its weight.
      const score = -(this.#weights[index] ?? 1) / Math.log(uniform);
      if (score > bestScore) {
        best = instance;
        bestScore = score;
      }
    }
    return best;
  }
}
