import { Backoff } from '../core/backoff.js';
import type { Clock, Random, Timer } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { reasonOf } from '../core/thrown.js';
import type { WorkerObserver } from './worker-observer.js';
import type { WorkerExit, WorkerProcess } from './worker-process.js';

const RESPAWN_FIRST_MS = 100;
const RESPAWN_MAX_MS = 30_000;
/** After a worker that served for this long the next one is started at once; after others the pauses grow. */
const STABLE_MS = 10_000;
const SUCCESSOR_DEADLINE_MS = 10_000;

interface WorkerPlaceOptions {
  readonly index: number;
  readonly fork: (index: number) => WorkerProcess;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly observer: WorkerObserver | null;
}

/** A place for one worker of the node, which is filled again whenever its worker is gone. */
export class WorkerPlace {
  /** How often it had to be filled again after a crash. */
  restarts = 0;
  readonly #options: WorkerPlaceOptions;
  readonly #backoff: Backoff;
  #current: WorkerProcess | null = null;
  #successor: WorkerProcess | null = null;
  #timer: Timer | null = null;
  #hasCrashed = false;
  #isStopped = false;

  constructor(options: WorkerPlaceOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ firstMs: RESPAWN_FIRST_MS, maxMs: RESPAWN_MAX_MS, random: options.random });
  }

  fill(): void {
    this.#timer = null;
    if (this.#isStopped) return;
    const { fork, index, log } = this.#options;
    try {
      this.#current = fork(index);
    } catch (error) {
      // Node throws when the kernel lacks memory for another process, which may pass.
      const delayMs = this.#backoff.next();
      log.error({ worker: index, err: error, delayMs: Math.round(delayMs) }, 'a worker did not start');
      this.#fillAfter(delayMs);
    }
  }

  /** Fills the place again when it was `worker` that filled it. Never gives up. */
  onGone(worker: WorkerProcess, exit: WorkerExit): void {
    const { index, log, clock, observer } = this.#options;
    const facts = {
      worker: index,
      pid: worker.pid,
      code: exit.code,
      signal: exit.signal,
      err: exit.error ?? undefined,
    };
    if (worker !== this.#current || this.#isStopped) {
      if (exit.wasDraining && exit.code === 0) log.info({ ...facts, cut: worker.cut }, 'worker has drained and ended');
      else log.warn(facts, 'worker ended');
      if (exit.wasDraining && !this.#isStopped) this.#tellDrained(worker, exit);
      return;
    }
    this.#current = null;
    if (worker.servingSinceMs !== null && clock.now() - worker.servingSinceMs >= STABLE_MS) {
      this.#hasCrashed = false;
      this.#backoff.reset();
    }
    this.restarts += 1;
    const delayMs = this.#hasCrashed ? this.#backoff.next() : 0;
    this.#hasCrashed = true;
    log.error(
      { ...facts, restarts: this.restarts, delayMs: Math.round(delayMs) },
      'worker died; another takes its place',
    );
    observer?.onWorkerDied(worker, exit);
    if (this.#successor === null) this.#fillAfter(delayMs);
  }

  /**
   * The worker is drained once its successor serves, and is not waited for.
   * Rejects when the successor does not come to serve: the worker stays then.
   */
  async roll(drainMs: number): Promise<void> {
    if (this.#isStopped) throw new Error('the workers are not rolled: the node is stopping');
    const successor = this.#options.fork(this.#options.index);
    this.#timer?.cancel();
    this.#timer = null;
    this.#successor = successor;
    try {
      await successor.whenServing(SUCCESSOR_DEADLINE_MS);
    } catch (error) {
      successor.kill();
      this.#successor = null;
      if (this.#current === null) this.#fillAfter(this.#backoff.next());
      const reason = reasonOf(error);
      throw new Error(`the roll stops at worker ${this.#options.index}, which stays as it is: ${reason}`, {
        cause: error,
      });
    }
    const predecessor = this.#current;
    this.#current = successor;
    this.#successor = null;
    predecessor?.drain(drainMs);
  }

  /** No worker is started here any more. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #tellDrained(worker: WorkerProcess, exit: WorkerExit): void {
    const { observer } = this.#options;
    if (exit.code !== 0) observer?.onWorkerDied(worker, exit);
    else if (worker.cut !== null && worker.cut > 0) observer?.onDrainCut(worker, worker.cut);
  }

  #fillAfter(delayMs: number): void {
    if (this.#isStopped) return;
    if (delayMs === 0) this.fill();
    else this.#timer = this.#options.clock.setTimer(delayMs, () => this.fill());
  }
}
