import type { Candidate } from './candidate.js';
import { isEligible, type Picker, type PickerOptions, type PickRequest } from './picker.js';

/** Longest rotation that is laid out; weights are scaled down to fit. */
const MAX_ROTATION = 1_024;

/**
 * Weighted turns. The order of a whole rotation is laid out when instances or weights change, so that a pick is one
 * step in an array for any number of them. Shares are exact over a rotation, and heavy instances are spread over it.
 */
export class RoundRobinPicker<C extends Candidate> implements Picker<C> {
  #rotation: readonly C[] = [];
  #next: number;

  constructor({ offset }: PickerOptions) {
    this.#next = offset;
  }

  rebuild(instances: readonly C[], weights: readonly number[]): void {
    this.#rotation = layOutRotation(instances, weights);
  }

  only(): null {
    return null;
  }

  pick(request: PickRequest<C>): C | null {
    const rotation = this.#rotation;
    const length = rotation.length;
    for (let step = 0; step < length; step += 1) {
      const index = this.#next >= length ? this.#next % length : this.#next;
      this.#next = index + 1;
      const instance = rotation[index];
      if (instance !== undefined && isEligible(instance, request)) return instance;
    }
    return null;
  }
}

/** Smooth weighted round robin: at each step the instance that is furthest behind its share goes next. */
export function layOutRotation<C>(instances: readonly C[], weights: readonly number[]): readonly C[] {
  const turns = scaleWeights(weights);
  const total = turns.reduce((sum, turn) => sum + turn, 0);
  if (total === instances.length) return instances;
  const credit: number[] = [];
  const rotation: C[] = [];
  for (let step = 0; step < total; step += 1) {
    let best = 0;
    for (let index = 0; index < turns.length; index += 1) {
      credit[index] = (credit[index] ?? 0) + (turns[index] ?? 0);
      if ((credit[index] ?? 0) > (credit[best] ?? 0)) best = index;
    }
    credit[best] = (credit[best] ?? 0) - total;
    const instance = instances[best];
    if (instance !== undefined) rotation.push(instance);
  }
  return rotation;
}

function scaleWeights(weights: readonly number[]): number[] {
  const divisor = weights.reduce(greatestCommonDivisor, 0) || 1;
  const turns = weights.map((weight) => weight / divisor);
  const total = turns.reduce((sum, turn) => sum + turn, 0);
  const limit = Math.max(MAX_ROTATION, weights.length);
  if (total <= limit) return turns;
  return turns.map((turn) => Math.max(1, Math.floor((turn * limit) / total)));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
