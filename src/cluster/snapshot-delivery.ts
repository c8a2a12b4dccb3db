/** How snapshots reach one worker: one is on its way at a time and the newest waits, so a worker that hangs fills no memory. */
import { slotKey } from '../snapshot/slot-key.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { portsOf } from './bound-ports.js';
import type { ListeningSocket } from './listening-socket.js';
import type { ToWorker } from './messages.js';

/** What the workers are to have in force. */
export interface Distribution {
  /** Grows with each one; a snapshot goes out again, under its old revision, when one more slot could be bound. */
  readonly sequence: number;
  /** Without the slots that are not bound. */
  readonly snapshot: Snapshot;
  readonly socketOf: (port: number) => ListeningSocket | undefined;
}

export class SnapshotDelivery {
  readonly #send: (message: ToWorker, socket?: ListeningSocket) => void;
  #hasBegun = false;
  #hasEnded = false;
  #revision = 0;
  /** On its way: the worker has not answered. */
  #sent: Distribution | null = null;
  #applied: Distribution | null = null;
  #waiting: Distribution | null = null;

  constructor(send: (message: ToWorker, socket?: ListeningSocket) => void) {
    this.#send = send;
  }

  /** The newest revision that the worker has in force; 0 before the first. */
  get revision(): number {
    return this.#revision;
  }

  /** Whether the sockets that `sequence` does without may be closed: none is on its way to the worker, or in use. */
  isPast(sequence: number): boolean {
    return this.#sent === null && (this.#hasEnded || (this.#applied?.sequence ?? sequence) >= sequence);
  }

  /** The worker has started and takes snapshots. */
  begin(): void {
    this.#hasBegun = true;
    this.sendNext();
  }

  /** The worker drains: it takes no more, and hears only where instances are gone. */
  end(): void {
    this.#hasEnded = true;
    this.#waiting = null;
  }

  publish(distribution: Distribution): void {
    if (this.#hasEnded) {
      const { gone } = distribution.snapshot;
      if (gone.length > 0) this.#send({ type: 'gone', places: gone });
      return;
    }
    this.#waiting = distribution;
    this.sendNext();
  }

  /** What was on its way is in force. The caller sends the next one when it has told others. */
  onApplied(revision: number): void {
    this.#applied = this.#sent;
    this.#sent = null;
    this.#revision = revision;
  }

  /** Sends what waits, unless one is on its way. */
  sendNext(): void {
    const next = this.#waiting;
    if (next === null || this.#sent !== null || !this.#hasBegun) return;
    this.#waiting = null;
    this.#sent = next;
    const known = new Set(this.#applied?.snapshot.slots.map(slotKey));
    for (const slot of next.snapshot.slots) {
      if (known.has(slotKey(slot))) continue;
      for (const port of portsOf(slot)) {
        const socket = next.socketOf(port);
        if (socket !== undefined) this.#send({ type: 'listen', port }, socket);
      }
    }
    this.#send({ type: 'snapshot', snapshot: next.snapshot });
  }
}
