import type { Random } from '../../core/clock.js';
import type { Candidate } from './candidate.js';
import { isEligible, type Picker, type PickerOptions, type PickRequest } from './picker.js';
import { layOutRotation } from './round-robin.js';

/** Any instance, with a chance by its weight: the same layout as round robin, entered at a random place. */
export class RandomPicker<C extends Candidate> implements Picker<C> {
  readonly #random: Random;
  #rotation: readonly C[] = [];

  constructor({ random }: PickerOptions) {
    this.#random = random;
  }

  rebuild(instances: readonly C[], weights: readonly number[]): void {
    this.#rotation = layOutRotation(instances, weights);
  }

  only(): null {
    return null;
  }

  pick(request: PickRequest<C>): C | null {
    const length = this.#rotation.length;
    const start = Math.floor(this.#random() * length);
    for (let step = 0; step < length; step += 1) {
      const instance = this.#rotation[(start + step) % length];
      if (instance !== undefined && isEligible(instance, request)) return instance;
    }
    return null;
  }
}
