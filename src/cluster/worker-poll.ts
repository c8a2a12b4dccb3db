import type { Clock, Timer } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { askInTurn } from './in-turn.js';
import type { WorkerProcess } from './worker-process.js';

/** A worker that crashes loses what it counted since the last poll. */
const INTERVAL_MS = 1_000;
/**
 * Counted in polls, not in time: a primary that was stopped itself has not polled, so no worker is late. A worker that
 * loads its code gets longer.
 */
const HUNG_AFTER_POLLS = 5;
const LOADING_POLLS = 10;

/** Asks each worker for its counters once a second, and kills those that no longer answer. */
export class WorkerPoll {
  readonly #workers: Iterable<WorkerProcess>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onPolled: () => void;
  #timer: Timer | null = null;

  /**
   * @param workers those that live, at the time of each poll
   * @param onPolled when all have answered, or will not
   */
  constructor(workers: Iterable<WorkerProcess>, clock: Clock, log: Log, onPolled: () => void) {
    this.#workers = workers;
    this.#clock = clock;
    this.#log = log;
    this.#onPolled = onPolled;
  }

  start(): void {
    this.#timer = this.#clock.setTimer(INTERVAL_MS, () => {
      this.start();
      void askInTurn([...this.#workers], (worker) => this.#ask(worker), this.#clock).then(this.#onPolled);
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #ask(worker: WorkerProcess): Promise<void> {
    const limit = worker.hasStarted ? HUNG_AFTER_POLLS : LOADING_POLLS;
    // A draining worker has its own deadline.
    if (worker.unanswered >= limit && worker.phase !== 'draining') {
      const facts = { worker: worker.index, pid: worker.pid, unanswered: worker.unanswered };
      this.#log.error(facts, 'worker does not answer and is killed');
      worker.killHung();
      return Promise.resolve();
    }
    worker.unanswered += 1;
    return worker.askCounters(INTERVAL_MS);
  }
}
