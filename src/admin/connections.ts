import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Bounds the connections of a server without refusing any that comes: when there are more than `limit`, the connection
 * on which nothing has happened for the longest time is closed. So connections that are held open, however many and in
 * whatever state, keep no probe out: to push a probe out, `limit` new ones must come within the milliseconds in which
 * the probe asks and reads its answer.
 */
export function boundConnections(server: Server, limit: number): void {
  /** The one on which nothing has happened for the longest time comes first. */
  const sockets = new Set<Socket>();
  const touch = (socket: Socket): void => {
    if (socket.destroyed) return;
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
}
