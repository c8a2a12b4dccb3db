import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CounterLedger } from '../../src/cluster/counter-ledger.js';
import { createKeyedObject } from '../../src/core/keyed-object.js';
import { createSlotCounters, type WorkerReport } from '../../src/metrics/counters.js';
import { createInstanceCounters } from '../../src/metrics/instance-counters.js';
import { slotOf, snapshotOf } from './cluster-parts.js';

const HOST = '127.61.6.1';

function countersOf(requests: number, inFlight = 0): WorkerReport {
  const instances = createKeyedObject([[`${HOST}:1`, { ...createInstanceCounters(), requests }]]);
  return { slots: createKeyedObject([['web', { ...createSlotCounters(), requests, inFlight, instances }]]) };
}

test('the sum is of all workers; those that are gone leave their totals and take their gauges', () => {
  const ledger = new CounterLedger<object>();
  const [first, second] = [{}, {}];
  ledger.record(first, countersOf(10, 2));
  ledger.record(second, countersOf(5, 1));
  assert.equal(ledger.sum().slots.web?.requests, 15);
  assert.equal(ledger.sum().slots.web?.inFlight, 3);
  assert.equal(ledger.underWayOf(first), 2);
  ledger.retire(first);
  assert.equal(ledger.sum().slots.web?.requests, 15);
  assert.equal(ledger.sum().slots.web?.inFlight, 1);
});

test('a slot that a worker drops or begins again keeps its totals', () => {
  const ledger = new CounterLedger<object>();
  const worker = {};
  ledger.record(worker, countersOf(10));
  ledger.record(worker, { slots: {} });
  assert.equal(ledger.sum().slots.web?.requests, 10);
  ledger.record(worker, countersOf(4));
  ledger.record(worker, countersOf(1));
  assert.equal(ledger.sum().slots.web?.requests, 15);
});

test('instances that are gone from the snapshot are forgotten, their slot is not', () => {
  const ledger = new CounterLedger<object>();
  const worker = {};
  ledger.record(worker, countersOf(10));
  ledger.retire(worker);
  ledger.forgetInstances(snapshotOf(HOST, 1, [slotOf(HOST, 1_000, { instancePort: 1 })]));
  assert.equal(ledger.sum().slots.web?.instances[`${HOST}:1`]?.requests, 10);
  ledger.forgetInstances(snapshotOf(HOST, 2, [slotOf(HOST, 1_000, { instancePort: 2 })]));
  assert.deepEqual(Object.keys(ledger.sum().slots.web?.instances ?? { web: true }), []);
  assert.equal(ledger.sum().slots.web?.requests, 10);
});

test('an instance that was away at one worker only does not go back', () => {
  const ledger = new CounterLedger<object>();
  const [quick, late] = [{}, {}];
  for (const worker of [quick, late]) ledger.record(worker, countersOf(10));
  ledger.record(quick, { slots: createKeyedObject([['web', { ...createSlotCounters(), requests: 10 }]]) });
  assert.equal(ledger.sum().slots.web?.instances[`${HOST}:1`]?.requests, 20);
  const again = createKeyedObject([[`${HOST}:1`, { ...createInstanceCounters(), requests: 1 }]]);
  ledger.record(quick, {
    slots: createKeyedObject([['web', { ...createSlotCounters(), requests: 11, instances: again }]]),
  });
  assert.equal(ledger.sum().slots.web?.instances[`${HOST}:1`]?.requests, 21);
});

test('the most at once is of all reports since the last second, and what is under way begins the next one', () => {
  const ledger = new CounterLedger<object>();
  const [first, second] = [{}, {}];
  const report = (requests: number, inFlight: number, inFlightPeak: number): WorkerReport => {
    const instance = { ...createInstanceCounters(), requests, inFlight, inFlightPeak };
    const slot = { ...createSlotCounters(), requests, inFlight, inFlightPeak };
    return {
      slots: createKeyedObject([['web', { ...slot, instances: createKeyedObject([[`${HOST}:1`, instance]]) }]]),
    };
  };
  const peaks = (): readonly (number | undefined)[] => {
    const { web } = ledger.sum().slots;
    return [web?.inFlightPeak, web?.instances[`${HOST}:1`]?.inFlightPeak];
  };
  ledger.record(first, report(10, 2, 8));
  ledger.record(first, report(11, 1, 3));
  ledger.record(second, report(5, 0, 4));
  assert.deepEqual(peaks(), [12, 12]);
  ledger.beginPeaks();
  assert.deepEqual(peaks(), [1, 1]);
  ledger.record(first, report(12, 0, 2));
  assert.deepEqual(peaks(), [2, 2]);
});

test('the most at once counts in the second in which it is said, also where a worker says the same again', () => {
  const ledger = new CounterLedger<object>();
  const worker = {};
  const report = countersOf(10);
  const [slot] = Object.values(report.slots);
  Object.assign(slot ?? {}, { queuedPeak: 4 });
  for (let second = 0; second < 2; second += 1) {
    ledger.record(worker, report);
    assert.equal(ledger.sum().slots.web?.queuedPeak, 4);
    ledger.beginPeaks();
    assert.equal(ledger.sum().slots.web?.queuedPeak, 0);
  }
});

test('a slot in which nothing was said is not added up again', () => {
  const ledger = new CounterLedger<object>();
  const [first, second] = [{}, {}];
  const report = countersOf(10, 2);
  ledger.record(first, report);
  ledger.record(second, countersOf(5));
  const { web } = ledger.sum().slots;
  ledger.record(first, { ...report });
  assert.equal(ledger.sum().slots.web, web);
  ledger.retire(second);
  assert.equal(web?.requests, 15);
  assert.deepEqual([ledger.sum().slots.web?.requests, ledger.sum().slots.web?.inFlight], [15, 2]);
});
