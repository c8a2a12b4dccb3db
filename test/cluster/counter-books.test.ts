import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CounterBooks } from '../../src/cluster/counter-books.js';
import { createKeyedObject } from '../../src/core/keyed-object.js';
import { createSlotCounters, type WorkerReport } from '../../src/metrics/counters.js';
import { longestMs, recordTimes, TIMES, timedRequests } from '../../src/metrics/request-times.js';
import { FakeClock } from '../support/fake-clock.js';
import { createRecordingLog } from '../support/recording-log.js';

function reportOf(requests: number): WorkerReport {
  return { slots: createKeyedObject([['shop', { ...createSlotCounters(), requests }]]) };
}

test('what another primary left is counted, and does not count as traffic of this second', async () => {
  const clock = new FakeClock();
  const books = new CounterBooks<object>(clock, createRecordingLog().log);
  const told: boolean[] = [];
  books.onSecond(({ hasInherited }) => told.push(hasInherited));
  const worker = {};
  const second = async (requests: number): Promise<void> => {
    books.record(worker, reportOf(requests));
    await clock.advance(1_000);
    books.endSecond(clock.now());
  };
  await second(0);
  await second(10);
  books.inherit(reportOf(5_000));
  await second(20);
  await second(25);
  const sum = books.sum().slots.shop ?? assert.fail('counters');
  const { requests } = books.traffic.of('shop', sum, clock.now(), 0);
  assert.deepEqual([sum.requests, requests.rate, requests.mostPerSecond], [5_025, 5, 10]);
  assert.deepEqual(told, [false, false, true, false]);
});

test('the most at once of a second is told at its end, and then begins anew', () => {
  const clock = new FakeClock();
  const books = new CounterBooks<object>(clock, createRecordingLog().log);
  const slot = { ...createSlotCounters(), inFlight: 2, inFlightPeak: 7 };
  books.record({}, { slots: createKeyedObject([['shop', slot]]) });
  const peaks = [books.endSecond(clock.now()), books.sum()].map(({ slots }) => slots.shop?.inFlightPeak);
  assert.deepEqual(peaks, [7, 2]);
});

test('a broken report costs the count alone', () => {
  const { log, lines } = createRecordingLog();
  const books = new CounterBooks<object>(new FakeClock(), log);
  const worker = {};
  books.record(worker, reportOf(3));
  books.record(worker, { slots: { shop: 7 } } as unknown as WorkerReport);
  assert.equal(books.sum().slots.shop?.requests, 3);
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['counting failed; the counters are incomplete'],
  );
});

test('the maxima begin anew, also those of workers that are gone, and counters do not', async () => {
  const clock = new FakeClock();
  const books = new CounterBooks<object>(clock, createRecordingLog().log);
  const reportWith = (requests: number, inFlightPeak: number, totalMs: number): WorkerReport => {
    const counters = { ...createSlotCounters(), requests, inFlightPeak };
    if (totalMs > 0) recordTimes(counters.times, null, 0, 0, 0, totalMs);
    return { slots: createKeyedObject([['shop', counters]]) };
  };
  const [old, worker] = [{}, {}];
  books.record(old, reportWith(100, 9, 70));
  await clock.advance(1_000);
  books.endSecond(clock.now());
  books.retire(old);
  books.record(worker, reportWith(5, 4, 0));
  books.clearMaxima();
  const sum = books.sum().slots.shop ?? assert.fail('counters');
  const { requests } = books.traffic.of('shop', sum, clock.now(), 0);
  assert.deepEqual([sum.requests, requests.mostAtOnce, requests.mostPerSecond], [105, 0, 0]);
  assert.deepEqual([longestMs(sum.times, TIMES.TOTAL), timedRequests(sum.times)], [0, 1]);
});
