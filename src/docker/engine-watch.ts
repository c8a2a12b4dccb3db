import { Backoff } from '../core/backoff.js';
import type { Clock, Random, Timer } from '../core/clock.js';
import { pause } from '../core/pause.js';
import type { Container } from './container.js';
import { ContainerBook, type ContainerRemark } from './container-book.js';
import { EngineSession } from './engine-session.js';
import type { DockerFailure, DockerFailureKind } from './failure.js';
import type { DockerSettings } from './settings.js';

export interface EngineView {
  /** All lives, also those that ended a while ago. */
  readonly containers: readonly Container[];
  readonly remarks: readonly ContainerRemark[];
  /** That is spoken with the engine, such as `1.41`. */
  readonly apiVersion: string;
  /** Why changes may be seen late, though the list was read; null: nothing hinders. */
  readonly failure: DockerFailure | null;
}

interface EngineWatchListener {
  /** At the first whole list, and at each change from then on: within the event that tells of it. */
  onView(view: EngineView): void;
  /** The list was read again, and the last view is still true. */
  onConfirmed(): void;
  /** The engine cannot be followed; what is known stays. At each failed attempt. */
  onFailure(failure: DockerFailure): void;
}

interface EngineWatchOptions {
  readonly settings: DockerSettings;
  readonly clock: Clock;
  readonly random: Random;
}

/** A socket that is back is found within this time, after any outage. */
const CONNECT_BACKOFF = { firstMs: 200, maxMs: 1_500 };
/** The engine answers, but its stream ends again and again: each time all containers are inspected. */
const STREAM_BACKOFF = { firstMs: 250, maxMs: 15_000 };
/** A stream that lasted so long is sound, and its end no more than a restart. */
const SOUND_MS = 10_000;
/** So many short streams one after another are no restarts: from then on the source counts as failing between them too. */
const SHORT_STREAMS = 3;
/** One outage: first the stream ends, then the socket is gone, then nobody listens on the new one. */
const OUTAGE: ReadonlySet<DockerFailureKind> = new Set(['missing', 'unreachable', 'cut', 'late']);

/**
 * Follows one engine for the life of the node.
 *
 *   connecting ──list read──► following ──sound stream ended──► connecting, at once
 *      ▲  failure: delay ◄───────┘ else: delay
 */
export class EngineWatch {
  readonly #options: EngineWatchOptions;
  readonly #listener: EngineWatchListener;
  readonly #book: ContainerBook;
  readonly #connectBackoff: Backoff;
  readonly #streamBackoff: Backoff;
  #session: EngineSession | null = null;
  #loop: Promise<void> | null = null;
  #isStopped = false;
  #wake = new AbortController();
  /** The list was read once, at any time. */
  #isKnown = false;
  /** Of the session, when its list was read; null: not yet. */
  #wholeAt: number | null = null;
  #toldRevision = -1;
  #apiVersion = '';
  /** The last failure of this outage that was told. */
  #outage: DockerFailure | null = null;
  /** Why the stream is not believed to last. */
  #doubt: DockerFailure | null = null;
  /** Streams that ended before they were sound, one after another. */
  #shortStreams = 0;
  #sound: Timer | null = null;

  constructor(options: EngineWatchOptions, listener: EngineWatchListener) {
    this.#options = options;
    this.#listener = listener;
    this.#book = new ContainerBook(options.clock);
    this.#connectBackoff = new Backoff({ ...CONNECT_BACKOFF, random: options.random });
    this.#streamBackoff = new Backoff({ ...STREAM_BACKOFF, random: options.random });
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Reads the list now, or tries to connect at once. */
  refresh(): void {
    this.#session?.refresh();
    this.#wake.abort();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#session?.end();
    this.#wake.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { settings, clock } = this.#options;
    while (!this.#isStopped) {
      this.#wholeAt = null;
      this.#session = new EngineSession(
        { settings, clock, book: this.#book },
        { onChange: () => this.#tell(), onWhole: (apiVersion) => this.#onWhole(apiVersion) },
      );
      const failure = await this.#session.follow();
      this.#session = null;
      this.#sound?.cancel();
      if (!this.#isStopped) await this.#pauseAfter(failure);
    }
  }

  async #pauseAfter(failure: DockerFailure): Promise<void> {
    const { clock } = this.#options;
    const wholeAt: number | null = this.#wholeAt;
    // A sound stream has ended: most likely the engine restarts. What the next attempt finds is told.
    if (wholeAt !== null && clock.now() - wholeAt >= SOUND_MS && failure.kind === 'cut') return;
    if (wholeAt !== null) {
      this.#shortStreams += 1;
      if (failure.kind !== 'cut' || this.#shortStreams >= SHORT_STREAMS) this.#doubt = failure;
    }
    this.#onFailure(failure);
    this.#wake = new AbortController();
    await pause(clock, (wholeAt === null ? this.#connectBackoff : this.#streamBackoff).next(), this.#wake.signal);
  }

  #onFailure(failure: DockerFailure): void {
    const isSame = this.#outage !== null && OUTAGE.has(this.#outage.kind) && OUTAGE.has(failure.kind);
    if (!isSame) this.#outage = failure;
    this.#listener.onFailure(this.#outage ?? failure);
  }

  #onWhole(apiVersion: string): void {
    this.#apiVersion = apiVersion;
    const isFirst = this.#wholeAt === null;
    if (!isFirst) {
      if (this.#toldRevision === this.#book.revision) this.#listener.onConfirmed();
      this.#tell();
      return;
    }
    const { clock } = this.#options;
    this.#wholeAt = clock.now();
    this.#isKnown = true;
    this.#outage = null;
    this.#connectBackoff.reset();
    this.#sound = clock.setTimer(SOUND_MS, () => {
      this.#streamBackoff.reset();
      this.#shortStreams = 0;
      const wasDoubted = this.#doubt !== null;
      this.#doubt = null;
      if (wasDoubted) this.#tell(true);
    });
    this.#tell(true);
  }

  /** @param isForced also when the containers are as they were */
  #tell(isForced = false): void {
    const { revision } = this.#book;
    if (!this.#isKnown || (revision === this.#toldRevision && !isForced)) return;
    this.#toldRevision = revision;
    this.#listener.onView({
      containers: this.#book.containers(),
      remarks: this.#book.remarks(),
      apiVersion: this.#apiVersion,
      failure: this.#wholeAt === null ? this.#outage : this.#doubt,
    });
  }
}
