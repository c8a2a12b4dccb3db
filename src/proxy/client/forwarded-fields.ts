import type { RequestHead } from '../../http1/request-head.js';
import type { ClientIdentity } from './client-identity.js';

/** The lines that name the client to an instance, made once per connection. */
export class ForwardedFields {
  readonly #all: string;
  readonly #port: string;
  readonly #proto: string;
  readonly #address: string;
  /** Of a client that a PROXY header names: the sender of both may have written it already. Else empty. */
  readonly #spokenFor: string;

  constructor({ source: { address }, isSpokenFor }: ClientIdentity, localPort: number) {
    // As `option forwardfor except 127.0.0.0/8`: a request from this host itself was forwarded before.
    const isLoopback = address.startsWith('127.') || address === '::1' || address === '';
    this.#address = isLoopback ? '' : `X-Forwarded-For: ${address}\r\n`;
    this.#port = `X-Forwarded-Port: ${localPort}\r\n`;
    this.#proto = 'X-Forwarded-Proto: http\r\n';
    this.#all = this.#address + this.#port + this.#proto;
    this.#spokenFor = isSpokenFor ? address : '';
  }

  /**
   * X-Forwarded-For is a list: a line of our own behind the others appends to it (RFC 9110 5.3). A client that stands last
   * in it, and in the PROXY header too, stands there once.
   * @param isForwarded another node, which is believed, has named the client already
   */
  lines(head: RequestHead, isForwarded: boolean): string {
    const isThere = isForwarded || (head.forwardedFor !== '' && this.#isLast(head.forwardedFor));
    if (!head.hasForwardedPort && !head.hasForwardedProto && !isThere) return this.#all;
    return (
      (isThere ? '' : this.#address) +
      (head.hasForwardedPort ? '' : this.#port) +
      (head.hasForwardedProto ? '' : this.#proto)
    );
  }

  #isLast(list: string): boolean {
    if (this.#spokenFor === '' || !list.endsWith(this.#spokenFor)) return false;
    const before = list.length - this.#spokenFor.length;
    return before === 0 || /[, \t]/.test(list.charAt(before - 1));
  }
}
