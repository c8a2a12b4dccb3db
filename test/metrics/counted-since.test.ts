import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeyedObject } from '../../src/core/keyed-object.js';
import { countedSince } from '../../src/metrics/counted-since.js';
import { createSlotCounters, type WorkerReport } from '../../src/metrics/counters.js';
import { createInstanceCounters } from '../../src/metrics/instance-counters.js';

function reportOf(requests: number, app = 'shop', instance = '10.0.0.1:80'): WorkerReport {
  const slot = createSlotCounters();
  slot.requests = requests;
  slot.responses[2] = requests;
  slot.latency[5] = requests;
  slot.errors = requests > 5 ? { CONNECT_TIMEOUT: requests - 5 } : {};
  slot.instances = createKeyedObject([[instance, { ...createInstanceCounters(), requests }]]);
  return { slots: createKeyedObject([[app, slot]]) };
}

test('each number is the difference, at every depth', () => {
  const shop = countedSince(reportOf(3), reportOf(10)).slots.shop;
  assert.deepEqual([shop?.requests, shop?.responses[2], shop?.latency[5]], [7, 7, 7]);
  assert.deepEqual({ ...shop?.errors }, { CONNECT_TIMEOUT: 5 });
  assert.equal(shop?.instances['10.0.0.1:80']?.requests, 7);
});

test('what was not there before began with 0, also under the name of a property of every object', () => {
  for (const name of ['constructor', '__proto__', 'toString']) {
    const { slots } = countedSince(reportOf(3), reportOf(10, name, name));
    const counted = new Map(Object.entries(slots)).get(name);
    assert.equal(counted?.requests, 10, name);
    assert.equal(new Map(Object.entries(counted?.instances ?? {})).get(name)?.requests, 10, name);
  }
});
