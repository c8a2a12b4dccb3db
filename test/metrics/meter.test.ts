import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Meter } from '../../src/metrics/meter.js';

test('a rate is of the last second, as HAProxy slides over it, and the most of one second stays', () => {
  const meter = new Meter();
  meter.sample(1_000, 1, 100, 7);
  assert.deepEqual(meter.read(1_000, 1_000, 100, 0), { rate: 100, mostPerSecond: 100, mostAtOnce: 7, sinceLastMs: 0 });
  assert.equal(meter.read(1_250, 1_000, 110, 0).rate, 85, 'three quarters of 100, and 10');
  meter.sample(2_000, 1, 110, 1);
  meter.sample(3_000, 1, 110, 1);
  assert.deepEqual(meter.read(3_500, 3_000, 110, 1), {
    rate: 0,
    mostPerSecond: 100,
    mostAtOnce: 7,
    sinceLastMs: 1_500,
  });
});

test('what happened since the last second counts at once', () => {
  const meter = new Meter();
  meter.sample(0, 1, 0, 0);
  assert.equal(meter.read(500, 0, 0, 0).sinceLastMs, null);
  assert.deepEqual(meter.read(500, 0, 300, 9), { rate: 300, mostPerSecond: 300, mostAtOnce: 9, sinceLastMs: 0 });
});

test('a late sample is of a longer time, and a count that jumped does not make a rate', () => {
  const meter = new Meter();
  meter.sample(1_000, 1, 0, 0);
  meter.sample(5_000, 4, 400, 0);
  assert.equal(meter.read(5_000, 5_000, 400, 0).rate, 100);
  meter.sample(6_000, null, 90_000, 0);
  assert.deepEqual(meter.read(6_000, 6_000, 90_000, 0), {
    ...{ rate: 0, mostPerSecond: 100, mostAtOnce: 0 },
    sinceLastMs: 1_000,
  });
});

test('what came in more than a second is no rate of one second', () => {
  const meter = new Meter();
  meter.sample(1_000, 1, 100, 0);
  const { rate, mostPerSecond } = meter.read(2_500, 1_000, 250, 0);
  assert.deepEqual([rate, mostPerSecond], [100, 100]);
});

test('the maxima begin anew in the midst of a second: what was before it does not count', () => {
  const meter = new Meter();
  meter.sample(1_000, 1, 100, 7);
  meter.clearMaxima(160);
  assert.deepEqual(meter.read(1_500, 1_000, 160, 2), {
    ...{ rate: 110, mostPerSecond: 0, mostAtOnce: 2 },
    sinceLastMs: 0,
  });
  assert.equal(meter.read(1_600, 1_000, 165, 2).mostPerSecond, 5);
  meter.sample(2_000, 1, 170, 3);
  meter.sample(3_000, 1, 178, 1);
  const { mostPerSecond, mostAtOnce } = meter.read(3_000, 3_000, 178, 1);
  assert.deepEqual([mostPerSecond, mostAtOnce], [10, 3]);
});
