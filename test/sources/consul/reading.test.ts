import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCatalogue } from '../../../src/sources/consul/catalogue.js';
import {
  consulReadingFrom,
  type KeyRecord,
  recordFromKey,
  recordsFromStored,
} from '../../../src/sources/consul/reading.js';

const KEY = 'autoproxy/apps/shop';
const GOOD = 'name: shop\npods: [alpha]\nprotocol: http\nslot: 21600\nhealth: {path: /up}\n';
const BROKEN = 'name: shop\npods: [\n';
const EMPTY = nodeCatalogue('consul-1', null, []);

function stateOf(record: KeyRecord) {
  return consulReadingFrom('alpha', [record], EMPTY);
}

test('a document that broke while the node was stopped is served as it was stored, until it is mended', () => {
  const before = stateOf(recordFromKey({ key: KEY, text: GOOD, modifyIndex: 7 }, null)).apps;
  const [stored] = recordsFromStored(before, 'alpha');
  const broken = recordFromKey({ key: KEY, text: BROKEN, modifyIndex: 9 }, stored ?? null);
  const { apps, problems } = stateOf(broken);
  assert.deepEqual(
    apps.map(({ origin: _, ...app }) => app),
    before.map(({ origin: _, ...app }) => app),
  );
  assert.match(problems[0]?.message ?? '', /its last good version stays in force/);
  const mended = recordFromKey({ key: KEY, text: GOOD.replace('/up', '/ok'), modifyIndex: 11 }, broken);
  assert.equal(stateOf(mended).apps[0]?.health.path, '/ok');
});

test('what was never good is not served', () => {
  const record = recordFromKey({ key: KEY, text: BROKEN, modifyIndex: 1 }, null);
  assert.deepEqual(stateOf(record).apps, []);
});

test('an app whose name is that of a service of Consul itself is not served on', () => {
  const [shop] = stateOf(recordFromKey({ key: KEY, text: GOOD, modifyIndex: 7 }, null)).apps;
  assert.deepEqual(recordsFromStored([{ ...shop, name: 'consul' } as never], 'alpha'), []);
  const record = recordFromKey(
    { key: 'autoproxy/apps/consul', text: GOOD.replace('shop', 'consul'), modifyIndex: 1 },
    null,
  );
  assert.deepEqual(stateOf(record).apps, []);
  assert.match(record.problems[0]?.message ?? '', /"consul" is not a name of an app/);
});

test('a key below a folder never holds an app', () => {
  const record = recordFromKey({ key: 'autoproxy/apps/team/shop', text: GOOD, modifyIndex: 1 }, null);
  assert.deepEqual(stateOf(record).apps, []);
  assert.deepEqual(
    record.problems.map(({ severity, hint }) => [severity, hint]),
    [['warning', 'write the definition to autoproxy/apps/shop, as autoproxy app put does, and delete this key']],
  );
});
