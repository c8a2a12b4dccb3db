import { BlockingQuery } from '../consul/blocking-query.js';
import type { ConsulFailure, ConsulFailureKind } from '../consul/failure.js';
import { readServiceNodes } from '../consul/reads.js';
import { type ConsulSettings, NODE_SERVICE } from '../consul/settings.js';
import type { Clock, Random } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { podNodesFrom } from './consul-nodes.js';
import type { NeighborSource } from './neighbor-source.js';

export interface ConsulNeighborsOptions {
  readonly settings: ConsulSettings;
  readonly pod: string;
  /** Id of this node's own registration. */
  readonly ownId: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Consul answered and does not know this node. */
  readonly onForgotten: () => void;
}

/** The nodes of the pod, as they registered themselves. While Consul does not answer, the last good list counts. */
export class ConsulNeighbors implements NeighborSource {
  readonly #options: ConsulNeighborsOptions;
  readonly #query: BlockingQuery<unknown>;
  #onAddresses: ((addresses: readonly string[]) => void) | null = null;
  #addresses: readonly string[] = [];
  #saidKind: ConsulFailureKind | null = null;

  constructor(options: ConsulNeighborsOptions) {
    this.#options = options;
    const { settings, pod, ownId, clock, random, log, onForgotten } = options;
    this.#query = new BlockingQuery(
      { settings, clock, random, read: readServiceNodes(NODE_SERVICE, pod) },
      {
        onAnswer: ({ value }) => {
          if (this.#saidKind !== null) log.info({ pod }, 'Consul names the neighbors again');
          this.#saidKind = null;
          const { addresses, hasSelf } = podNodesFrom(value, ownId, this.#addresses);
          if (!hasSelf) onForgotten();
          if (addresses.join() === this.#addresses.join()) return false;
          this.#addresses = addresses;
          this.#onAddresses?.(addresses);
          return true;
        },
        // What it lost then it shows by lacking this node.
        onBackwards: () => {},
        onFailure: (failure) => this.#onFailure(failure),
      },
    );
  }

  start(onAddresses: (addresses: readonly string[]) => void): void {
    this.#onAddresses = onAddresses;
    this.#query.start();
  }

  refresh(): void {
    this.#query.restart();
  }

  async stop(): Promise<void> {
    this.#onAddresses = null;
    await this.#query.stop();
  }

  /** Once for each kind of trouble: it is tried for ever. */
  #onFailure({ kind, message }: ConsulFailure): void {
    if (kind === this.#saidKind) return;
    this.#saidKind = kind;
    this.#options.log.warn({ reason: message }, 'Consul does not name the neighbors; the last good list stays');
  }
}
