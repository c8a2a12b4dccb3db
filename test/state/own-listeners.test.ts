import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { App } from '../../src/model/app.js';
import { formatProblem } from '../../src/model/problem.js';
import { withoutOwnListeners } from '../../src/state/own-listeners.js';
import { appInstance, appOf } from '../support/node/apps.js';

const listeners = {
  admin: { port: 1_936, isReachedAt: (address: string) => address === '127.0.0.1' },
  isBoundAt: (address: string) => address === '10.0.0.1',
};

/** @returns the instances that stay, by app, and the problems as people read them */
function clear(apps: readonly App[], definitions = apps) {
  const cleared = withoutOwnListeners(apps, definitions, listeners);
  return {
    ids: Object.fromEntries(cleared.apps.map(({ name, instances }) => [name, instances.map(({ id }) => id)])),
    said: cleared.problems.map(formatProblem),
  };
}

test('an instance that is the admin API is left out and named, the others stay', () => {
  const instances = [appInstance(1_936), appInstance(8_080), appInstance(1_936, { host: '172.17.0.2' })];
  const { ids, said } = clear([appOf('shop', 21_034, { instances })]);
  assert.deepEqual(ids, { shop: ['127.0.0.1:8080', '172.17.0.2:1936'] });
  assert.deepEqual(said, [
    '/services/shop.yml:1:1: error: shop.instances: 127.0.0.1:1936 is the admin API of this node, so it is left out ' +
      '(write the address and the port of the container)',
  ]);
});

test('of an instance that a container gave the container is named', () => {
  const container = { id: '0123456789ab'.padEnd(64, '0'), name: 'web-1' };
  const shop = appOf('shop', 21_034, { instances: [{ ...appInstance(1_936), container }] });
  assert.deepEqual(clear([shop], [{ ...shop, instances: [] }]).said, [
    'container web-1 (0123456789ab): error: shop: 127.0.0.1:1936, where its labels place it, is the admin API of this ' +
      'node, so it is left out (set autoproxy.port to the port that the app in the container listens on)',
  ]);
});

test('an instance that is the health port of an app is left out and named', () => {
  const at = (port: number) => appInstance(port, { host: '10.0.0.1' });
  const apps = [appOf('shop', 21_034), appOf('side', 21_036, { instances: [at(21_035), at(21_037), at(8_080)] })];
  const { ids, said } = clear(apps);
  assert.deepEqual(ids, { shop: [], side: ['10.0.0.1:8080'] });
  assert.deepEqual(
    said.map((text) => /(10\S+ is .*) on this node/.exec(text)?.[1]),
    ['10.0.0.1:21035 is the health port of shop', '10.0.0.1:21037 is the health port of side'],
  );
});

test('apps without such an instance are the same', () => {
  const apps = [
    appOf('shop', 21_034, { instances: [appInstance(8_080)] }),
    appOf('side', 21_036, { instances: [appInstance(21_035, { host: '10.0.0.2' })] }),
  ];
  const cleared = withoutOwnListeners(apps, apps, listeners);
  assert.equal(cleared.apps, apps);
  assert.deepEqual(cleared.problems, []);
});
