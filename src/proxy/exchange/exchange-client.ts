import type { ClientIdentity } from '../client/client-identity.js';
import type { ForwardedFields } from '../client/forwarded-fields.js';
import type { ClientSide } from '../roles/client-side.js';
import type { InstanceSide } from '../roles/instance-side.js';
import type { IdlePool } from '../slot/idle-pool.js';
import type { Slot } from '../slot/slot.js';

/**
 * The client's connection, as the exchange of its request sees it: what it keeps from one request to the next. Downstream
 * alone implements it, so that each call has one target.
 */
export interface ExchangeClient extends ClientSide {
  readonly slot: Slot;
  /** Of the slot. */
  readonly forwarded: ForwardedFields;
  readonly identity: ClientIdentity;
  /** How long it took until the client could ask, since the accept. */
  readonly handshakeMs: number;
  /** From when on it had nothing to do, on the monotonic clock: the handshake or the response before. */
  readonly idleSince: number;
  /** Kept connections to instances that are its alone: their PROXY header names it. */
  readonly ownIdle: IdlePool<InstanceSide>;
  /** A node that holds the pod's key made the mark of a request. */
  proves(mark: string): boolean;
  /** Keeps bytes [start, end) until the request that is served is over, and lets no more come. */
  keepAhead(bytes: Buffer, start: number, end: number): void;
}
