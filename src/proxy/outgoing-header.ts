import type { Socket } from 'node:net';
import { encodeV1, encodeV2 } from '../proxy-protocol/encode.js';
import type { Endpoint } from '../proxy-protocol/header.js';
import type { ClientIdentity } from './client-identity.js';
import type { Instance } from './instance.js';
import { addressWithoutMapping } from './onread-socket.js';
import type { Slot } from './slot.js';

/**
 * The PROXY header that opens a connection for a client (HAProxy's `send-proxy`, `send-proxy-v2`); null for none. A
 * neighbor gets the bleed mark in it, which only version 2 can carry.
 */
export function outgoingHeader(slot: Slot, instance: Instance, client: ClientIdentity, socket: Socket): Buffer | null {
  const version = slot.proxyVersionTo(instance);
  if (version === 'none') return null;
  const { source } = client;
  const endpoints = { source, destination: client.destination ?? ownEnd(socket) };
  if (version === 'v1') return encodeV1(endpoints);
  return encodeV2(endpoints, instance.isNeighbor ? { extras: { bledBy: slot.node.name } } : {});
}

function ownEnd(socket: Socket): Endpoint {
  return { address: addressWithoutMapping(socket.localAddress ?? ''), port: socket.localPort ?? 0 };
}
