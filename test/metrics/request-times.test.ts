import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addTimes,
  averageMs,
  clearLongest,
  createRequestTimes,
  longestMs,
  recordTimes,
  sumMs,
  TIMES,
  timedRequests,
} from '../../src/metrics/request-times.js';

test('sums, averages and the longest, at the slot and at the instance', () => {
  const slot = createRequestTimes();
  const instance = createRequestTimes();
  recordTimes(slot, instance, 0, 1.5, 2, 10);
  recordTimes(slot, null, 4, 0, 6, 30);
  assert.deepEqual([timedRequests(slot), timedRequests(instance)], [2, 1]);
  assert.deepEqual(
    Object.values(TIMES).map((kind) => sumMs(slot, kind)),
    [4, 1.5, 8, 40],
  );
  assert.deepEqual(
    Object.values(TIMES).map((kind) => averageMs(slot, kind)),
    [2, 0.75, 4, 20],
  );
  assert.deepEqual(
    Object.values(TIMES).map((kind) => longestMs(instance, kind)),
    [0, 1.5, 2, 10],
  );
});

test('without a request all is 0', () => {
  const times = createRequestTimes();
  assert.deepEqual(
    [sumMs, averageMs, longestMs].map((read) => read(times, TIMES.TOTAL)),
    [0, 0, 0],
  );
});

test('the average is of the last 1024, the sum of all', () => {
  const times = createRequestTimes();
  for (let count = 0; count < 2_000; count += 1) recordTimes(times, null, 0, 0, 1, 100);
  for (let count = 0; count < 10_000; count += 1) recordTimes(times, null, 0, 0, 1, 10);
  assert.ok(Math.abs(averageMs(times, TIMES.TOTAL) - 10) < 0.1, `${averageMs(times, TIMES.TOTAL)}`);
  assert.equal(sumMs(times, TIMES.TOTAL), 300_000);
  assert.equal(longestMs(times, TIMES.TOTAL), 100);
});

test('of several workers the sums add up, the longest is that of one; who is gone takes its averages along', () => {
  const [first, second, sum] = [createRequestTimes(), createRequestTimes(), createRequestTimes()];
  recordTimes(first, null, 0, 0, 0, 10);
  recordTimes(second, null, 0, 0, 0, 40);
  addTimes(sum, first, { gauges: false });
  addTimes(sum, second, { gauges: true });
  assert.equal(timedRequests(sum), 2);
  assert.equal(sumMs(sum, TIMES.TOTAL), 50);
  assert.equal(longestMs(sum, TIMES.TOTAL), 40);
  assert.equal(averageMs(sum, TIMES.TOTAL), 40);
});

test('hours are counted too', () => {
  const times = createRequestTimes();
  recordTimes(times, null, 0, 0, 0, 36_000_000);
  assert.equal(sumMs(times, TIMES.TOTAL), 36_000_000);
});

test('the longest begin anew, and nothing else does', () => {
  const times = createRequestTimes();
  recordTimes(times, null, 1, 2, 3, 10);
  clearLongest(times);
  const kinds = Object.values(TIMES);
  assert.deepEqual(
    kinds.map((kind) => longestMs(times, kind)),
    [0, 0, 0, 0],
  );
  assert.deepEqual([timedRequests(times), ...kinds.map((kind) => averageMs(times, kind))], [1, 1, 2, 3, 10]);
  recordTimes(times, null, 0, 1, 1, 4);
  assert.equal(longestMs(times, TIMES.TOTAL), 4);
});
