import type { ClientIdentity } from '../client/client-identity.js';
import type { InstanceSide } from '../roles/instance-side.js';
import type { ResponseTaker } from '../roles/response-taker.js';
import type { IdlePool } from '../slot/idle-pool.js';
import type { Instance } from '../slot/instance.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';

/** The purpose of a new connection to an instance. */
export interface UpstreamParts {
  readonly slot: Slot;
  readonly worker: WorkerContext;
  /** The client that a PROXY header names. */
  readonly identity: ClientIdentity;
  readonly taker: ResponseTaker;
  /** Where it waits between requests: at its instance, or, when its PROXY header names a client, with that client. */
  readonly pool: IdlePool<InstanceSide>;
}

/** Begins a new connection to an instance; the taker hears what comes of it. */
export type OpenUpstream = (instance: Instance, parts: UpstreamParts) => InstanceSide;
