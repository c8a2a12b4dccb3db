import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** The connections of a server that are bounded. */
export interface BoundConnections {
  /** Counts it no more: an event stream, which lives long and has a bound of its own. */
  release(socket: Socket): void;
}

/**
 * Bounds the connections of a server without refusing any that comes: when there are more than `limit`, the connection
 * on which nothing has happened for the longest time is closed. So connections that are held open, however many and in
 * whatever state, keep no probe out: to push a probe out, `limit` new ones must come within the milliseconds in which
 * the probe asks and reads its answer.
 */
export function boundConnections(server: Server, limit: number): BoundConnections {
  /** The one on which nothing has happened for the longest time comes first. */
  const sockets = new Set<Socket>();
  const released = new WeakSet<Socket>();
  const touch = (socket: Socket): void => {
    if (socket.destroyed || released.has(socket)) return;
    sockets.delete(socket);
    sockets.add(socket);
  };
  server.on('connection', (socket) => {
    touch(socket);
    socket.once('close', () => sockets.delete(socket));
    const [oldest] = sockets;
    if (sockets.size <= limit || oldest === undefined) return;
    sockets.delete(oldest);
    oldest.destroy();
  });
  server.on('request', (request, response) => {
    touch(request.socket);
    request.once('end', () => touch(request.socket));
    response.once('close', () => touch(request.socket));
  });
  return {
    release(socket) {
      released.add(socket);
      sockets.delete(socket);
    },
  };
}
