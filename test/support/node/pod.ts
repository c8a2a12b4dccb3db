import type { TestContext } from 'node:test';
import type { NeighborSnapshot, SlotSnapshot } from '../../../src/snapshot/snapshot.js';
import { freePort, ownAddress } from '../addresses.js';
import { TestPlane } from './plane.js';
import { neighborOf } from './snapshots.js';

export interface Pod {
  readonly a: TestPlane;
  readonly b: TestPlane;
}

/** Two nodes on two addresses, each the other's neighbor, with the same slot. */
export async function startPod(
  context: TestContext,
  slot: Partial<SlotSnapshot> = {},
  neighbor: Partial<NeighborSnapshot> = {},
): Promise<Pod> {
  const [hostA, hostB] = [ownAddress(), ownAddress()];
  const port = await freePort(hostA);
  const start = (bind: string, other: string, node: string) =>
    TestPlane.start(context, {
      bind,
      slot: {
        port,
        neighbors: [neighborOf(other, { localAddress: bind, node: `id-of-${other}`, ...neighbor })],
        ...slot,
      },
      snapshot: { node, nodeId: `id-of-${bind}`, peers: [hostA, hostB] },
    });
  return { a: await start(hostA, hostB, 'node-a'), b: await start(hostB, hostA, 'node-b') };
}
