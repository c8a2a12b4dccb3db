import { performance } from 'node:perf_hooks';

/** Milliseconds since the start of the process. */
interface LoopUse {
  readonly idle: number;
  readonly active: number;
}

/** A shorter time says too little. Who asks each second comes a little early now and then. */
const LEAST_MS = 900;

/** How much of its time the event loop of this process has nothing to do, as HAProxy's `Idle_pct`. */
export class LoopIdle {
  readonly #use: () => LoopUse;
  #before: LoopUse;
  #percent = 100;

  constructor(use: () => LoopUse = () => performance.eventLoopUtilization()) {
    this.#use = use;
    this.#before = use();
  }

  /** @returns percent, of the last second or the time since it was asked before */
  look(): number {
    const now = this.#use();
    const idle = now.idle - this.#before.idle;
    const total = idle + now.active - this.#before.active;
    if (total >= LEAST_MS) {
      this.#percent = Math.round((100 * idle) / total);
      this.#before = now;
    }
    return this.#percent;
  }
}
