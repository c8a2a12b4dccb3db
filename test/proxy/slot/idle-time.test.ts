/** What a worker learns of the time after which an instance closes its idle connections. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IdleTime, usableIdleMs } from '../../../src/proxy/slot/idle-time.js';

const MINUTE_MS = 60_000;

/** Closes at these ages, each at a moment of its own, from `startMs` on. */
function closes(time: IdleTime, ages: readonly number[], startMs = 0): number {
  let now = startMs;
  for (const age of ages) {
    now += 10_000;
    time.noteClose(age, now);
  }
  return now;
}

test('the margin is a second, or half of a short time', () => {
  assert.deepEqual([60_000, 5_000, 2_000, 1_000, 200, 0].map(usableIdleMs), [59_000, 4_000, 1_000, 500, 100, 0]);
});

test('three closes that agree are believed; one or two say nothing', () => {
  const time = new IdleTime();
  let now = closes(time, [5_004, 5_010]);
  assert.equal(time.usableMs(now), Number.POSITIVE_INFINITY);
  now = closes(time, [5_002], now);
  assert.equal(time.usableMs(now), 4_002);
});

test('a server that looks at its clock once a second closes at ages that agree', () => {
  const time = new IdleTime();
  const now = closes(time, [2_600, 2_050, 2_900]);
  assert.equal(time.usableMs(now), usableIdleMs(2_050));
});

test('a restart closes connections of all ages at one moment, and is not believed', () => {
  const time = new IdleTime();
  for (let age = 0; age < 60_000; age += 100) time.noteClose(age, 1_000_000 + age / 1_000);
  assert.equal(time.usableMs(1_001_000), Number.POSITIVE_INFINITY);
  for (let index = 0; index < 64; index += 1) time.noteClose(300, 2_000_000 + index);
  assert.equal(time.usableMs(2_001_000), Number.POSITIVE_INFINITY, 'connections that became idle together');
});

test('restarts now and then, at ages of their own, are not believed', () => {
  const time = new IdleTime();
  const now = closes(time, [31_000, 2_000, 12_000, 500, 55_000, 7_000]);
  assert.equal(time.usableMs(now), Number.POSITIVE_INFINITY);
});

test('what is believed stays through a restart', () => {
  const time = new IdleTime();
  let now = closes(time, [5_000, 5_000, 5_000]);
  now = closes(time, [40], now);
  assert.equal(time.usableMs(now), 4_000);
  now = closes(time, [5_000], now);
  assert.equal(time.usableMs(now), 4_000);
});

test('a shorter time that is new is believed after three closes', () => {
  const time = new IdleTime();
  const now = closes(time, [20_000, 20_100, 20_400, 2_000, 2_010, 2_020]);
  assert.equal(time.usableMs(now), 1_000);
});

test('after ten minutes without a close the time is asked anew, and the next close that agrees is enough', () => {
  const time = new IdleTime();
  let now = closes(time, [5_000, 5_000, 5_000]);
  assert.equal(time.usableMs(now + 9 * MINUTE_MS), 4_000);
  now += 11 * MINUTE_MS;
  assert.equal(time.usableMs(now), Number.POSITIVE_INFINITY);
  now = closes(time, [5_020], now);
  assert.equal(time.usableMs(now), 4_000);
});

test('after ten minutes a longer time takes three closes again', () => {
  const time = new IdleTime();
  let now = closes(time, [5_000, 5_000, 5_000]) + 11 * MINUTE_MS;
  assert.equal(time.usableMs(now), Number.POSITIVE_INFINITY);
  now = closes(time, [30_000, 30_000], now);
  assert.equal(time.usableMs(now), Number.POSITIVE_INFINITY);
  now = closes(time, [30_000], now);
  assert.equal(time.usableMs(now), 29_000);
});

test('an instance that closes right behind its response without a word is not trusted with another request', () => {
  const time = new IdleTime();
  const now = closes(time, [2, 0, 5]);
  assert.equal(time.usableMs(now), 0);
});
