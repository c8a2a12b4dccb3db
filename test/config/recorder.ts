/** Stands where an option says that Consul or Docker answers, and keeps what it is asked, and how. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { atEnd, type Ending } from '../support/at-end.js';
import type { TestCertificate } from '../support/edge/test-certificates.js';

export interface Recorded {
  readonly url: string;
  readonly fields: IncomingMessage['headers'];
  /** Common name of the client's certificate; null: it showed none. */
  readonly client: string | null;
}

export class Recorder {
  /** Of all who asked. */
  readonly requests: Recorded[] = [];
  /** Handshakes that came to nothing. */
  failures = 0;
  readonly #port: number;

  private constructor(server: Server, port: number) {
    this.#port = port;
    server.on('request', (request, response) => {
      const { socket } = request;
      const client =
        'getPeerCertificate' in socket ? (socket as TLSSocket).getPeerCertificate().subject?.CN : undefined;
      this.requests.push({ url: request.url ?? '', fields: request.headers, client: client?.toString() ?? null });
      response.writeHead(404, { connection: 'close' }).end();
    });
    server.on('tlsClientError', () => {
      this.failures += 1;
    });
  }

  /** @param identity null: it speaks no TLS */
  static async start(context: Ending, identity: TestCertificate | null = null): Promise<Recorder> {
    const server =
      identity === null
        ? createServer()
        : createTlsServer({
            cert: identity.certificate,
            key: identity.key,
            requestCert: true,
            rejectUnauthorized: false,
          });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    atEnd(context, () => {
      server.closeAllConnections();
      server.close();
    });
    return new Recorder(server, (server.address() as AddressInfo).port);
  }

  /** `localhost` is what the certificate is for. */
  get place(): string {
    return `localhost:${this.#port}`;
  }
}
