import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Poll } from '../../src/core/poll.js';
import { FakeClock } from '../support/fake-clock.js';

/** A poll that rests for a second, and when it looked, from its start on. */
function createPoll(lookMs = 0) {
  const clock = new FakeClock();
  const begun = clock.now();
  const looks: number[] = [];
  const look = async (): Promise<void> => {
    looks.push(clock.now() - begun);
    if (lookMs > 0) await new Promise<void>((resolve) => clock.setTimer(lookMs, resolve));
  };
  return { clock, poll: new Poll(clock, look, () => 1_000), looks };
}

test('it looks at once, and again after each rest, until it is stopped', async () => {
  const { clock, poll, looks } = createPoll();
  await poll.start();
  assert.deepEqual(looks, [0]);
  await clock.advance(2_500);
  poll.stop();
  await clock.advance(5_000);
  assert.deepEqual(looks, [0, 1_000, 2_000]);
});

test('the rest begins when a look has ended', async () => {
  const { clock, poll, looks } = createPoll(300);
  void poll.start();
  await clock.advance(2_000);
  assert.deepEqual(looks, [0, 1_300]);
  poll.stop();
});

test('a look that is asked for is at once, and the rest begins anew', async () => {
  const { clock, poll, looks } = createPoll();
  await poll.start();
  await clock.advance(900);
  poll.lookNow();
  await clock.advance(1_500);
  assert.deepEqual(looks, [0, 900, 1_900]);
  poll.stop();
});

test('while a look that was asked for is under way, no other one begins', async () => {
  const { clock, poll, looks } = createPoll(300);
  void poll.start();
  await clock.advance(1_200);
  poll.lookNow();
  await clock.advance(1_500);
  assert.deepEqual(looks, [0, 1_200, 2_500]);
  poll.stop();
});

test('a look that is under way at the end is the last one', async () => {
  const { clock, poll, looks } = createPoll(300);
  void poll.start();
  await clock.advance(100);
  poll.stop();
  await clock.advance(5_000);
  assert.deepEqual(looks, [0]);
  assert.deepEqual(clock.waits(), []);
});
