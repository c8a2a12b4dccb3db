import { BODY } from '../../http1/framing.js';
import type { ProxyVersion } from '../../snapshot/snapshot.js';
import type { ClientSide } from '../roles/client-side.js';
import type { InstanceSide } from '../roles/instance-side.js';
import type { IdlePool } from '../slot/idle-pool.js';
import { usableIdleMs } from '../slot/idle-time.js';
import type { Instance } from '../slot/instance.js';
import type { Slot } from '../slot/slot.js';
import type { ResponseRelay } from './response-relay.js';

/** Whether one connection to an instance may carry another request, and where and for how long it may wait for that. */
export class Reuse {
  /** At its instance, or, when its PROXY header names a client, with that client. */
  readonly pool: IdlePool<InstanceSide>;
  /** The PROXY header that it began with; once the slot wants another, the connection is not kept. */
  readonly proxyVersion: ProxyVersion;
  readonly #slot: Slot;
  readonly #instance: Instance;
  /** By what the instance announced (Keep-Alive: timeout); most do so once. */
  #announcedMs = Number.POSITIVE_INFINITY;

  constructor(slot: Slot, instance: Instance, pool: IdlePool<InstanceSide>) {
    this.pool = pool;
    this.#slot = slot;
    this.#instance = instance;
    this.proxyVersion = instance.proxyVersion;
  }

  /** The response in `relay` is whole, and nothing came behind it. */
  mayKeep({ head, body }: ResponseRelay, client: ClientSide): boolean {
    const instance = this.#instance;
    return (
      head.isKeepAlive &&
      this.#slot.config.reuse !== 'never' &&
      body.kind !== BODY.UNTIL_CLOSE &&
      // The body of such an instance may still be on its way, and would arrive in the next request's time.
      !(instance.sendsUnasked && body.kind === BODY.NONE) &&
      client.hasWholeRequest &&
      (this.pool === instance.idle || !client.isClosed) &&
      !instance.isRemoved &&
      (instance.isNeighbor || instance.state !== 'maint') &&
      this.proxyVersion === instance.proxyVersion
    );
  }

  /** For how long it may be idle from `now` on, after the response in `relay`. */
  usableMs({ head: { keepAliveSeconds } }: ResponseRelay, now: number): number {
    if (keepAliveSeconds !== -1) this.#announcedMs = usableIdleMs(keepAliveSeconds * 1_000);
    const { upstreamIdleMs } = this.#slot.config.timeouts;
    return Math.min(upstreamIdleMs, this.#announcedMs, this.#instance.idleTime.usableMs(now));
  }
}
