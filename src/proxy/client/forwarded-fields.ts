import type { RequestHead } from '../../http1/request-head.js';
import type { ClientIdentity } from './client-identity.js';

const PROTO_LINE = 'X-Forwarded-Proto: http\r\n';

/** The lines that name the clients of a slot to an instance. */
export class ForwardedFields {
  readonly #slotPort: number;
  /** That the last request came to: nearly all come to the slot's, or to that of one balancer. */
  #port = -1;
  #portLine = '';
  #portAndProto = '';

  constructor(slotPort: number) {
    this.#slotPort = slotPort;
  }

  /**
   * X-Forwarded-For is a list: a line of our own behind the others appends to it (RFC 9110 5.3). A client that stands last
   * in it, and in the PROXY header too, stands there once: the sender of both may have written it already.
   * @param isForwarded another node, which is believed, has named the client already
   */
  lines(head: RequestHead, { source, destination, isSpokenFor }: ClientIdentity, isForwarded: boolean): string {
    const { address } = source;
    const isThere = isForwarded || (isSpokenFor && head.forwardedFor !== '' && isLast(head.forwardedFor, address));
    // As `option forwardfor except 127.0.0.0/8`: a request from this host itself was forwarded before.
    const isNamed = !isThere && address !== '' && !address.startsWith('127.') && address !== '::1';
    const client = isNamed ? `X-Forwarded-For: ${address}\r\n` : '';
    const port = destination === null ? this.#slotPort : destination.port;
    if (port !== this.#port) this.#setPort(port);
    if (!head.hasForwardedPort && !head.hasForwardedProto) return client + this.#portAndProto;
    return client + (head.hasForwardedPort ? '' : this.#portLine) + (head.hasForwardedProto ? '' : PROTO_LINE);
  }

  #setPort(port: number): void {
    this.#port = port;
    this.#portLine = `X-Forwarded-Port: ${port}\r\n`;
    this.#portAndProto = this.#portLine + PROTO_LINE;
  }
}

function isLast(list: string, address: string): boolean {
  if (address === '' || !list.endsWith(address)) return false;
  const before = list.length - address.length;
  return before === 0 || /[, \t]/.test(list.charAt(before - 1));
}
