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
  /** The connection comes from a node of this pod: its bleed mark is believed. */
  readonly isPeer: boolean;
  /** The sender's X-Forwarded-Port and -Proto are believed. */
  readonly isTrusted: boolean;
  /** May use the slot (`internal`). */
  readonly isAllowed: boolean;
  /** A node of the pod sent it because it has no instance: it goes no further. HTTP says so in each request instead. */
  readonly isBled: boolean;
}

/**
 * @param header what the connection began with; it was believed before it came here (proxy-preface.ts)
 *
 * Fields of a request are never asked: whoever can reach the port can write them.
 */
export function identifyClient(slot: Slot, socket: Socket, header: ProxyHeader | null): ClientIdentity {
  const sender = clientAddressOf(socket);
  const { peers, internal } = slot.node;
  const isPeer = peers.has(sender);
  const spokenFor = header?.source ?? null;
  const source = spokenFor ?? { address: sender, port: socket.remotePort ?? 0 };
  return {
    source,
    destination: header?.destination ?? null,
    isPeer,
    isTrusted: isPeer || slot.trusted.contains(sender),
    // A peer that speaks for nobody has judged its client itself.
    isAllowed: !slot.config.internal || (isPeer && spokenFor === null) || internal.contains(source.address),
    // Only version 2 carries the mark; whatever else a node of the pod sends may have been bled.
    isBled: isPeer && (header?.version !== 2 || header.extras.bledBy !== null),
  };
}
