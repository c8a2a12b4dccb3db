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
