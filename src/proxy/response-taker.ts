import type { BodyKind } from '../http1/framing.js';
import type { ResponseHead } from '../http1/response-head.js';
import type { ByteConnection } from './byte-connection.js';

/** Who takes a response: an exchange, as the instance's side sees it. */
export interface ResponseTaker {
  /** Of the request. */
  readonly method: string;
  /** The client speaks HTTP/1.0 and knows no chunks. */
  readonly needsPlainBody: boolean;
  /** Where the response is written. */
  readonly client: ByteConnection;
  /** @returns the head to send for a final response, with its empty line. */
  renderHead(head: ResponseHead, bodyKind: BodyKind): string;
  countOut(bytes: number): void;
}
