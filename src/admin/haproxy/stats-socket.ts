/** The stats socket: HAProxy's verbs at a unix socket, for those who may write to it. */
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../core/clock.js';
import { listenAt, type UnixSocketPlace } from '../unix-socket.js';
import type { StatsNode } from './stats-node.js';
import { StatsSession } from './stats-session.js';

/** HAProxy's default is 10; the rest of the descriptors is for traffic. */
const MAX_CONNECTIONS = 64;
/** Of a connection on which nothing happens: the old configuration's `stats timeout 2m`. */
const IDLE_TIMEOUT_MS = 120_000;
const BY = 'the stats socket';

class StatsSocket {
  readonly server: Server;
  /** The one that came first stands first. */
  readonly #sockets = new Set<Socket>();

  constructor(node: StatsNode, clock: Clock) {
    this.server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#bound(socket);
      new StatsSession(socket, { node, clock, by: BY });
    });
  }

  /** Cuts what is under way; the socket is gone from the file system then. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Of too many the one that has been silent for the longest time goes, so connections that are held keep no question out. */
  #bound(socket: Socket): void {
    const touch = (): void => {
      if (socket.destroyed) return;
      this.#sockets.delete(socket);
      this.#sockets.add(socket);
    };
    touch();
    socket.on('data', touch);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.setTimeout(IDLE_TIMEOUT_MS, () => socket.destroy());
    const [oldest] = this.#sockets;
    if (this.#sockets.size > MAX_CONNECTIONS) oldest?.destroy();
  }
}

/** Resolves when it listens. @throws Error that says what to do */
export async function startStatsSocket(node: StatsNode, place: UnixSocketPlace, clock: Clock): Promise<StatsSocket> {
  const socket = new StatsSocket(node, clock);
  await listenAt(socket.server, place);
  return socket;
}
