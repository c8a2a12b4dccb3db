import type { Clock } from '../core/clock.js';

/** Questions to one worker that it answers under their numbers. */
export class Questions {
  readonly #clock: Clock;
  readonly #open = new Map<number, (answer: unknown) => void>();
  #nextId = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns null: there was no answer in time, or the worker is gone */
  ask<T>(deadlineMs: number, send: (id: number) => void): Promise<T | null> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve) => {
      const settle = (answer: unknown): void => {
        timer.cancel();
        this.#open.delete(id);
        resolve(answer as T | null);
      };
      const timer = this.#clock.setTimer(deadlineMs, () => settle(null));
      this.#open.set(id, settle);
      send(id);
    });
  }

  /** An answer that comes too late is nobody's. */
  answer(id: number, answer: unknown): void {
    this.#open.get(id)?.(answer);
  }

  /** No answer will come any more. */
  end(): void {
    for (const settle of [...this.#open.values()]) settle(null);
  }
}
