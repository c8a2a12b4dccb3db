import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoopLag } from '../../src/health/loop-lag.js';
import { FakeClock } from '../support/fake-clock.js';

test('time that passes while the loop runs is not lost', async () => {
  const clock = new FakeClock();
  const end = new LoopLag(clock).watch();
  await clock.advance(10_000);
  assert.equal(end(), 0);
});

test('time in which no timer could fire is lost, but for the tick that was under way', async () => {
  const clock = new FakeClock();
  const end = new LoopLag(clock).watch();
  await clock.advance(1_000);
  clock.jump(5_000);
  await clock.advance(1_000);
  const lostMs = end();
  assert.ok(lostMs >= 4_950 && lostMs <= 5_000, `${lostMs} ms`);
});

test('it counts before the late timer has fired', () => {
  const clock = new FakeClock();
  const end = new LoopLag(clock).watch();
  clock.jump(1_000);
  assert.equal(end(), 950);
});

test('each watch counts its own time', async () => {
  const clock = new FakeClock();
  const lag = new LoopLag(clock);
  const endFirst = lag.watch();
  clock.jump(1_050);
  await clock.advance(50);
  const endSecond = lag.watch();
  clock.jump(2_050);
  assert.equal(endFirst(), 3_000);
  assert.equal(endSecond(), 2_000);
});

test('it ticks only while it is watched', async () => {
  const clock = new FakeClock();
  const lag = new LoopLag(clock);
  assert.deepEqual(clock.waits(), []);
  const ends = [lag.watch(), lag.watch()];
  assert.equal(clock.waits().length, 1);
  for (const end of ends) end();
  assert.deepEqual(clock.waits(), []);
  clock.jump(60_000);
  assert.equal(lag.watch()(), 0, 'what happened while nobody watched does not count');
});
