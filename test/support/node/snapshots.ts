import { createInstance, createNeighbor, createSlot, createSnapshot } from '../../../src/snapshot/create-snapshot.js';
import type { SlotSnapshot, Snapshot } from '../../../src/snapshot/snapshot.js';

export { createInstance as instanceOf, createNeighbor as neighborOf };

/** A slot with all defaults, but it trusts nobody; a test says only what matters to it. */
export function slotOf(slot: Partial<SlotSnapshot> & { readonly port: number }): SlotSnapshot {
  return createSlot({ app: 'shop', trustedProxies: [], ...slot });
}

let revision = 0;

export function snapshotOf(snapshot: Partial<Snapshot> & Pick<Snapshot, 'bind' | 'slots'>): Snapshot {
  revision += 1;
  return createSnapshot({ revision, node: 'node-1', nodeId: 'id-of-node-1', ...snapshot });
}
