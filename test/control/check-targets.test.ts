import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instanceTargets, neighborKey, neighborTarget, targetKey } from '../../src/control/check-targets.js';
import { appInstance, appOf } from '../support/node/apps.js';

const HEALTH = { path: '/ping', intervalMs: 500, timeoutMs: 300, rise: 2, fall: 3 };

test('every instance but those in maintenance is checked, as its app says', () => {
  const shop = appOf('shop', 21_000, {
    health: HEALTH,
    instances: [appInstance(8_080), appInstance(8_081, { state: 'maint' }), appInstance(8_082, { state: 'drain' })],
  });
  const targets = instanceTargets([shop, appOf('empty', 21_010)]);
  assert.deepEqual(
    targets.map(({ key, host, port, check }) => ({ key, host, port, check })),
    [8_080, 8_082].map((port) => ({ key: `shop 127.0.0.1:${port}`, host: '127.0.0.1', port, check: HEALTH })),
  );
});

test('what takes no new traffic stands in for nobody', () => {
  const shop = appOf('shop', 21_000, {
    instances: [appInstance(8_080), appInstance(8_081, { state: 'drain' }), appInstance(8_082, { weight: 0 })],
  });
  const other = appOf('other', 21_010, { instances: [appInstance(8_080)] });
  const [serving, drained, weightless, foreign] = instanceTargets([shop, other]).map(({ group }) => group);
  assert.notEqual(serving, drained);
  assert.equal(drained, weightless);
  assert.notEqual(serving, foreign);
});

test('neighbors are checked at the health port of each slot, on the path of health ports', () => {
  const apps = [appOf('shop', 21_000, { health: HEALTH }), appOf('search', 21_010)];
  const targets = apps.map((app) => neighborTarget(app, '10.0.0.2', '10.0.0.1'));
  assert.deepEqual(
    targets.map(({ host, port, check, localAddress }) => [host, port, check.path, localAddress]),
    [
      ['10.0.0.2', 21_001, '/health', '10.0.0.1'],
      ['10.0.0.2', 21_011, '/health', '10.0.0.1'],
    ],
  );
  assert.equal(targets[0]?.key, neighborKey('shop', '10.0.0.2'));
});

test('no instance and no neighbor of any app shares a key with another', () => {
  const apps = ['shop', 'shop-neighbor', 'neighbor'].map((name, index) =>
    appOf(name, 21_000 + 10 * index, { instances: [appInstance(8_080), appInstance(8_080, { host: '10.0.0.2' })] }),
  );
  const neighbors = apps.flatMap((app) => ['10.0.0.2', '127.0.0.1'].map((host) => neighborTarget(app, host, null)));
  const keys = [...instanceTargets(apps), ...neighbors].map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length);
  assert.ok(keys.includes(targetKey('shop', '10.0.0.2:8080')));
});
