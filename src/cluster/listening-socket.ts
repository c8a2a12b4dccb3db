/**
 * Sockets that the primary binds and workers listen on. Why not node:cluster, which shares sockets too:
 *
 * - The primary knows that a port can't be bound before a worker hears of the slot.
 * - The socket lives as long as the primary. When every worker is dead its connections wait in the kernel's queue, and the
 *   next worker serves them; with node:cluster the last worker takes the listening socket with it.
 * - When the primary dies node:cluster ends the workers in the middle of their exchanges. Ours drain.
 *
 * `net._createServerHandle` is what node:cluster itself binds with. It is undocumented, so it stands here alone.
 *
 * A bound socket does not listen yet, and the kernel lets two sockets with SO_REUSEADDR bind one port as long as neither
 * listens. The loser is told by `listen` in its worker, which reports it with `applied`.
 */
import net from 'node:net';
import { getSystemErrorName } from 'node:util';
import { canonicalAddress } from '../core/networks.js';

/** A TCP handle of libuv; opaque but for these two. Listening and accepting are done by workers alone. */
export interface ListeningSocket {
  close(): void;
  getsockname(into: object): number;
}

type CreateServerHandle = (
  address: string,
  port: number,
  addressType: 4 | 6,
  fd: number,
  flags: number,
) => ListeningSocket | number;

/** The kernel keeps low ports for root and for those that it names (ip(7), ip_unprivileged_port_start). */
const ACCESS_HINT =
  ': a port below net.ipv4.ip_unprivileged_port_start needs CAP_NET_BIND_SERVICE ' +
  '(systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE)';

export class BindError extends Error {
  /** `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, ... */
  readonly code: string;
  readonly port: number;

  constructor(code: string, port: number) {
    super(`${code}: port ${port} failed to bind${code === 'EACCES' ? ACCESS_HINT : ''}`);
    this.name = 'BindError';
    this.code = code;
    this.port = port;
  }
}

const WITHOUT_IPV6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'];

/**
 * Binds without listening. `::` takes IPv4 too, and is every IPv4 address where the kernel has no IPv6.
 * @throws BindError; Error when this Node lacks what it needs.
 */
export function bindSocket(address: string, port: number): ListeningSocket {
  const bound = tryBind(address, port);
  if (typeof bound !== 'string') return bound;
  if (address !== '::' || !WITHOUT_IPV6.includes(bound)) throw new BindError(bound, port);
  const fallback = tryBind('0.0.0.0', port);
  if (typeof fallback === 'string') throw new BindError(fallback, port);
  return fallback;
}

/** Whether the socket is the one that `bindSocket` would give. */
export function isBoundOn(socket: ListeningSocket, address: string, port: number): boolean {
  const own: { address?: string; port?: number } = {};
  if (socket.getsockname(own) !== 0 || own.port !== port) return false;
  const canonical = canonicalAddress(own.address ?? '');
  return canonical === canonicalAddress(address) || (address === '::' && canonical === '0.0.0.0' && !hasIPv6());
}

function hasIPv6(): boolean {
  const probe = tryBind('::', 0);
  if (typeof probe === 'string') return false;
  probe.close();
  return true;
}

/** @returns the socket, or the code of the error. */
function tryBind(address: string, port: number): ListeningSocket | string {
  const handle = createServerHandle()(address, port, address.includes(':') ? 6 : 4, -1, 0);
  if (typeof handle === 'number') return getSystemErrorName(handle);
  // libuv keeps EADDRINUSE back until the next call on the handle.
  const errno = handle.getsockname({});
  if (errno >= 0) return handle;
  handle.close();
  return getSystemErrorName(errno);
}

function createServerHandle(): CreateServerHandle {
  const { _createServerHandle: create } = net as unknown as { readonly _createServerHandle?: CreateServerHandle };
  if (typeof create !== 'function') {
    throw new Error(
      `Node ${process.version} has no net._createServerHandle, by which the primary binds ports for its workers; ` +
        'run a release that this was tested with (20, 24 or 26) and report the version',
    );
  }
  return create;
}
