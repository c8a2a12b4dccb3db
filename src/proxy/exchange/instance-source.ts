import type { InstanceSide } from '../roles/instance-side.js';
import type { ResponseTaker } from '../roles/response-taker.js';
import type { Instance } from '../slot/instance.js';

/** Gives an exchange its connections. UpstreamSource alone implements it, so that each call has one target. */
export interface InstanceSource {
  /** @returns a kept connection that may carry the request; null when it takes a new one */
  take(instance: Instance, taker: ResponseTaker, now: number): InstanceSide | null;
  /** Begins a new connection; the taker hears what comes of it. */
  open(instance: Instance, taker: ResponseTaker): InstanceSide;
  /** The client is gone: closes the kept connections that are its alone. */
  closeIdle(): void;
}
