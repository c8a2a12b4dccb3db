import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pickNeighbors } from '../../src/neighbors/ring.js';

const POD = Array.from({ length: 20 }, (_, index) => `10.0.0.${index + 1}`);

test('two others, the same ones for any order of the list', () => {
  const picked = pickNeighbors('10.0.0.1', POD);
  assert.equal(picked.length, 2);
  assert.ok(!picked.includes('10.0.0.1'));
  assert.deepEqual(pickNeighbors('10.0.0.1', [...POD].reverse()), picked);
  assert.deepEqual(pickNeighbors('10.0.0.1', [...POD, ...POD]), picked);
  assert.deepEqual(
    pickNeighbors(
      '10.0.0.1',
      POD.filter((address) => address !== '10.0.0.1'),
    ),
    picked,
    'with or without this node in the list',
  );
});

test('bleed spreads evenly: each node is first for one other and second for one other', () => {
  for (const place of [0, 1]) {
    assert.deepEqual(POD.map((self) => pickNeighbors(self, POD)[place]).sort(), [...POD].sort());
  }
});

test('a node that goes changes the picks of two others alone', () => {
  const gone = '10.0.0.7';
  const rest = POD.filter((address) => address !== gone);
  const changed = rest.filter((self) => pickNeighbors(self, POD).join() !== pickNeighbors(self, rest).join());
  assert.equal(changed.length, 2);
  assert.ok(changed.every((self) => pickNeighbors(self, POD).includes(gone)));
});

test('small pods', () => {
  assert.deepEqual(pickNeighbors('10.0.0.1', []), []);
  assert.deepEqual(pickNeighbors('10.0.0.1', ['10.0.0.1']), []);
  assert.deepEqual(pickNeighbors('10.0.0.1', ['10.0.0.1', '10.0.0.2']), ['10.0.0.2']);
  assert.equal(pickNeighbors('10.0.0.1', POD, 5).length, 5);
});

test('self is removed by exact match only', () => {
  assert.deepEqual(pickNeighbors('10.0.0.1', ['10.0.0.11', '10.0.0.1']), ['10.0.0.11']);
});

test('an address is one node however it is spelled', () => {
  assert.deepEqual(pickNeighbors('fd00::1', ['fd00:0:0::1', 'fd00::2', 'FD00:0::2']), ['fd00::2']);
  assert.deepEqual(pickNeighbors('::ffff:10.0.0.1', ['10.0.0.1', '10.0.0.2']), ['10.0.0.2']);
});
