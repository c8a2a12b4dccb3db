import { createHash } from 'node:crypto';
import { parseAddress } from '../core/networks.js';

/**
 * The nodes that take this node's bleed: its successors on a ring of hashes. Every node's bleed goes to others by the same
 * rule, so that it spreads over the pod; a node that comes or goes changes the picks of its predecessors alone.
 * @param self the own address, removed by exact match of the address, however it is spelled.
 */
export function pickNeighbors(self: string, addresses: readonly string[], count = 2): string[] {
  const ownKey = keyOf(self);
  const others = new Map([...addresses].reverse().map((address) => [keyOf(address), address]));
  others.delete(ownKey);
  const start = placeOf(ownKey);
  return [...others]
    .map(([key, address]) => ({ key, address, place: placeOf(key) }))
    .sort((a, b) => distance(start, a.place) - distance(start, b.place) || (a.key < b.key ? -1 : 1))
    .slice(0, count)
    .map(({ address }) => address);
}

/** One key for all spellings of an address: `fd00::1` and `FD00:0::1` are one node, for itself and for all others. */
function keyOf(address: string): string {
  return parseAddress(address)?.join('.') ?? address;
}

const RING = 2 ** 48;

function placeOf(key: string): number {
  return createHash('sha256').update(key).digest().readUIntBE(0, 6);
}

function distance(from: number, to: number): number {
  return (to - from + RING) % RING;
}
