import type { Socket } from 'node:net';

/** The other end of the socket. */
export function clientAddressOf(socket: Socket): string {
  return addressWithoutMapping(socket.remoteAddress ?? '');
}

/** IPv4 clients of a dual-stack socket are IPv4 clients. */
export function addressWithoutMapping(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

/**
 * Whether the reading ended by a reset. When a reset comes together with the last bytes, libuv reports only the end of the
 * stream (uv__stream_io, POLLHUP after a partial read): a client that gave up would look like one that waits half-closed.
 * A connection that was reset has lost its peer.
 */
export function hasLostPeer(socket: Socket): boolean {
  const handle = (socket as unknown as { readonly _handle?: { getpeername?(out: object): number } | null })._handle;
  return typeof handle?.getpeername === 'function' && handle.getpeername({}) !== 0;
}
