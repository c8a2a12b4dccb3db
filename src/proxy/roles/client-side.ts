import type { ErrorCode } from '../../core/errors.js';
import type { RequestHead } from '../../http1/request-head.js';
import type { ByteConnection } from '../byte-connection.js';
import type { OwnResponse } from '../responses.js';
import type { Tunnel } from '../tunnel.js';

/**
 * The client's connection, as the exchange of its requests sees it. Downstream alone implements it, so that each call has
 * one target.
 */
export interface ClientSide extends ByteConnection {
  /** Of the request that is served. */
  readonly head: RequestHead;
  /** The request has been read to its end. */
  readonly hasWholeRequest: boolean;
  /** A node that holds the pod's key bled the request. */
  readonly isProven: boolean;
  /** The answer to an error of our own, as this client gets it. */
  renderError(code: ErrorCode): OwnResponse;
  /** The answer to a TRACE or OPTIONS that goes no further. */
  renderLastHop(): OwnResponse;
  /** Sends an answer that no instance gave; its bytes have been counted. */
  respond(response: OwnResponse): void;
  /** The response is sent and the next request may come. */
  onResponseSent(now: number): void;
  /** Sends what is written and then closes. */
  closeAfterWrite(): void;
  /** From now on its bytes belong to the tunnel. */
  enterTunnel(tunnel: Tunnel): void;
}
