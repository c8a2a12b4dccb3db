/** One server of the API, at a port or at a path: how much it bears, and where it listens. */
import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { hostPort } from '../core/networks.js';
import { createServer } from '../core/node-http.js';
import { codeOf, reasonOf } from '../core/thrown.js';
import { type BoundConnections, boundConnections } from './connections.js';
import { listenAt, type UnixSocketPlace } from './unix-socket.js';

export interface ListenAddress {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Who keeps others from listening on an address and port, as `nginx (pid 123)`; null when it cannot be told. */
export type FindPortHolder = (host: string, port: number) => Promise<string | null>;

const MAX_HEAD_BYTES = 16_384;
/** Operators, probes and a scraper are few; more connections than these must not take the node's descriptors. */
const MAX_CONNECTIONS = 64;
const HEAD_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** So late a time-out may be noticed; Node itself looks every 30 s only. */
const TIMEOUT_CHECK_MS = 1_000;
const IDLE_TIMEOUT_MS = 30_000;

export class Listener {
  readonly #server: Server;
  readonly #connections: BoundConnections;

  constructor(onRequest: RequestListener) {
    this.#server = createServer(
      {
        maxHeaderSize: MAX_HEAD_BYTES,
        requestTimeout: REQUEST_TIMEOUT_MS,
        headersTimeout: HEAD_TIMEOUT_MS,
        connectionsCheckingInterval: TIMEOUT_CHECK_MS,
        keepAliveTimeout: IDLE_TIMEOUT_MS,
      },
      onRequest,
    );
    // Who has sent a request may end sending (`nc -N`, a pipe into `socat`), and still gets its answer.
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    this.#connections = boundConnections(this.#server, MAX_CONNECTIONS);
    this.#server.timeout = IDLE_TIMEOUT_MS;
  }

  /** Resolves when it listens. @throws Error that says what to do when the address cannot be had */
  async listenAtPort(address: ListenAddress, findPortHolder?: FindPortHolder): Promise<void> {
    const { host, port } = address;
    try {
      this.#server.listen({ host, port });
      await once(this.#server, 'listening');
    } catch (error) {
      const isTaken = codeOf(error) === 'EADDRINUSE';
      const holder = isTaken ? await findPortHolder?.(host, port) : null;
      throw listenFailure(address, error, holder ?? null);
    }
  }

  /** Resolves when it listens. @throws Error that says what to do */
  async listenAtPath(place: UnixSocketPlace): Promise<void> {
    await listenAt(this.#server, place);
  }

  /** @param onError told of what happens to it while it listens */
  onError(onError: (error: Error) => void): void {
    this.#server.on('error', onError);
  }

  /** Where it listens, with the real port. */
  get address(): ListenAddress {
    const { address, port } = this.#server.address() as AddressInfo;
    return { host: address, port };
  }

  /** Its connection leaves the bound of the others. */
  release(socket: Socket): void {
    this.#connections.release(socket);
  }

  /** Takes no more connections. Resolves when the last one has ended, or at once where it does not listen. */
  end(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  cutConnections(): void {
    this.#server.closeAllConnections();
  }
}

function listenFailure({ host, port }: ListenAddress, error: unknown, holder: string | null): Error {
  const place = hostPort(host, port);
  const who = holder === null ? `taken; \`ss -ltnp 'sport = :${port}'\` names who has it` : `taken by ${holder}`;
  const reasons = new Map([
    ['EADDRINUSE', `is ${who}: stop that, or choose another with --admin ADDR:PORT`],
    ['EADDRNOTAVAIL', 'is not an address of this host; give one of its own with --admin ADDR:PORT'],
    ['EACCES', 'is not permitted for this user; choose a port above 1023 with --admin ADDR:PORT'],
  ]);
  const reason = reasons.get(codeOf(error)) ?? `cannot be listened on: ${reasonOf(error)}`;
  return new Error(`${place}, the address of the admin API, ${reason}`, { cause: error });
}
