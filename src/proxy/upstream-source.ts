import type { Exchange } from './exchange.js';
import { IdlePool } from './idle-pool.js';
import type { Instance } from './instance.js';
import type { WorkerContext } from './node-context.js';
import type { Slot } from './slot.js';
import { Upstream } from './upstream.js';

/**
 * What may not be repeated goes on a connection that was idle for less than this: an instance that closes idle
 * connections does so after seconds, and a close that crosses a POST on its way fails it.
 */
const FRESH_MS = 1_000;

/** Where the requests of one client get their connections to instances: kept ones, or new ones. */
export class UpstreamSource {
  readonly #slot: Slot;
  readonly #worker: WorkerContext;
  /** Kept for this client alone: their PROXY header names it. */
  readonly #own = new IdlePool<Upstream>();

  constructor(slot: Slot, worker: WorkerContext) {
    this.#slot = slot;
    this.#worker = worker;
  }

  /** @returns a kept connection that may carry the request; null when it takes a new one. */
  take(instance: Instance, exchange: Exchange, now: number): Upstream | null {
    const pool = this.#poolOf(instance);
    const newest = pool.takeNewest(instance, now);
    if (newest === null || now - newest.idleSince < FRESH_MS || exchange.isRepeatable) return newest;
    pool.putBackForOldest(newest);
    return null;
  }

  open(instance: Instance, exchange: Exchange): Upstream {
    return new Upstream(instance, this.#slot, this.#worker, exchange, this.#poolOf(instance));
  }

  /** The client is gone. */
  closeOwn(): void {
    this.#own.discardAll();
  }

  #poolOf(instance: Instance): IdlePool<Upstream> {
    return this.#slot.proxyVersionTo(instance) === 'none' ? instance.idle : this.#own;
  }
}
