import { textOf } from '../../http1/latin1.js';
import { encodeV1, encodeV2 } from '../../proxy-protocol/encode.js';
import type { ProxyVersion } from '../../snapshot/snapshot.js';
import type { Transport } from '../io/transport.js';
import type { Instance } from '../slot/instance.js';
import type { Slot } from '../slot/slot.js';
import type { ClientIdentity } from './client-identity.js';

/**
 * The PROXY header that opens a connection for a client (HAProxy's `send-proxy`, `send-proxy-v2`); null for none.
 * @param bledBy the mark (slot/bleed-marks.ts) when the connection goes to a neighbor; only version 2 can carry it
 */
export function outgoingHeader(
  version: ProxyVersion,
  { source, destination }: ClientIdentity,
  transport: Transport,
  bledBy: string | null,
): Buffer | null {
  if (version === 'none') return null;
  const endpoints = { source, destination: destination ?? transport.local() };
  return version === 'v1' ? encodeV1(endpoints) : encodeV2(endpoints, { extras: { bledBy } });
}

/** The same as text of one character a byte, to be sent in one packet with a head; empty for none. */
export function outgoingHeaderText(
  version: ProxyVersion,
  identity: ClientIdentity,
  transport: Transport,
  bledBy: string | null,
): string {
  const header = outgoingHeader(version, identity, transport, bledBy);
  return header === null ? '' : textOf(header, 0, header.length);
}

/** @returns the mark for a connection to an instance; null for one of this node */
export function markFor({ node }: Slot, instance: Instance): string | null {
  return instance.isNeighbor ? node.marks.markFor(instance.node) : null;
}
