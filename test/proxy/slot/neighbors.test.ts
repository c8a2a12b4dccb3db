import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instance } from '../../../src/proxy/slot/instance.js';
import { Neighbors } from '../../../src/proxy/slot/neighbors.js';
import { createNeighbor } from '../../../src/snapshot/create-snapshot.js';

test('a neighbor is named as instances are, IPv6 in brackets', () => {
  const neighbors = new Neighbors(0);
  neighbors.apply([createNeighbor('10.0.0.2'), createNeighbor('fd00::2')], 9_000);
  const ids = [0, 1].map(() => neighbors.choose({ clientAddress: '', tried: null })?.id);
  assert.deepEqual(ids, ['10.0.0.2:9000', '[fd00::2]:9000']);
});

const request = (tried: readonly Instance[] | null = null) => ({ clientAddress: '', tried });

function hostsOf(neighbors: Neighbors, count: number): string {
  return Array.from({ length: count }, () => neighbors.choose(request())?.host ?? '-').join(' ');
}

test('those that answer take turns, from the offset of the worker on', () => {
  for (const [offset, expected] of [
    [0, 'a c d a c'],
    [1, 'c d a c d'],
    [7, 'd a c d a'],
  ] as const) {
    const neighbors = new Neighbors(offset);
    neighbors.apply(
      ['a', 'b', 'c', 'd'].map((host) => createNeighbor(host, { up: host !== 'b' })),
      80,
    );
    assert.equal(hostsOf(neighbors, 5), expected);
  }
});

test('a neighbor that was tried is not asked again, and nobody is when all were', () => {
  const neighbors = new Neighbors(0);
  assert.equal(neighbors.choose(request()), null);
  neighbors.apply([createNeighbor('a'), createNeighbor('b')], 80);
  const [a, b] = [neighbors.choose(request()), neighbors.choose(request())];
  assert.ok(a && b);
  assert.equal(neighbors.choose(request([a])), b);
  assert.equal(neighbors.choose(request([a])), b);
  assert.equal(neighbors.choose(request([b])), a);
  assert.equal(neighbors.choose(request([a, b])), null);
});

test('a neighbor that stays is the same one, with what is new of it; those that take nothing are returned', () => {
  const neighbors = new Neighbors(0);
  neighbors.apply([createNeighbor('a'), createNeighbor('b'), createNeighbor('c')], 80);
  const [a, b, c] = [0, 1, 2].map(() => neighbors.choose(request()));
  assert.ok(a && b && c);
  assert.deepEqual([a.isNeighbor, a.host, a.port], [true, 'a', 80]);
  const idle = { isIdle: true, isClosed: false, discard: () => {} };
  const closed: string[] = [];
  for (const one of [a, b, c]) {
    one.connections.add({ ...idle, discard: () => closed.push(one.host) } as never);
  }
  const specs = [createNeighbor('b', { up: false }), createNeighbor('a', { localAddress: '127.0.0.9', node: 'n' })];
  assert.deepEqual(neighbors.apply(specs, 80), [c, b]);
  assert.deepEqual([a.localAddress, a.node, a.isUp, b.isUp], ['127.0.0.9', 'n', true, false]);
  assert.deepEqual([a.isRemoved, b.isRemoved, c.isRemoved], [false, false, true]);
  assert.deepEqual(closed, ['c']);
  assert.equal(neighbors.choose(request()), a);
  neighbors.setProxyVersion('v2');
  assert.deepEqual([a.proxyVersion, b.proxyVersion, c.proxyVersion], ['v2', 'v2', 'none']);
  neighbors.closeIdle();
  assert.deepEqual(closed, ['c', 'b', 'a']);
});
