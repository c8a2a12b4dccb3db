import type { Clock, Random } from '../core/clock.js';
import { pause } from '../core/pause.js';
import { fullBudget, judgeIndex, type QueryBudget, retryDelayMs, takeQuery } from './blocking-rules.js';
import { ConsulConnection } from './connection.js';
import { ConsulFailure, consulFailureFrom } from './failure.js';
import { type Answer, type Consistency, type Read, readFrom } from './reads.js';
import type { ConsulSettings } from './settings.js';

/** A frozen Consul is noticed after this time and a little more; an idle node asks this often. */
const WAIT_MS = 10_000;

interface BlockingQueryOptions<T> {
  readonly settings: ConsulSettings;
  readonly read: Read<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly waitMs?: number;
}

interface BlockingQueryListener<T> {
  /**
   * At each answer that can be believed, whether it is new or not: the index moves for others' changes too.
   * @returns whether it is
   */
  onAnswer(answer: Answer<T>): boolean;
  /** An answer was not believed, because its index went back; the leader's follows. */
  onBackwards(): void;
  /** At each failed attempt; it goes on for ever. */
  onFailure(failure: ConsulFailure): void;
}

/**
 * Asks one question again and again, each time for what is newer than the last answer.
 *
 *   reading ──answer──► onAnswer ──rate limit──► reading with its index
 *      │ └──index went back, or no leader──► reading the leader, from index 0
 *      └──failure──► onFailure ──delay──► reading the leader, from index 0
 *
 * After a failure everything may be different: a Consul that was restarted knows other indexes, and a server that has just
 * begun gives stale readers an empty catalogue until it has caught up. So the first answer is the leader's.
 */
export class BlockingQuery<T> {
  readonly #options: BlockingQueryOptions<T>;
  readonly #listener: BlockingQueryListener<T>;
  readonly #connection: ConsulConnection;
  #abort = new AbortController();
  #isStopped = false;
  #index = 0;
  #consistency: Consistency = 'leader';
  #budget: QueryBudget;
  #hadNews = false;
  #lastGoodAt: number;
  #loop: Promise<void> | null = null;

  constructor(options: BlockingQueryOptions<T>, listener: BlockingQueryListener<T>) {
    this.#options = options;
    this.#listener = listener;
    this.#connection = new ConsulConnection(options.settings);
    this.#budget = fullBudget(options.clock.now());
    this.#lastGoodAt = options.clock.now();
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Asks anew at once, without an index. */
  restart(): void {
    this.#abort.abort();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#abort.abort();
    await this.#loop;
    this.#connection.close();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      this.#abort = new AbortController();
      const { signal } = this.#abort;
      try {
        const { clock, random } = this.#options;
        const { budget, pauseMs } = takeQuery(this.#budget, this.#hadNews, clock.now(), random);
        this.#budget = budget;
        if (pauseMs > 0) await pause(clock, pauseMs, signal);
        await this.#ask(signal);
      } catch (error) {
        this.#startOver();
        // Broken off on purpose: it goes on at once.
        if (!signal.aborted) await this.#onFailure(error, signal);
      }
    }
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { read, waitMs = WAIT_MS, clock } = this.#options;
    const asked = this.#index;
    const answer = await readFrom(this.#connection, read, {
      index: asked,
      waitMs,
      consistency: this.#consistency,
      signal,
    });
    signal.throwIfAborted();
    if (!answer.hasLeader) throw new ConsulFailure('failing', `Consul at ${this.#connection.url} has no leader`);
    const verdict = judgeIndex(asked, answer.index);
    if (verdict.kind === 'backwards') {
      this.#startOver();
      this.#listener.onBackwards();
      return;
    }
    this.#index = verdict.index;
    this.#consistency = 'stale';
    this.#lastGoodAt = clock.now();
    this.#hadNews = this.#listener.onAnswer(answer);
  }

  #startOver(): void {
    this.#hadNews = false;
    this.#index = 0;
    this.#consistency = 'leader';
  }

  async #onFailure(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    this.#listener.onFailure(consulFailureFrom(error));
    await pause(clock, retryDelayMs(clock.now() - this.#lastGoodAt, random), signal);
  }
}
