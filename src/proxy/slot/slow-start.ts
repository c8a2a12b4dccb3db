import type { Clock } from '../../core/clock.js';
import type { Instance } from './instance.js';

/** How often the weights of warming instances grow. */
const STEP_MS = 1_000;

/** HAProxy's `slowstart`: the weight of an instance that becomes usable grows from a little to all of it over a time. */
export class SlowStart {
  readonly #clock: Clock;
  readonly #onStep: () => void;
  #isStepDue = false;

  /** @param onStep called when weights have grown */
  constructor(clock: Clock, onStep: () => void) {
    this.#clock = clock;
    this.#onStep = onStep;
  }

  /** The weight that the instance has now. Alone, it has to bear all traffic anyway. */
  weightOf(instance: Instance, slowStartMs: number): number {
    const age = this.#clock.now() - instance.usableSince;
    if (age >= slowStartMs) return instance.weight;
    return Math.max(1, Math.round((instance.weight * age) / slowStartMs));
  }

  /** While one of these warms up, `onStep` is called again. */
  watch(instances: readonly Instance[], slowStartMs: number): void {
    const now = this.#clock.now();
    if (this.#isStepDue || !instances.some((instance) => now - instance.usableSince < slowStartMs)) return;
    this.#isStepDue = true;
    this.#clock.setTimer(STEP_MS, () => {
      this.#isStepDue = false;
      this.#onStep();
    });
  }
}
