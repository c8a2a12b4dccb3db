import type { Clock, Timer } from '../core/clock.js';
import type { Log } from '../core/log.js';
import type { WorkerCounters } from '../metrics/counters.js';
import type { CounterBooks } from './counter-books.js';
import { askInTurn } from './in-turn.js';
import type { WorkerProcess } from './worker-process.js';

/** A worker that crashes loses what it counted since the last poll. */
const INTERVAL_MS = 1_000;
/** Who looks at the counters this long after a poll has begun makes the next one: not much less, since polls are counted. */
const LEAST_MS = 900;
/** The next poll waits for this much more than a second for who looks each second: they may come a little late. */
const PATIENCE_MS = 200;
/**
 * For a worker that does not answer in time, its last report counts. A poll that nobody waits for has more time, and ends
 * well before the next one.
 */
const LOOK_DEADLINE_MS = 200;
const POLL_DEADLINE_MS = 500;
/**
 * Counted in polls, not in time: a primary that was stopped itself has not polled, so no worker is late. A worker that
 * loads its code gets longer.
 */
const HUNG_AFTER_POLLS = 5;
const LOADING_POLLS = 10;

type PolledWorker = Pick<
  WorkerProcess,
  'index' | 'pid' | 'phase' | 'hasStarted' | 'unanswered' | 'askCounters' | 'killHung'
>;

type Books = Pick<CounterBooks<WorkerProcess>, 'clearMaxima' | 'endSecond' | 'sum'>;

/**
 * Asks each worker for its counters once a second, and kills those that no longer answer. A worker serves nobody while it
 * gathers its counters, so a look at them (a scrape, the page) takes the place of the next poll where it can. Only for who
 * looks each second a poll is put off: one that hangs would be found late if every look did that.
 *
 *   poll ──0.5 s──► look ──0.5 s──► poll ──0.5 s──► look ──1 s──► look, the next poll ──1 s──► look, the next poll
 */
export class WorkerPoll {
  readonly #workers: Iterable<PolledWorker>;
  readonly #books: Books;
  readonly #clock: Clock;
  readonly #log: Log;
  #timer: Timer | null = null;
  #polledAt = Number.NEGATIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** When those were asked who answered last: what the books have is of then, however late a worker that hangs ends the poll. */
  #saidAt = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  /**
   * @param workers those that live, at the time of each poll
   * @param books have what the workers say when they have answered
   */
  constructor(workers: Iterable<PolledWorker>, books: Books, clock: Clock, log: Log) {
    this.#workers = workers;
    this.#books = books;
    this.#clock = clock;
    this.#log = log;
  }

  start(): void {
    this.#wait(INTERVAL_MS);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** @returns the counters of the node since its start */
  async look(): Promise<WorkerCounters> {
    const now = this.#clock.now();
    const isDue = now - this.#polledAt >= LEAST_MS && !this.#isStopped;
    const sinceLook = now - this.#lookedAt;
    this.#lookedAt = now;
    const isEachSecond = sinceLook >= LEAST_MS && sinceLook <= INTERVAL_MS + PATIENCE_MS;
    if (isDue || isEachSecond) this.#wait(INTERVAL_MS + PATIENCE_MS);
    return isDue ? this.#poll(LOOK_DEADLINE_MS) : this.#glance();
  }

  /** The maxima of the workers and of the books begin anew. */
  async clearMaxima(): Promise<void> {
    await this.#ask((worker) => worker.askCounters(LOOK_DEADLINE_MS, true));
    this.#books.clearMaxima();
  }

  #wait(delayMs: number): void {
    if (this.#isStopped) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(delayMs, () => {
      this.#wait(INTERVAL_MS);
      void this.#poll(POLL_DEADLINE_MS);
    });
  }

  async #glance(): Promise<WorkerCounters> {
    await this.#ask((worker) => worker.askCounters(LOOK_DEADLINE_MS));
    return this.#books.sum();
  }

  async #poll(deadlineMs: number): Promise<WorkerCounters> {
    this.#polledAt = this.#clock.now();
    await this.#ask((worker) => this.#askOrKill(worker, deadlineMs));
    return this.#books.endSecond(this.#saidAt);
  }

  async #ask(ask: (worker: PolledWorker) => Promise<void>): Promise<void> {
    const askedAt = this.#clock.now();
    const note = (): void => {
      this.#saidAt = Math.max(this.#saidAt, askedAt);
    };
    await askInTurn([...this.#workers], (worker) => ask(worker).then(note), this.#clock);
    note();
  }

  #askOrKill(worker: PolledWorker, deadlineMs: number): Promise<void> {
    const limit = worker.hasStarted ? HUNG_AFTER_POLLS : LOADING_POLLS;
    // A draining worker has its own deadline.
    if (worker.unanswered >= limit && worker.phase !== 'draining') {
      const facts = { worker: worker.index, pid: worker.pid, unanswered: worker.unanswered };
      this.#log.error(facts, 'worker does not answer and is killed');
      worker.killHung();
      return Promise.resolve();
    }
    worker.unanswered += 1;
    return worker.askCounters(deadlineMs);
  }
}
