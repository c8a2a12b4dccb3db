import type { Clock } from '../../core/clock.js';
import { createKeyedObject } from '../../core/keyed-object.js';
import { type GonePlace, isGone } from '../../core/lives.js';
import type { SlotCounters } from '../../metrics/counters.js';
import type { InstanceConnection } from '../roles/instance-connection.js';
import type { Instance } from './instance.js';

/** A connection to a container that is gone ends when nothing came on it for this long. */
const SILENCE_MS = 250;
/** What a connection that is paused has read: it may have more. */
const UNKNOWN = -1;

/**
 * Instances that left the snapshot, or whose slot did, while connections to them are open. What is under way with them may
 * end, until their containers are gone: then nobody sends an end for what is missing, as the network of a container goes
 * with it.
 *
 * What it sent before is in this machine's kernel and comes first: each connection is looked at again and again, and ends
 * once all that it had was read.
 */
export class DepartedInstances {
  readonly #clock: Clock;
  readonly #instances = new Set<Instance>();
  /** What was read on connections to containers that are gone, at the last look. */
  readonly #read = new Map<InstanceConnection, number>();
  #isLooking = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(instance: Instance): void {
    this.#instances.add(instance);
  }

  /** @returns by life, or by id without one: those with requests or clients under way. */
  underWay(now: number): SlotCounters['departing'] {
    const busy = [...this.#instances].filter(({ inFlight, isRemoved }) => isRemoved && inFlight > 0);
    return createKeyedObject(
      busy.map((instance) => [
        instance.life ?? instance.id,
        { inFlight: instance.inFlight, oldestMs: instance.oldestMs(now) },
      ]),
    );
  }

  /** @param gone where no container is any more */
  end(gone: readonly GonePlace[]): void {
    for (const instance of this.#instances) {
      const { life, host, connections, isRemoved } = instance;
      const isOver = isGone(gone, life, host);
      if (isOver || (isRemoved && connections.size === 0)) this.#instances.delete(instance);
      if (!isOver) continue;
      for (const connection of connections) this.#read.set(connection, UNKNOWN);
    }
    if (!this.#isLooking) this.#look();
  }

  #look(): void {
    for (const [connection, before] of this.#read) {
      const { isPaused, bytesRead } = connection;
      if (!isPaused && bytesRead === before) {
        this.#read.delete(connection);
        connection.discard();
      } else {
        this.#read.set(connection, isPaused ? UNKNOWN : bytesRead);
      }
    }
    this.#isLooking = this.#read.size > 0;
    // Between two timers that follow each other the kernel is asked: a process that was held up takes nothing for silence.
    if (this.#isLooking) this.#clock.setTimer(SILENCE_MS, () => this.#look());
  }
}
