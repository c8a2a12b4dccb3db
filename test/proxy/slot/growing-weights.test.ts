/** The weight of an instance that warms up, in numbers; what clients meet is in slow-start.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Instance } from '../../../src/proxy/slot/instance.js';
import { SlowStart } from '../../../src/proxy/slot/slow-start.js';
import { FakeClock } from '../../support/fake-clock.js';

function start() {
  const clock = new FakeClock();
  let steps = 0;
  const slowStart = new SlowStart(clock, () => {
    steps += 1;
  });
  const instance = new Instance('a', 'a', 80, false);
  instance.weight = 50;
  instance.usableSince = clock.now();
  return { clock, slowStart, instance, steps: () => steps };
}

test('the weight grows from 1 to all of it in proportion to the time', () => {
  const { clock, slowStart, instance } = start();
  const weights = [0, 100, 1_900, 4_000, 3_900, 99, 1, 5_000].map((elapsedMs) => {
    clock.jump(elapsedMs);
    return slowStart.weightOf(instance, 10_000);
  });
  // At 0, 0.1, 2, 6, 9.9, 9.999, 10 and 15 s.
  assert.deepEqual(weights, [1, 1, 10, 30, 50, 50, 50, 50]);
  assert.equal(slowStart.weightOf(new Instance('b', 'b', 80, false), 10_000), 0, 'usable for long');
});

test('without slow start an instance has its weight at once', () => {
  const { slowStart, instance } = start();
  assert.equal(slowStart.weightOf(instance, 0), 50);
});

test('weights are looked at again after a second, once, while an instance warms up', async () => {
  const { clock, slowStart, instance, steps } = start();
  const old = new Instance('b', 'b', 80, false);
  slowStart.watch([old], 10_000);
  slowStart.watch([], 10_000);
  assert.deepEqual(clock.waits(), []);
  slowStart.watch([old, instance], 10_000);
  slowStart.watch([old, instance], 10_000);
  assert.deepEqual(clock.waits(), [1_000]);
  await clock.advance(1_000);
  assert.deepEqual([steps(), clock.waits()], [1, []]);
  clock.jump(8_000);
  slowStart.watch([instance], 10_000);
  await clock.advance(1_000);
  assert.equal(steps(), 2);
  slowStart.watch([instance], 10_000);
  assert.deepEqual(clock.waits(), [], 'it has all of its weight');
});
