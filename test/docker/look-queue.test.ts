import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LookQueue } from '../../src/docker/look-queue.js';

/** A queue whose looks end when the test says so. */
function createQueue() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const queue = new LookQueue((id) => {
    begun.push(id);
    return new Promise((resolve) => ends.set(id, resolve));
  });
  const end = async (id: string): Promise<void> => {
    ends.get(id)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { queue, begun, end };
}

test('eight at a time; what is urgent goes before all that waits, also when it waited already', async () => {
  const { queue, begun, end } = createQueue();
  for (let number = 0; number < 10; number += 1) void queue.add(`a${number}`);
  assert.equal(begun.length, 8);
  void queue.add('urgent', true);
  void queue.add('a9', true);
  await end('a0');
  await end('a1');
  assert.deepEqual(begun.slice(8), ['a9', 'urgent']);
});

test('what waits is there once, and all who asked are told', async () => {
  const { queue, begun, end } = createQueue();
  let told = 0;
  const tell = (): void => {
    told += 1;
  };
  void queue.add('a');
  void queue.add('a').then(tell);
  void queue.add('a').then(tell);
  assert.deepEqual(begun, ['a'], 'a look that is under way may have been answered before: one more, after it');
  await end('a');
  assert.deepEqual(begun, ['a', 'a']);
  assert.equal(told, 0);
  await end('a');
  assert.equal(told, 2);
  assert.deepEqual(begun, ['a', 'a']);
});
