/**
 * One undocumented step, kept alone: a server that stops accepting and goes on, its listening socket open all the while,
 * so that the kernel queues new connections meanwhile, and another worker that listens on the same socket may take them.
 *
 * Node has no such call. But libuv takes a handle that came from another process for a stream that can be read, and it
 * has one watcher for reading and for listening: `readStop` ends the polling for new connections, `readStart` begins it
 * anew. Tried on Node 20, 24 and 26 (libuv 1.46 and 1.52). A handle that this process bound itself
 * refuses (ENOTCONN).
 */
import type { Server } from 'node:net';
import { getSystemErrorName } from 'node:util';

interface ListeningHandle {
  readStart?(): number;
  readStop?(): number;
}

/** @returns whether it stopped; false where this Node, or how the socket came here, does not allow it */
export function stopAccepting(server: Server): boolean {
  const handle = listeningHandle(server);
  if (typeof handle?.readStart !== 'function' || typeof handle.readStop !== 'function') return false;
  // A handle that never began to read ignores the end of it.
  const status = handle.readStart();
  if (status !== 0 && getSystemErrorName(status) !== 'EALREADY') return false;
  return handle.readStop() === 0;
}

/** After `stopAccepting` has returned true. */
export function goOnAccepting(server: Server): void {
  listeningHandle(server)?.readStart?.();
}

function listeningHandle(server: Server): ListeningHandle | null | undefined {
  return (server as unknown as { readonly _handle?: ListeningHandle | null })._handle;
}
