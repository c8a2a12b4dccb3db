import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListedNode } from '../../src/neighbors/neighbor-source.js';
import { nodeChanges } from '../../src/neighbors/node-changes.js';

function node(name: string, more: Partial<ListedNode> = {}): ListedNode {
  return { id: name, name, addresses: [`10.0.0.${name.length}`], standing: 'counted', remark: null, ...more };
}

const DOUBTED = { standing: 'doubted', remark: 'check ready is critical' } as const;
const LEFT_OUT = { standing: 'leftOut', remark: 'it is in maintenance' } as const;

function texts(before: readonly ListedNode[], after: readonly ListedNode[]): readonly string[] {
  return nodeChanges(before, after, 'it is no longer registered').map(({ kind, text }) => `${kind}: ${text}`);
}

test('each change of a node is told with its reason, and what does not change is not', () => {
  const [a, b] = [node('a'), node('bb')];
  assert.deepEqual(texts([a, b], [b, a]), []);
  assert.deepEqual(texts([], [a]), ['joined: a (10.0.0.1) joined the pod']);
  assert.deepEqual(texts([], [node('a', DOUBTED)]), [
    'joined: a (10.0.0.1) joined the pod, though check ready is critical',
  ]);
  assert.deepEqual(texts([a, b], [a]), ['left: bb (10.0.0.2) left the pod: it is no longer registered']);
  assert.deepEqual(texts([a], [node('a', LEFT_OUT)]), ['left: a (10.0.0.1) left the pod: it is in maintenance']);
  assert.deepEqual(texts([a], [node('a', { addresses: [] })]), [
    'left: a (10.0.0.1) left the pod: it has no usable address',
  ]);
  assert.deepEqual(texts([node('a', LEFT_OUT)], []), [], 'it took nothing before');
  assert.deepEqual(texts([node('a', LEFT_OUT)], [a]), ['joined: a (10.0.0.1) joined the pod']);
  assert.deepEqual(texts([a], [node('a', DOUBTED)]), [
    'doubted: a (10.0.0.1) is doubted: check ready is critical; it stays a neighbor, with one more node as a reserve',
  ]);
  assert.deepEqual(texts([node('a', DOUBTED)], [a]), ['trusted: a (10.0.0.1) is no longer doubted']);
  assert.deepEqual(texts([a], [node('a', { addresses: ['10.0.0.9'] })]), ['moved: a (10.0.0.9) has other addresses']);
});

test('a node that is known by its address alone is named once', () => {
  const listed = {
    id: '10.0.0.7',
    name: '10.0.0.7',
    addresses: ['10.0.0.7'],
    standing: 'counted',
    remark: null,
  } as const;
  assert.deepEqual(texts([listed], []), ['left: 10.0.0.7 left the pod: it is no longer registered']);
});
