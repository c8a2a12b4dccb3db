/** What checks make of a service: out on purpose, out because nobody has looked yet, in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckEntry, ServiceEntry } from '../../../src/consul/answers.js';
import { type NodeCatalogue, nodeCatalogue } from '../../../src/sources/consul/catalogue.js';
import { instancesFrom, judgeServices } from '../../../src/sources/consul/services.js';

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
  return { id: `check-${serviceId}`, name: '', status, output: 'it said so', notes: '', serviceId, ...more };
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

/** Where Consul stands with one service `s1` of these words; the checks pass. */
function catalogueOf(words: Partial<ServiceEntry>, past?: NodeCatalogue) {
  const services = [service('s1', { weights: { passing: 3, warning: 1 }, ...words })];
  return nodeCatalogue('n1', { address: '127.0.0.9', services }, [], { catalogue: past ?? null, stored: [] });
}

function wordsOf(catalogue: NodeCatalogue) {
  const { instances, withdrawn, problems } = instancesFrom(catalogue, 'shop');
  assert.deepEqual(withdrawn, []);
  return {
    words: instances.map(({ weight, state }) => `${weight} ${state}`),
    said: problems.map(({ severity, message, hint }) => `${severity}: ${message} (${hint})`),
  };
}

for (const written of ['', '50%', '1.5', '257', '-1', '0x10', '\u0001'])
  test(`a weight ${JSON.stringify(written)} takes no instance out: Consul's own counts, or the last good one`, () => {
    for (const words of [{ meta: { 'autoproxy-weight': written } }, { tags: [`autoproxy.weight=${written}`] }]) {
      const fresh = wordsOf(catalogueOf(words));
      assert.deepEqual(fresh.words, ['256 ready']);
      assert.match(
        fresh.said.join(),
        /^warning: shop: the weight ".*" is invalid; Consul's own weight applies \(write /,
      );
      const good = catalogueOf({ meta: { 'autoproxy-weight': '7' } });
      const bad = catalogueOf(words, good);
      assert.deepEqual(wordsOf(bad).words, ['7 ready']);
      assert.match(wordsOf(bad).said.join(), /is invalid; 7, its last good one, applies/);
      assert.deepEqual(wordsOf(catalogueOf(words, bad)).words, ['7 ready'], 'for as long as it lasts');
      assert.deepEqual(wordsOf(catalogueOf({}, bad)), { words: ['256 ready'], said: [] }, 'what is taken away is gone');
    }
  });

for (const written of ['', 'drian', 'ready!', '1'])
  test(`a state ${JSON.stringify(written)} takes no instance out, and brings none back`, () => {
    for (const words of [{ meta: { 'autoproxy-state': written } }, { tags: [`autoproxy.state=${written}`] }]) {
      assert.deepEqual(wordsOf(catalogueOf(words)).words, ['256 ready']);
      const drained = catalogueOf({ meta: { 'autoproxy-state': 'drain' } });
      assert.deepEqual(wordsOf(catalogueOf(words, drained)).words, ['256 drain']);
    }
  });

test('blanks around a word and its case do not count, and of two words the one that can be read does', () => {
  const meta = { 'autoproxy-weight': ' 50 ', 'autoproxy-state': 'DRAIN' };
  assert.deepEqual(wordsOf(catalogueOf({ meta })), { words: ['50 drain'], said: [] });
  const both = { meta: { 'autoproxy-weight': '' }, tags: ['autoproxy.weight=20'] };
  assert.deepEqual(wordsOf(catalogueOf(both)), { words: ['20 ready'], said: [] });
});

test('after a restart the last good words are those that were served', () => {
  const before = wordsOf(catalogueOf({ meta: { 'autoproxy-weight': '7', 'autoproxy-state': 'maint' } }));
  assert.deepEqual(before.words, ['7 maint']);
  const app = { name: 'shop', instances: [{ id: '127.0.0.2:8001', weight: 7, state: 'maint' }] };
  const meta = { 'autoproxy-weight': '50%', 'autoproxy-state': 'main' };
  const services = [service('s1', { name: 'Shop', meta }), service('s2', { meta })];
  const past = { catalogue: null, stored: [app as never] };
  const { words } = wordsOf(nodeCatalogue('n1', { address: '127.0.0.9', services }, [], past));
  assert.deepEqual(words, ['7 maint', '100 ready']);
});

test('names of services are those of apps in any case, as for Consul; two that differ only in that are named', () => {
  const services = [service('s1', { name: 'SHOP' }), service('S2')];
  const catalogue = nodeCatalogue('n1', { address: '127.0.0.9', services }, [check('s2', 'critical')]);
  const { instances, withdrawn, problems } = instancesFrom(catalogue, 'shop');
  assert.deepEqual([instances.map(({ id }) => id), withdrawn], [['127.0.0.2:8001'], ['127.0.0.2:8002']]);
  assert.match(problems.map(({ message }) => message).join(), /"SHOP" and "shop" differ only in letter case/);
  assert.deepEqual(
    instancesFrom(nodeCatalogue('n1', { address: '127.0.0.9', services: [services[0] as never] }, []), 'shop').problems,
    [],
  );
});

test('a service without an address has that of its node', () => {
  assert.deepEqual(judged([service('s1', { address: '' })], []).ids, ['127.0.0.9:8001 ready']);
});

test('a node that the catalogue does not have has no services', () => {
  assert.deepEqual(judgeServices(nodeCatalogue('n1', null, []), 'shop'), []);
});
