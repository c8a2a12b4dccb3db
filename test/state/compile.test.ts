import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { App, Instance } from '../../src/model/app.js';
import { HEAD_DEFAULTS, type Snapshot } from '../../src/snapshot/snapshot.js';
import { compileSnapshot, type MeasuredHealth } from '../../src/state/compile.js';
import { appInstance, appOf } from '../support/node/apps.js';

function compile(
  apps: readonly App[],
  health: Readonly<Record<string, MeasuredHealth>> = {},
  proxyDefaults = { accept: false, trusted: ['10.0.0.0/8'] },
  stickySecret = 'secret',
): Snapshot {
  return compileSnapshot({
    revision: 7,
    node: 'a1',
    nodeId: 'id-of-a1',
    bind: '127.0.0.1',
    stopping: false,
    peers: ['10.0.0.2'],
    podKeys: [],
    neighborProxy: 'v2',
    via: false,
    proxyDefaults,
    internalNetworks: ['10.0.0.0/8'],
    head: HEAD_DEFAULTS,
    gone: [],
    stickySecret,
    apps,
    healthOf: (app, instance) => health[`${app} ${instance}`] ?? 'unchecked',
    neighborsOf: (app) => [{ host: '10.0.0.2', localAddress: null, up: app === 'shop', node: null }],
  });
}

/** Ports of the instances that count as up. */
function upPorts(instances: readonly Instance[], health: Readonly<Record<number, MeasuredHealth>>): number[] {
  const measured = Object.fromEntries(
    Object.entries(health).map(([port, measure]) => [`shop 127.0.0.1:${port}`, measure]),
  );
  const slot = compile([appOf('shop', 9000, { instances })], measured).slots[0];
  return (slot?.instances ?? []).filter(({ up }) => up).map(({ port }) => port);
}

test('an app becomes a slot with all that the data plane needs, and nothing else', () => {
  const app = appOf('shop', 9000, {
    instances: [appInstance(1)],
    stickyCookie: 'SERVED_BY',
    hostFilter: 'shop.example',
  });
  const snapshot = compile([app]);
  const { name, slot, nativePort, health, instances, origin, stickyCookie, ...rest } = app;
  const { container, ...instance } = appInstance(1);
  assert.deepEqual(snapshot.slots, [
    {
      ...rest,
      app: name,
      port: slot,
      acceptProxy: false,
      trustedProxies: ['10.0.0.0/8'],
      instances: [{ ...instance, up: true }],
      neighbors: [{ host: '10.0.0.2', localAddress: null, up: true, node: null }],
      sticky: { cookie: 'SERVED_BY', key: snapshot.slots[0]?.sticky?.key ?? '' },
    },
  ]);
  assert.equal(snapshot.revision, 7);
  assert.deepEqual(snapshot.peers, ['10.0.0.2']);
  assert.ok(!('apps' in snapshot) && !('healthOf' in snapshot), 'it survives JSON');
  assert.deepEqual(JSON.parse(JSON.stringify(snapshot)), snapshot);
});

test('an app that does not say whether it demands a PROXY header does as its node', () => {
  const acceptOf = (acceptProxy: boolean | null, accept: boolean): unknown => {
    const slot = compile([appOf('shop', 9000, { acceptProxy })], {}, { accept, trusted: ['10.9.0.0/16'] }).slots[0];
    return [slot?.acceptProxy, slot?.trustedProxies];
  };
  assert.deepEqual(acceptOf(null, true), [true, ['10.9.0.0/16']]);
  assert.deepEqual(acceptOf(null, false), [false, ['10.9.0.0/16']]);
  assert.deepEqual(acceptOf(false, true), [false, ['10.9.0.0/16']]);
  assert.deepEqual(acceptOf(true, false), [true, ['10.9.0.0/16']]);
  const own = appOf('shop', 9000, { acceptProxy: true, trustedProxies: ['192.0.2.0/24'] });
  assert.deepEqual(compile([own]).slots[0]?.trustedProxies, ['192.0.2.0/24']);
});

test('a new instance waits for its first passed check where another one serves', () => {
  assert.deepEqual(upPorts([appInstance(1), appInstance(2)], { 1: 'up' }), [1]);
});

test('new instances that are alone are tried, those that failed are not', () => {
  assert.deepEqual(upPorts([appInstance(1), appInstance(2), appInstance(3)], { 1: 'down' }), [2, 3]);
});

test('one that is up but takes no new traffic does not keep the new ones waiting', () => {
  assert.deepEqual(upPorts([appInstance(1, { state: 'drain' }), appInstance(2)], { 1: 'up' }), [1, 2]);
  assert.deepEqual(upPorts([appInstance(1, { weight: 0 }), appInstance(2)], { 1: 'up' }), [1, 2]);
});

test('what is in maintenance is never up', () => {
  assert.deepEqual(upPorts([appInstance(1, { state: 'maint' })], {}), []);
  assert.deepEqual(upPorts([appInstance(1, { state: 'maint' }), appInstance(2)], { 1: 'up' }), [2]);
});

test('an app without instances keeps its slot', () => {
  const { slots } = compile([appOf('empty', 9000)]);
  assert.deepEqual(slots[0]?.instances, []);
  assert.equal(slots[0]?.port, 9000);
});

test('each app has a sticky key of its own, the same at each compilation, and the secret itself does not travel', () => {
  const keysOf = (secret: string): (string | undefined)[] => {
    const apps = ['shop', 'side'].map((name, index) => appOf(name, 9000 + 2 * index, { stickyCookie: 'S' }));
    const snapshot = compile(apps, {}, undefined, secret);
    assert.ok(!JSON.stringify(snapshot).includes(secret));
    return snapshot.slots.map(({ sticky }) => sticky?.key);
  };
  const [shop, side] = keysOf('one secret');
  assert.match(shop ?? '', /^[0-9a-f]{64}$/);
  assert.notEqual(shop, side);
  assert.deepEqual(keysOf('one secret'), [shop, side]);
  assert.notEqual(keysOf('another secret')[0], shop);
  assert.equal(compile([appOf('shop', 9000, {})]).slots[0]?.sticky, null);
});
