import type { ErrorCode } from '../../core/errors.js';
import type { BodyKind } from '../../http1/framing.js';
import type { RequestHead } from '../../http1/request-head.js';
import type { ResponseHead } from '../../http1/response-head.js';
import type { ByteConnection } from '../io/byte-connection.js';
import type { Tunnel } from '../io/tunnel.js';
import type { ClientSide } from './client-side.js';
import type { Connecting } from './instance-connection.js';

/**
 * Sends a request and takes its response, as the instance's side sees it. Exchange alone implements it, so that each call
 * has one target.
 */
export interface ResponseTaker extends Connecting {
  readonly request: RequestHead;
  /** The request may be sent again if the connection closes under it. */
  readonly isRepeatable: boolean;
  /** Where the response is written. */
  readonly client: ClientSide;
  /**
   * What is written to the client is counted there by its writer; `startedAt`: when the request began; `respondedAt`: when
   * its response did, where that is not its end too; else 0.
   */
  readonly books: { bytesOut: number; respondedAt: number; readonly startedAt: number };

  /** The instance has accepted the connection. */
  onConnected(): void;
  /** The instance has not accepted it; `error` says why where the system did. The connection is closed. */
  onConnectFailed(code: ErrorCode, error: Error | null): void;
  /** The request was sent, and the connection closed without a byte of a response. */
  onClosedBeforeResponse(): void;
  /** The response fails or is not to be believed. The taker destroys the connection. */
  onResponseFailed(code: ErrorCode): void;
  /** @returns the head to send for a final response, with its empty line */
  renderHead(head: ResponseHead, bodyKind: BodyKind): string;
  /** The last byte of the response has been written; the connection is kept or closed. */
  onComplete(now: number): void;
  /** The instance agreed to switch protocols. @param head its 101 */
  openTunnel(instance: ByteConnection, head: ResponseHead): Tunnel;
  /** The instance has sent more through the tunnel. */
  countTunnelBytesOut(bytes: number): void;
  /** The instance's side of the tunnel is closed. */
  onTunnelClosed(): void;
}
