import type { ClientIdentity } from '../client/client-identity.js';
import type { InstanceSource } from '../exchange/instance-source.js';
import type { InstanceSide } from '../roles/instance-side.js';
import type { ResponseTaker } from '../roles/response-taker.js';
import { IdlePool } from '../slot/idle-pool.js';
import type { Instance } from '../slot/instance.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';
import { Upstream } from './upstream.js';

/**
 * A request that may not be repeated goes on a connection that was idle for less than this: an instance that closes idle
 * connections does so after seconds, and a close that crosses a POST on its way fails it.
 */
const FRESH_MS = 1_000;

/** Gives the requests of one client their connections to instances: kept ones, or new ones. */
export class UpstreamSource implements InstanceSource {
  readonly #slot: Slot;
  readonly #worker: WorkerContext;
  readonly #identity: ClientIdentity;
  /** Kept for this client alone: their PROXY header names it. */
  readonly #own = new IdlePool<InstanceSide>();

  constructor(slot: Slot, worker: WorkerContext, identity: ClientIdentity) {
    this.#slot = slot;
    this.#identity = identity;
    this.#worker = worker;
  }

  take(instance: Instance, taker: ResponseTaker, now: number): InstanceSide | null {
    const pool = this.#poolOf(instance);
    const newest = pool.takeNewest(instance, now);
    if (newest === null || now - newest.idleSince < FRESH_MS || taker.isRepeatable) return newest;
    pool.putBackForOldest(newest);
    return null;
  }

  open(instance: Instance, taker: ResponseTaker): InstanceSide {
    const upstream = new Upstream(instance, {
      slot: this.#slot,
      worker: this.#worker,
      identity: this.#identity,
      taker,
      pool: this.#poolOf(instance),
    });
    upstream.connect();
    return upstream;
  }

  closeIdle(): void {
    this.#own.closeIdle();
  }

  #poolOf(instance: Instance): IdlePool<InstanceSide> {
    return instance.proxyVersion === 'none' ? instance.idle : this.#own;
  }
}
