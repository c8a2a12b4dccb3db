import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import type { TestContext } from 'node:test';
import { ownAddress } from '../addresses.js';
import { atEnd } from '../at-end.js';

/** An instance that knows how much is under way at it: requests, and connections that are open. */
export class CountingInstance {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  requests = 0;
  mostRequests = 0;
  connections = 0;
  mostConnections = 0;
  served = 0;
  readonly #held = new Set<() => void>();

  private constructor(server: Server) {
    const { address, port } = server.address() as AddressInfo;
    this.id = `${address}:${port}`;
    this.host = address;
    this.port = port;
    server.on('connection', (socket) => {
      this.connections += 1;
      this.mostConnections = Math.max(this.mostConnections, this.connections);
      // Its end counts, not the close: that comes a turn later, when the next connection may be here.
      socket.once(socket.allowHalfOpen ? 'end' : 'close', () => {
        this.connections -= 1;
      });
    });
  }

  /** @param holdMs how long a request takes; null: until `answer`. */
  static async startHttp(context: TestContext, holdMs: number | null): Promise<CountingInstance> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    const instance = await CountingInstance.#listen(context, server);
    server.on('request', (_request, response) => instance.#serve(response, holdMs));
    return instance;
  }

  /** Says nothing, and closes when its client does. */
  static async startTcp(context: TestContext): Promise<CountingInstance> {
    const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', () => undefined);
      socket.on('end', () => socket.end());
    });
    return CountingInstance.#listen(context, server);
  }

  static async #listen(context: TestContext, server: Server): Promise<CountingInstance> {
    server.listen(0, ownAddress());
    await once(server, 'listening');
    atEnd(context, () => server.close());
    return new CountingInstance(server);
  }

  /** Answers the requests that are held. */
  answer(): void {
    for (const end of [...this.#held]) end();
  }

  #serve(response: ServerResponse, holdMs: number | null): void {
    this.requests += 1;
    this.mostRequests = Math.max(this.mostRequests, this.requests);
    const end = (): void => {
      if (!this.#held.delete(end)) return;
      this.requests -= 1;
      this.served += 1;
      response.end('ok');
    };
    this.#held.add(end);
    response.once('close', end);
    if (holdMs !== null) setTimeout(end, holdMs);
  }
}
