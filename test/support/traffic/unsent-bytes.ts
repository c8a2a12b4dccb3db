import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

/** Bytes that a socket's kernel holds and its peer's has not confirmed (Linux, IPv4). A reset would throw them away. */
export function unsentBytes(socket: Socket): number {
  if (socket.writableLength > 0) return socket.writableLength;
  const isEnd = (field: string | undefined, port: number | undefined): boolean =>
    field?.endsWith(`:${(port ?? 0).toString(16).toUpperCase().padStart(4, '0')}`) === true;
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
    const [, local, remote, , queues = ''] = line.trim().split(/\s+/);
    if (!isEnd(local, socket.localPort) || !isEnd(remote, socket.remotePort)) continue;
    return Number.parseInt(queues, 16);
  }
  return 0;
}
