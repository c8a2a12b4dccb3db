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
   * @param isForwarded another node, which is believed, has said already who asked
   */
  lines(hasPort: boolean, hasProto: boolean, isForwarded: boolean): string {
    if (!hasPort && !hasProto && !isForwarded) return this.#all;
    return (isForwarded ? '' : this.#address) + (hasPort ? '' : this.#port) + (hasProto ? '' : this.#proto);
  }
}
