/** The newest snapshot for all workers. Its sockets are bound before it goes out, and closed when no worker needs them. */
import type { Snapshot } from '../snapshot/snapshot.js';
import type { BoundPorts } from './bound-ports.js';
import type { Distribution } from './snapshot-delivery.js';

interface Recipient {
  publish(distribution: Distribution): void;
  isPast(sequence: number): boolean;
}

export class SnapshotDistributor {
  readonly #ports: BoundPorts;
  readonly #workers: Iterable<Recipient>;
  /** As it was published, including the slots that failed to bind. */
  #snapshot: Snapshot | null = null;
  #distribution: Distribution | null = null;
  #sequence = 0;
  #hasEnded = false;

  /** @param workers those that live, at each time */
  constructor(ports: BoundPorts, workers: Iterable<Recipient>) {
    this.#ports = ports;
    this.#workers = workers;
  }

  /** Binds new slots. A slot that fails to bind is left out and tried again. */
  publish(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.distribute();
  }

  /** To a worker that has just started. */
  giveTo(worker: Recipient): void {
    if (this.#distribution !== null) worker.publish(this.#distribution);
  }

  /** The snapshot goes out, once more when other slots of it are bound than before. */
  distribute(): void {
    if (this.#snapshot === null || this.#hasEnded) return;
    const slots = this.#ports.acquire(this.#snapshot);
    this.#sequence += 1;
    this.#distribution = {
      sequence: this.#sequence,
      snapshot: { ...this.#snapshot, slots },
      socketOf: (port) => this.#ports.socketOf(port),
    };
    for (const worker of this.#workers) worker.publish(this.#distribution);
    this.closeUnneeded();
  }

  /** @param unserved apps whose slots the worker could not listen on */
  onApplied(unserved: readonly string[]): void {
    const { slots = [], bind = '' } = this.#snapshot ?? {};
    const refused = slots.filter(({ app }) => unserved.includes(app) && this.#ports.bindErrorOf(app) === null);
    for (const slot of refused) this.#ports.refuse(slot, bind);
    if (refused.length > 0) this.distribute();
    this.closeUnneeded();
  }

  /** Ports of removed slots are given back once no worker uses them any more. */
  closeUnneeded(): void {
    if ([...this.#workers].every((worker) => worker.isPast(this.#sequence))) {
      this.#ports.closeAllBut(this.#hasEnded ? [] : (this.#distribution?.snapshot.slots ?? []));
    }
  }

  /** No slot is needed any more. */
  end(): void {
    this.#hasEnded = true;
  }
}
