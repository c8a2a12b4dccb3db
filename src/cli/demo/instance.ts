import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from '../../core/node-http.js';
import { codeOf } from '../../core/thrown.js';

/** Carries the number of a demo request, so that the fleet knows whose request died with an instance. */
export const REQUEST_ID_FIELD = 'x-demo-request';

const PORT = 8_080;
/** Long enough to be seen in p50 and p99, short enough to stay out of the way. */
const WORK_MS = { least: 2, spread: 6 } as const;

/** One copy of an app: a small real HTTP server on a loopback address of its own. */
export class DemoInstance {
  readonly app: string;
  readonly host: string;
  #server: Server | null = null;
  #port = PORT;
  readonly #inFlight = new Set<string>();

  constructor(app: string, host: string) {
    this.app = app;
    this.host = host;
  }

  get isRunning(): boolean {
    return this.#server !== null;
  }

  get address(): string {
    return `${this.host}:${this.#port}`;
  }

  /** Starts, or starts again on the port it had. */
  async start(): Promise<void> {
    if (this.#server !== null) return;
    const server = createServer((request, response) => this.#answer(request, response));
    // Longer than the node keeps idle connections, so that never the instance closes first.
    server.keepAliveTimeout = 120_000;
    try {
      await listen(server, this.#port, this.host);
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE' || this.#port !== PORT) throw error;
      await listen(server, 0, this.host);
    }
    this.#port = (server.address() as { readonly port: number }).port;
    this.#server = server;
  }

  /** Dies as a killed process does: all connections cut. @returns the ids of the requests that died with it. */
  kill(): string[] {
    const server = this.#server;
    this.#server = null;
    const died = [...this.#inFlight];
    this.#inFlight.clear();
    server?.close();
    server?.closeAllConnections();
    return died;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const id = String(request.headers[REQUEST_ID_FIELD] ?? '');
    this.#inFlight.add(id);
    response.once('close', () => this.#inFlight.delete(id));
    setTimeout(
      () => {
        response.setHeader('content-type', 'text/plain');
        response.end(`${this.app} at ${this.address}\n`);
      },
      WORK_MS.least + Math.random() * WORK_MS.spread,
    );
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
