/** What checks make of a service: out on purpose, out because nobody has looked yet, in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckEntry, ServiceEntry } from '../../src/consul/answers.js';
import { instancesFrom, judgeServices, nodeCatalogue } from '../../src/sources/consul-services.js';

function service(id: string, more: Partial<ServiceEntry> = {}): ServiceEntry {
  const port = 8_000 + Number(id.replace(/\D/g, '') || 0);
  return {
    id,
    name: 'shop',
    address: '127.0.0.2',
    port,
    tags: [],
    meta: {},
    weights: { passing: 1, warning: 1 },
    ...more,
  };
}

function check(serviceId: string, status: CheckEntry['status'], more: Partial<CheckEntry> = {}): CheckEntry {
  return { id: `check-${serviceId}`, name: '', status, output: 'it said so', serviceId, ...more };
}

function judged(services: readonly ServiceEntry[], checks: readonly CheckEntry[]) {
  const { instances, withdrawn } = instancesFrom(
    nodeCatalogue('n1', { address: '127.0.0.9', services }, checks),
    'shop',
  );
  return { ids: instances.map(({ id, state }) => `${id} ${state}`), withdrawn };
}

test('a check that ran and failed takes an instance out on purpose', () => {
  assert.deepEqual(judged([service('s1'), service('s2')], [check('s1', 'critical'), check('s2', 'passing')]), {
    ids: ['127.0.0.2:8002 ready'],
    withdrawn: ['127.0.0.2:8001'],
  });
});

test('what an agent has not checked yet since its start is out, and nobody meant that', () => {
  const fresh = check('s1', 'critical', { output: '' });
  assert.deepEqual(judged([service('s1')], [fresh]), { ids: [], withdrawn: [] });
  assert.deepEqual(judged([service('s1')], [fresh, check('s1', 'critical', { id: 'other' })]), {
    ids: [],
    withdrawn: ['127.0.0.2:8001'],
  });
});

test('checks of the node count for each service, those of other services and of the agent do not', () => {
  const ofNode = check('', 'critical', { id: 'disk' });
  assert.deepEqual(judged([service('s1')], [ofNode]).withdrawn, ['127.0.0.2:8001']);
  const ofAgent = check('', 'critical', { id: 'serfHealth' });
  assert.deepEqual(judged([service('s1')], [ofAgent, check('s2', 'critical')]).ids, ['127.0.0.2:8001 ready']);
});

test('maintenance of a service, and of the whole node, drains', () => {
  const ofService = check('s1', 'critical', { id: '_service_maintenance:s1' });
  assert.deepEqual(judged([service('s1'), service('s2')], [ofService]).ids, [
    '127.0.0.2:8001 drain',
    '127.0.0.2:8002 ready',
  ]);
  const ofNode = check('', 'critical', { id: '_node_maintenance' });
  assert.deepEqual(judged([service('s1')], [ofNode]).ids, ['127.0.0.2:8001 drain']);
});

test('a service without an address has that of its node', () => {
  assert.deepEqual(judged([service('s1', { address: '' })], []).ids, ['127.0.0.9:8001 ready']);
});

test('a node that the catalogue does not have has no services', () => {
  assert.deepEqual(judgeServices(nodeCatalogue('n1', null, []), 'shop'), []);
});
