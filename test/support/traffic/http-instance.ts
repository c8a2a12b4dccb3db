import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { ownAddress } from '../addresses.js';
import { atEnd } from '../at-end.js';

/** A small HTTP instance: answers its own name at once, and `/slow` when the test says so. */
export class HttpInstance {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly #server: Server;
  readonly #slow: ServerResponse[] = [];
  readonly #arrivals: (() => void)[] = [];

  private constructor(server: Server, name: string) {
    const { address, port } = server.address() as AddressInfo;
    this.id = `${address}:${port}`;
    this.host = address;
    this.port = port;
    this.#server = server;
    server.on('request', (request, response: ServerResponse) => {
      if (request.url !== '/slow') return void response.end(name);
      this.#slow.push(response);
      response.once('close', () => this.#forget(response));
      this.#arrivals.shift()?.();
    });
  }

  static async start(context: TestContext, name = 'done'): Promise<HttpInstance> {
    const server = createServer().listen(0, ownAddress());
    await once(server, 'listening');
    const instance = new HttpInstance(server, name);
    atEnd(context, () => instance.stop());
    return instance;
  }

  /** Resolves when the next request for `/slow` is here. */
  slowRequest(): Promise<void> {
    return new Promise((resolve) => this.#arrivals.push(resolve));
  }

  /** Requests for `/slow` whose clients wait. */
  get slowRequests(): number {
    return this.#slow.length;
  }

  /** @returns whether there was a request for `/slow`. */
  answerSlow(): boolean {
    const response = this.#slow.shift();
    response?.end('late');
    return response !== undefined;
  }

  /** Its client went away. */
  #forget(response: ServerResponse): void {
    const index = this.#slow.indexOf(response);
    if (index !== -1) this.#slow.splice(index, 1);
  }

  /** As a process that is killed: the port is closed and connections are cut. */
  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
