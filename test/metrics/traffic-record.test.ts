import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeyedObject } from '../../src/core/keyed-object.js';
import { createSlotCounters, type SlotCounters } from '../../src/metrics/counters.js';
import { createInstanceCounters } from '../../src/metrics/instance-counters.js';
import { TrafficRecord } from '../../src/metrics/traffic-record.js';

function countersOf(requests: number, inFlightPeak: number, ids = ['a']): SlotCounters {
  const instances = createKeyedObject(
    ids.map((id) => [id, { ...createInstanceCounters(), requests, inFlightPeak }] as const),
  );
  return { ...createSlotCounters(), connections: 1, requests, inFlightPeak, queuedPeak: 2, instances };
}

function slotsOf(counters: SlotCounters) {
  return createKeyedObject([['shop', counters]]);
}

test('an app that is there after the first second is counted from its first request on', () => {
  const record = new TrafficRecord();
  record.sample(1_000, slotsOf(countersOf(50, 9)), true);
  record.sample(2_000, createKeyedObject(), true);
  record.sample(3_000, slotsOf(countersOf(50, 3)), true);
  const { requests, clients, mostQueued, instances } = record.of('shop', countersOf(50, 0), 3_000, 0);
  assert.deepEqual([requests.rate, requests.mostAtOnce, clients.rate, mostQueued], [50, 3, 1, 2]);
  assert.deepEqual([instances.get('a')?.rate, instances.get('a')?.mostAtOnce], [50, 3]);
});

test('counters of another primary make no rate, at the start or later', () => {
  const record = new TrafficRecord();
  record.sample(1_000, slotsOf(countersOf(1_000, 0)), true);
  record.sample(2_000, slotsOf(countersOf(5_000, 0)), false);
  record.sample(3_000, slotsOf(countersOf(5_010, 0)), true);
  assert.equal(record.of('shop', countersOf(5_010, 0), 3_000, 0).requests.mostPerSecond, 10);
});

test('an instance had no more at once than its limit, however its permits moved', () => {
  const record = new TrafficRecord();
  record.sample(1_000, slotsOf(countersOf(5, 12)), true);
  const { instances } = record.of('shop', countersOf(5, 0), 1_000, 10);
  assert.equal(instances.get('a')?.mostAtOnce, 10);
});

test('an instance that is gone is forgotten', () => {
  const record = new TrafficRecord();
  record.sample(1_000, slotsOf(countersOf(5, 12, ['a', 'b'])), true);
  record.sample(2_000, slotsOf(countersOf(5, 1, ['b'])), true);
  const { instances } = record.of('shop', countersOf(5, 1, ['a', 'b']), 2_000, 0);
  assert.deepEqual([instances.get('a')?.mostAtOnce, instances.get('b')?.mostAtOnce], [1, 12]);
});

test('the maxima of apps and instances begin anew', () => {
  const record = new TrafficRecord();
  record.sample(1_000, slotsOf(countersOf(0, 0)), true);
  record.sample(2_000, slotsOf(countersOf(50, 9)), true);
  record.clearMaxima(slotsOf(countersOf(50, 0)));
  const now = { ...countersOf(51, 1), queuedPeak: 0 };
  const { requests, clients, mostQueued, instances } = record.of('shop', now, 2_500, 0);
  assert.deepEqual([requests.mostPerSecond, requests.mostAtOnce, clients.mostPerSecond, mostQueued], [1, 1, 0, 0]);
  assert.deepEqual([instances.get('a')?.mostPerSecond, instances.get('a')?.mostAtOnce], [1, 1]);
});

test('of the node, the connections of all apps are counted', () => {
  const record = new TrafficRecord();
  const slots = (connections: number) =>
    createKeyedObject([
      ['shop', { ...countersOf(0, 0), connections }],
      ['cart', { ...countersOf(0, 0), connections: 2 * connections }],
    ]);
  record.sample(1_000, slots(1), true);
  record.sample(2_000, slots(11), true);
  assert.deepEqual(record.ofNode(slots(11), 2_000), { rate: 30, mostPerSecond: 30, mostAtOnce: 0, sinceLastMs: 0 });
  record.clearMaxima(slots(11));
  assert.equal(record.ofNode(slots(12), 2_100).mostPerSecond, 3);
});
