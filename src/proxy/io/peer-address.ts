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
 * Whether an end of reading was no orderly one. When a reset comes together with the last bytes, libuv reports the end of
 * the stream and then nothing more (uv__stream_io, POLLHUP after a partial read): a client that gave up would look like
 * one that waits half-closed. A reset connection has no peer any more.
 */
export function hasLostPeer(socket: Socket): boolean {
  const handle = (socket as unknown as { readonly _handle?: { getpeername?(out: object): number } | null })._handle;
  return typeof handle?.getpeername === 'function' && handle.getpeername({}) !== 0;
}
