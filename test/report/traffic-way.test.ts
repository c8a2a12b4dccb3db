/** Where traffic goes and why, from a slot of the snapshot. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSameWay, trafficWayOf } from '../../src/report/traffic-way.js';
import type { InstanceSnapshot, NeighborSnapshot } from '../../src/snapshot/snapshot.js';
import { neighborOf, slotOf } from '../support/node/snapshots.js';

const INSTANCE: InstanceSnapshot = {
  id: '127.0.0.1:80',
  host: '127.0.0.1',
  port: 80,
  weight: 100,
  life: null,
  state: 'ready',
  up: true,
};
const NEIGHBORS: readonly NeighborSnapshot[] = [neighborOf('10.0.0.2'), neighborOf('10.0.0.3', { up: false })];

function wayOf(instances: readonly Partial<InstanceSnapshot>[], neighbors: readonly NeighborSnapshot[] = NEIGHBORS) {
  return trafficWayOf(
    slotOf({ port: 21_034, instances: instances.map((one) => ({ ...INSTANCE, ...one })), neighbors }),
  );
}

test('instances of this node go before neighbors', () => {
  assert.deepEqual(wayOf([{}, { up: false }]), { kind: 'instances', usable: 1 });
});

test('without a usable instance the neighbors that are up take it, and each instance counts with its reason', () => {
  const unusable: Partial<InstanceSnapshot>[] = [
    { up: false },
    { up: false },
    { state: 'drain' },
    { state: 'maint', up: false },
    { weight: 0 },
  ];
  assert.deepEqual(wayOf(unusable), {
    kind: 'neighbors',
    hosts: ['10.0.0.2'],
    why: 'no instance is usable (2 down, 1 drained, 1 in maintenance, 1 with weight 0)',
  });
});

test('what is left is nobody, and both reasons are said', () => {
  assert.deepEqual(wayOf([], []), { kind: 'nobody', why: 'it has no instance, and this node has no neighbor' });
  assert.deepEqual(wayOf([{ up: false }], [neighborOf('10.0.0.2', { up: false })]), {
    kind: 'nobody',
    why: 'no instance is usable (1 down), and all neighbors are down (1)',
  });
});

test('another neighbor is another way, another number of instances is not', () => {
  const other = wayOf([], [neighborOf('10.0.0.9')]);
  assert.equal(isSameWay(wayOf([{}]), wayOf([{}, {}])), true);
  assert.equal(isSameWay(wayOf([]), other), false);
  assert.equal(isSameWay(wayOf([{}]), other), false);
});
