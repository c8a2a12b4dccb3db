import type { Clock, Timer } from '../core/clock.js';
import { reasonOf } from '../core/thrown.js';
import { SHORT_ID_DIGITS } from '../model/container-words.js';
import { DockerConnection } from './connection.js';
import type { ContainerBook } from './container-book.js';
import { openEventStream } from './event-stream.js';
import type { EngineEvent } from './events.js';
import { DockerFailure, type DockerFailureKind } from './failure.js';
import { LookQueue } from './look-queue.js';
import { inspectContainer, listContainers } from './reads.js';
import type { DockerSettings } from './settings.js';

interface EngineSessionOptions {
  readonly settings: DockerSettings;
  readonly clock: Clock;
  readonly book: ContainerBook;
}

interface EngineSessionListener {
  /** The book may say something else than before. */
  onChange(): void;
  /** All that the engine has is in the book; at the first list and at each later one. */
  onWhole(apiVersion: string): void;
}

/** How often the list is held against the book: no event tells of all changes. */
const RESYNC_MS = 30_000;
/** A change that the list shows is told by the stream too, within this time, or the stream is deaf. */
const TOLD_MS = 2_000;
/** Of a look at a certain time that has passed: the last one failed. */
const LEAST_DELAY_MS = 250;
const OF_ONE_CONTAINER: ReadonlySet<DockerFailureKind> = new Set([
  'late',
  'failing',
  'malformed',
  'oversize',
  'refused',
]);

/**
 * One connection to the engine, from its ping to its end. The stream of events is opened before the list is read, so
 * nothing happens unseen between the two.
 */
export class EngineSession {
  readonly #clock: Clock;
  readonly #book: ContainerBook;
  readonly #listener: EngineSessionListener;
  readonly #connection: DockerConnection;
  readonly #abort = new AbortController();
  readonly #looks: LookQueue;
  /** Changes that a list has shown, and the stream has not told yet. */
  readonly #untold = new Set<string>();
  #fail: (failure: DockerFailure) => void = () => {};
  #nextLook: Timer | null = null;
  #nextList: Timer | null = null;
  #apiVersion = '';
  #isListing = false;
  #isListWanted = false;

  constructor({ settings, clock, book }: EngineSessionOptions, listener: EngineSessionListener) {
    this.#clock = clock;
    this.#book = book;
    this.#listener = listener;
    this.#connection = new DockerConnection(settings, clock);
    this.#looks = new LookQueue((id) => this.#look(id));
  }

  /** Follows the engine for as long as that goes. @returns why it went no further; it never rejects */
  async follow(): Promise<DockerFailure> {
    const failed = new Promise<DockerFailure>((resolve) => {
      this.#fail = resolve;
    });
    void this.#open();
    const failure = await failed;
    this.#abort.abort();
    this.#nextLook?.cancel();
    this.#nextList?.cancel();
    this.#connection.close();
    return failure;
  }

  /** Reads the list now. */
  refresh(): void {
    if (this.#nextList === null && !this.#isListing) return;
    this.#isListWanted = true;
    if (!this.#isListing) void this.#list(false);
  }

  end(): void {
    this.#fail(new DockerFailure('cut', 'stopped'));
  }

  async #open(): Promise<void> {
    const { signal } = this.#abort;
    try {
      this.#apiVersion = await this.#connection.negotiate(signal);
      const stream = await openEventStream(this.#connection, signal, {
        onEvent: (event) => this.#onEvent(event),
        onOversize: () => this.refresh(),
      });
      void stream.ended.then(this.#fail);
      await this.#list(true);
    } catch (error) {
      this.#fail(asFailure(error));
    }
  }

  #onEvent(event: EngineEvent): void {
    this.#untold.delete(event.id);
    if (this.#book.onEvent(event)) void this.#looks.add(event.id, true);
    this.#onChange();
  }

  async #list(isNewStream: boolean): Promise<void> {
    this.#nextList?.cancel();
    this.#isListing = true;
    this.#isListWanted = false;
    try {
      const ids = this.#book.onList(await listContainers(this.#connection, this.#abort.signal), isNewStream);
      const before = new Map(ids.map((id) => [id, this.#book.standingOf(id)]));
      await Promise.all(ids.map((id) => this.#looks.add(id)));
      if (!isNewStream) this.#expectTold(ids.filter((id) => this.#book.standingOf(id) !== before.get(id)));
      this.#listener.onWhole(this.#apiVersion);
    } catch (error) {
      this.#fail(asFailure(error));
      return;
    } finally {
      this.#isListing = false;
    }
    if (this.#isListWanted) void this.#list(false);
    else this.#nextList = this.#clock.setTimer(RESYNC_MS, () => void this.#list(false));
  }

  /** Resolves at the end of the look, however it went. */
  async #look(id: string): Promise<void> {
    const { signal } = this.#abort;
    if (signal.aborted) return;
    this.#book.beginLook(id);
    let isAgain: boolean;
    try {
      isAgain = this.#book.endLook(id, await inspectContainer(this.#connection, id, signal));
    } catch (error) {
      const failure = asFailure(error);
      this.#book.abandonLook(id, failure.message);
      // The container has a trouble of its own, such as a lock that the engine never gives back.
      if (!OF_ONE_CONTAINER.has(failure.kind)) this.#fail(failure);
      isAgain = false;
    }
    if (signal.aborted) return;
    this.#onChange();
    if (isAgain) void this.#looks.add(id, true);
  }

  #onChange(): void {
    this.#nextLook?.cancel();
    const next = this.#book.nextLook();
    if (next !== null) {
      const delayMs = Math.max(LEAST_DELAY_MS, next.at - this.#clock.now());
      this.#nextLook = this.#clock.setTimer(delayMs, () => void this.#looks.add(next.id));
    }
    this.#listener.onChange();
  }

  #expectTold(ids: readonly string[]): void {
    for (const id of ids) this.#untold.add(id);
    if (this.#untold.size === 0) return;
    this.#clock.setTimer(TOLD_MS, () => {
      const [id] = this.#untold;
      if (id === undefined || this.#abort.signal.aborted) return;
      const { url } = this.#connection.endpoint;
      const what = `the event stream of Docker at ${url} did not tell what happened to container ${id.slice(0, SHORT_ID_DIGITS)}`;
      this.#fail(new DockerFailure('silent', `${what}; the list of containers did`));
    });
  }
}

function asFailure(error: unknown): DockerFailure {
  return error instanceof DockerFailure ? error : new DockerFailure('malformed', reasonOf(error), error);
}
