import type { ByteConnection } from '../io/byte-connection.js';
import type { Tunnel } from '../io/tunnel.js';

/** An answer that no instance gave, and whether the connection survives it. */
export interface OwnResponse {
  readonly status: number;
  readonly text: string;
  readonly closes: boolean;
}

/**
 * The client's connection, as all see it that answer it. Downstream alone implements it, so that each call has one target.
 * @see ExchangeClient for what the exchange of its request needs beyond that
 */
export interface ClientSide extends ByteConnection {
  /** The request has been read to its end. */
  readonly hasWholeRequest: boolean;
  /** Sends an answer that no instance gave, and ends the exchange with it; its bytes have been counted. */
  respond(response: OwnResponse): void;
  /** The exchange is over: its response is sent, and unless it `isLast` the next request may come. */
  onResponseSent(now: number, isLast: boolean): void;
  /** Sends what is written and then closes. */
  closeAfterWrite(): void;
  /** From now on its bytes belong to the tunnel. */
  enterTunnel(tunnel: Tunnel): void;
}
