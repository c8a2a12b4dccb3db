import type { Instance } from '../instance.js';
import type { Picker, PickRequest } from './picker.js';

/**
 * The same client address goes to the same instance, on every worker and every node. Rendezvous hashing: when an
 * instance goes, only its own clients move.
 */
export class SourceHashPicker implements Picker {
  #instances: readonly Instance[] = [];
  #weights: readonly number[] = [];
  #seeds: readonly number[] = [];

  rebuild(instances: readonly Instance[], weights: readonly number[]): void {
    this.#instances = instances;
    this.#weights = weights;
    this.#seeds = instances.map((instance) => hashText(instance.id, 0));
  }

  /** As HAProxy has it, a client waits for its instance rather than go to another one. */
  pick(request: PickRequest): Instance | null {
    const only = this.only(request);
    return only?.hasRoom === true ? only : null;
  }

  only({ clientAddress, tried }: PickRequest): Instance | null {
    let best: Instance | null = null;
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

/** FNV-1a with a final mix (murmur3's), 32 bits. Not for secrets. */
export function hashText(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
