import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { pause } from '../../src/core/pause.js';
import { FakeClock } from '../support/fake-clock.js';

test('a pause ends after its time, or with its signal', async () => {
  const clock = new FakeClock();
  const { signal } = new AbortController();
  const whole = pause(clock, 500, signal);
  assert.deepEqual(clock.waits(), [500]);
  await clock.advance(500);
  await whole;

  const stop = new AbortController();
  const cut = pause(clock, 500, stop.signal);
  stop.abort();
  await cut;
  assert.deepEqual(clock.waits(), []);
  await pause(clock, 500, stop.signal);
  assert.deepEqual(clock.waits(), []);
});

test('pauses leave nothing at a signal that lives as long as the node', async () => {
  const clock = new FakeClock();
  const { signal } = new AbortController();
  for (let round = 0; round < 3; round += 1) {
    const one = pause(clock, 200, signal);
    await clock.advance(200);
    await one;
  }
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});
