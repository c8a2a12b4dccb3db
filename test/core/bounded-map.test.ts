import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { mapBounded } from '../../src/core/bounded-map.js';

test('results stand in the order of the items, and no more than the limit are under way', async () => {
  let underWay = 0;
  let most = 0;
  const items = Array.from({ length: 100 }, (_, index) => index);
  const results = await mapBounded(items, 7, async (item) => {
    underWay += 1;
    most = Math.max(most, underWay);
    for (let turn = 0; turn < item % 5; turn += 1) await setImmediate();
    underWay -= 1;
    return item * 2;
  });
  assert.deepEqual(
    results,
    items.map((item) => item * 2),
  );
  assert.equal(most, 7);
});

test('the first error is the end, and nothing comes of no item', async () => {
  const failing = mapBounded([1, 2, 3], 2, async (item) => {
    if (item === 2) throw new Error('two');
    return item;
  });
  await assert.rejects(failing, /two/);
  assert.deepEqual(await mapBounded([], 3, async () => 1), []);
});
