/** The lines that tell an instance who asked, made once a connection. */
export class ForwardedFields {
  readonly #all: string;
  readonly #port: string;
  readonly #proto: string;
  readonly #address: string;

  constructor(clientAddress: string, localPort: number) {
    // As `option forwardfor except 127.0.0.0/8`: what comes from this host itself was forwarded by somebody already.
    const isLoopback = clientAddress.startsWith('127.') || clientAddress === '::1' || clientAddress === '';
    this.#address = isLoopback ? '' : `X-Forwarded-For: ${clientAddress}\r\n`;
    this.#port = `X-Forwarded-Port: ${localPort}\r\n`;
    this.#proto = 'X-Forwarded-Proto: http\r\n';
    this.#all = this.#address + this.#port + this.#proto;
  }

  /**
   * X-Forwarded-For is a list: a line of our own behind the others appends to it (RFC 9110 5.3).
   * @param isBled the node that bled the request has said who asked; our own client is only that node.
   */
  lines(hasPort: boolean, hasProto: boolean, isBled: boolean): string {
    if (!hasPort && !hasProto && !isBled) return this.#all;
    return (isBled ? '' : this.#address) + (hasPort ? '' : this.#port) + (hasProto ? '' : this.#proto);
  }
}
