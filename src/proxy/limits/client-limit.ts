import type { Clock, Timer } from '../../core/clock.js';
import type { Log } from '../../core/log.js';

/** A listener that stops accepting while a limit is reached. */
export interface Gate {
  /** `isFull` of the limit has changed. */
  onRoomChanged(): void;
}

/** A limit that was not reached for this long counts as over. */
const CALM_MS = 5_000;

/**
 * How many connections clients may have, to a slot or to all slots of a worker: HAProxy's `maxconn`. At the limit its
 * gates close, so that it is never exceeded, and the kernel queues new clients. One line in the log says when it is reached,
 * one when that is over.
 */
export class ClientLimit {
  clients = 0;
  isFull = false;
  /** How often it was reached. */
  reached = 0;
  #limit = Number.POSITIVE_INFINITY;
  #fullMs = 0;
  #fullSince = 0;
  #isOpening = false;
  /** The log says that it is reached; null: it is not. */
  #calm: Timer | null = null;
  #isTold = false;
  readonly #gates = new Set<Gate>();
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #facts: Readonly<Record<string, string | number>>;

  /** @param facts whose limit it is and what to do about it, for the log */
  constructor(clock: Clock, log: Log, facts: Readonly<Record<string, string | number>>) {
    this.#clock = clock;
    this.#log = log;
    this.#facts = facts;
  }

  /** Infinity for none. */
  get limit(): number {
    return this.#limit;
  }

  set limit(limit: number) {
    this.#limit = limit;
    this.#adjust();
  }

  /** For how long it was reached, in milliseconds. */
  get fullMs(): number {
    return this.#fullMs + (this.isFull ? this.#clock.now() - this.#fullSince : 0);
  }

  addGate(gate: Gate): void {
    this.#gates.add(gate);
  }

  removeGate(gate: Gate): void {
    this.#gates.delete(gate);
  }

  enter(): void {
    this.clients += 1;
    if (this.clients >= this.#limit) this.#adjust();
  }

  leave(): void {
    this.clients -= 1;
    if (!this.isFull || this.#isOpening || this.clients >= this.#limit) return;
    this.#isOpening = true;
    // Once for all that leave in this turn: each opening visits all gates.
    setImmediate(() => {
      this.#isOpening = false;
      this.#adjust();
    });
  }

  #adjust(): void {
    const isFull = this.clients >= this.#limit;
    if (isFull === this.isFull) return;
    this.isFull = isFull;
    if (isFull) this.#onReached();
    else this.#onRoom();
    for (const gate of this.#gates) gate.onRoomChanged();
  }

  #onReached(): void {
    this.reached += 1;
    this.#fullSince = this.#clock.now();
    this.#calm?.cancel();
    this.#calm = null;
    if (this.#isTold) return;
    this.#isTold = true;
    this.#log.warn(
      { ...this.#facts, limit: this.#limit },
      "the limit of client connections is reached: new clients wait in the kernel's accept queue",
    );
  }

  #onRoom(): void {
    this.#fullMs += this.#clock.now() - this.#fullSince;
    this.#calm = this.#clock.setTimer(CALM_MS, () => {
      this.#calm = null;
      this.#isTold = false;
      const { clients, reached } = this;
      this.#log.info(
        { ...this.#facts, limit: this.#limit, clients, reached, fullMs: Math.round(this.#fullMs) },
        'client connections are below their limit again',
      );
    });
  }
}

/** The part of a limit of the node that one of its workers has; the parts add up to it exactly. */
export function shareOf(limit: number, { index, count }: { readonly index: number; readonly count: number }): number {
  return Math.floor(limit / count) + (index < limit % count ? 1 : 0);
}
