import type { Socket } from 'node:net';
import type { Endpoint, ProxyHeader } from '../proxy-protocol/header.js';
import { clientAddressOf } from './onread-socket.js';
import type { Slot } from './slot.js';

/** Who asks, decided once a connection, in this one place. Logs, limits, balancing and forwarded fields all read it. */
export interface ClientIdentity {
  /** The client; where nobody speaks for it, the other end of the socket. */
  readonly source: Endpoint;
  /** What the client connected to, as far as a PROXY header says so; null: this slot. */
  readonly destination: Endpoint | null;
  /** The sender's X-Forwarded-Port and -Proto are kept. */
  readonly isTrusted: boolean;
  /** May use the slot (`internal`). */
  readonly isAllowed: boolean;
  /** Another node sent it because it has no instance: it goes no further. In HTTP each request says so itself. */
  readonly isBled: boolean;
  /** The header of a trusted sender has the mark: that node has written the client into X-Forwarded-For already. */
  readonly isForwarded: boolean;
}

/**
 * @param header what the connection began with; it was believed before it came here (proxy-preface.ts)
 *
 * Fields of a request are never asked: whoever can reach the port can write them. The address of a neighbor gives no right
 * either: what leaves its containers has the same address.
 */
export function identifyClient(slot: Slot, socket: Socket, header: ProxyHeader | null): ClientIdentity {
  const sender = clientAddressOf(socket);
  const { peers, internal } = slot.node;
  const source = header?.source ?? { address: sender, port: socket.remotePort ?? 0 };
  const isMarked = header !== null && header.extras.bledBy !== null;
  return {
    source,
    destination: header?.destination ?? null,
    isTrusted: slot.trusted.contains(sender),
    isAllowed: !slot.config.internal || internal.contains(source.address),
    // Only version 2 carries the mark: whatever else comes from the address of a neighbor may have been bled.
    isBled: isMarked || (header?.version !== 2 && peers.has(sender)),
    isForwarded: isMarked,
  };
}
