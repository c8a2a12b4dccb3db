import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListedNeighbors } from '../../src/neighbors/list.js';

test('the list is told at once, and once', async () => {
  const lists: (readonly string[])[] = [];
  const neighbors = new ListedNeighbors(['10.0.0.1', '10.0.0.2']);
  neighbors.start((list) => lists.push(list));
  neighbors.refresh();
  await neighbors.stop();
  assert.deepEqual(lists, [['10.0.0.1', '10.0.0.2']]);
});
