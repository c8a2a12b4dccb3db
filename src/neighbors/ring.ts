import { createHash } from 'node:crypto';

/**
 * The nodes that take this node's bleed: its successors on a ring of hashes. Every node's bleed goes to others by the same
 * rule, so that it spreads over the pod; a node that comes or goes changes the picks of its predecessors alone.
 * @param self the own address, removed by exact match.
 */
export function pickNeighbors(self: string, addresses: readonly string[], count = 2): string[] {
  const others = [...new Set(addresses)].filter((address) => address !== self);
  const start = placeOf(self);
  return others
    .map((address) => ({ address, place: placeOf(address) }))
    .sort((a, b) => distance(start, a.place) - distance(start, b.place) || (a.address < b.address ? -1 : 1))
    .slice(0, count)
    .map(({ address }) => address);
}

const RING = 2 ** 48;

function placeOf(address: string): number {
  return createHash('sha256').update(address).digest().readUIntBE(0, 6);
}

function distance(from: number, to: number): number {
  return (to - from + RING) % RING;
}
