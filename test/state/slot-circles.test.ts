import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { App } from '../../src/model/app.js';
import { formatProblem } from '../../src/model/problem.js';
import { withoutSlotCircles } from '../../src/state/slot-circles.js';
import { appInstance, appOf } from '../support/node/apps.js';

const isBound = (address: string): boolean => address === '127.0.0.1';

function appTo(name: string, slot: number, ...ports: readonly number[]): App {
  return appOf(name, slot, { instances: ports.map((port) => appInstance(port)) });
}

/** @returns the instances that stay, by app, and the problems as people read them */
function clear(apps: readonly App[], previous: readonly App[] = [], definitions = apps) {
  const cleared = withoutSlotCircles(apps, definitions, previous, isBound);
  const ports = cleared.apps.map(({ name, instances }) => [name, instances.map(({ port }) => port)]);
  return { apps: cleared.apps, ports: Object.fromEntries(ports), said: cleared.problems.map(formatProblem) };
}

test("an instance that is the app's own slot on this node is left out and named, the others stay", () => {
  const { ports, said } = clear([appTo('shop', 21_034, 21_034, 8_080)]);
  assert.deepEqual(ports, { shop: [8_080] });
  assert.deepEqual(said, [
    '/services/shop.yml:1:1: error: shop.instances: 127.0.0.1:21034 is the slot of the app itself on this node, ' +
      'so it is left out (write the address and the port of the container)',
  ]);
});

test('of an instance that a container gave the container is named; where the file lists it, the file', () => {
  const container = { id: '0123456789ab'.padEnd(64, '0'), name: 'web-1' };
  const shop = appOf('shop', 21_034, { instances: [{ ...appInstance(21_034), container }] });
  const { ports, said } = clear([shop], [], [{ ...shop, instances: [] }]);
  assert.deepEqual(ports, { shop: [] });
  assert.deepEqual(said, [
    'container web-1 (0123456789ab): error: shop: 127.0.0.1:21034, where its labels place it, is the slot of the app ' +
      'itself on this node, so it is left out (set autoproxy.port to the port that the app in the container listens on)',
  ]);
  assert.match(clear([shop]).said[0] ?? '', /^\/services\/shop\.yml:1:1: error: shop\.instances: /);
});

test('the same port elsewhere, and the slot of another app, are instances as any other', () => {
  const apps = [
    appOf('shop', 21_034, { instances: [appInstance(21_034, { host: '172.17.0.2' })] }),
    appTo('side', 21_036, 21_034),
  ];
  assert.deepEqual(withoutSlotCircles(apps, apps, [], isBound), { apps, problems: [] });
});

test('of a circle over two apps the later app loses its instance, and both are named', () => {
  const shop = appTo('shop', 21_034, 21_036, 8_080);
  const blog = appTo('blog', 21_036, 21_034);
  const { apps, ports, said } = clear([shop, blog]);
  assert.deepEqual(ports, { shop: [8_080], blog: [21_034] });
  assert.equal(apps[1], blog);
  assert.deepEqual(said, [
    '/services/shop.yml:1:1: error: shop.instances: 127.0.0.1:21036 is the slot of blog on this node, and blog leads back ' +
      'to shop, so it is left out (write the address and the port of the container)',
  ]);
});

test('an app in force keeps its instance when a new app closes the circle, and the next time too', () => {
  const shop = appTo('shop', 21_034, 21_036);
  const blog = appTo('blog', 21_036, 21_034, 8_081);
  const before = clear([shop, appTo('blog', 21_036, 8_081)]);
  const after = clear([shop, blog], before.apps);
  assert.deepEqual(after.ports, { shop: [21_036], blog: [8_081] });
  assert.deepEqual(clear([shop, blog], after.apps).ports, after.ports);
});

test('a circle over three apps is found, and the apps between are named', () => {
  const { ports, said } = clear([appTo('a', 21_000, 21_002), appTo('b', 21_002, 21_004), appTo('c', 21_004, 21_000)]);
  assert.deepEqual(ports, { a: [21_002], b: [21_004], c: [] });
  assert.match(
    said[0] ?? '',
    /c\.instances: 127\.0\.0\.1:21000 is the slot of a on this node, and a leads back to c over b,/,
  );
});

test('two ways from one app to another do not make a circle', () => {
  const apps = [
    appTo('a', 21_000, 21_002, 21_004),
    appTo('b', 21_002, 21_006),
    appTo('c', 21_004, 21_006),
    appTo('d', 21_006),
  ];
  assert.deepEqual(withoutSlotCircles(apps, apps, [], isBound), { apps, problems: [] });
});
