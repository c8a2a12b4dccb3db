import type { ByteConnection } from '../io/byte-connection.js';
import type { InstanceConnection } from './instance-connection.js';
import type { ResponseTaker } from './response-taker.js';

/**
 * A connection to an instance of an HTTP slot, as a pool and an exchange see it. Upstream alone implements it, so that
 * each call has one target.
 */
export interface InstanceSide extends ByteConnection, InstanceConnection {
  /** The instance that it leads to. */
  readonly instance: object;
  /** It carried a request before this one: a close may just have crossed the request. */
  readonly wasReused: boolean;
  /** Since when it has no request. */
  readonly idleSince: number;
  /** Takes another request, after an idle time. */
  begin(taker: ResponseTaker, now: number): void;
  /** @param text the head of a request, with what goes out beside it */
  sendHead(text: string): void;
  /** Its taker wants to hear no more of it. */
  letGo(): void;
}
