import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Neighbors } from '../../../src/proxy/slot/neighbors.js';
import { createNeighbor } from '../../../src/snapshot/create-snapshot.js';

test('a neighbor is named as instances are, IPv6 in brackets', () => {
  const neighbors = new Neighbors(0);
  neighbors.apply([createNeighbor('10.0.0.2'), createNeighbor('fd00::2')], 9_000);
  const ids = [0, 1].map(() => neighbors.choose({ clientAddress: '', tried: null })?.id);
  assert.deepEqual(ids, ['10.0.0.2:9000', '[fd00::2]:9000']);
});
