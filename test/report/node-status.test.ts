import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createControlPlane, SETTLED_MS } from '../control/plane-parts.js';
import { appInstance, appOf } from '../support/node/apps.js';

test('starting, then ready once a worker has the snapshot in force, then stopping', async (context) => {
  const { plane, source, status, readiness, cluster, slot } = await createControlPlane(context);
  assert.deepEqual([readiness.isReady, (await status.document()).status], [false, 'starting']);
  source.say([appOf('shop', slot)]);
  await plane.start();
  assert.equal(readiness.isReady, false, 'there is no worker yet');
  cluster.start();
  await cluster.whenApplied(1);
  assert.deepEqual([readiness.isReady, (await status.document()).status], [true, 'ready']);
  plane.announceStop();
  assert.deepEqual([readiness.isReady, (await status.document()).status], [false, 'stopping']);
});

test('the document names the node, its apps in force, their checks, decisions, sources and neighbors', async (context) => {
  const { plane, source, status, cluster, clock, host, slot, overrides, dead } = await createControlPlane(context, {
    pod: 'alpha',
  });
  dead.add('127.0.0.1:8081');
  source.say([appOf('shop', slot, { instances: [appInstance(8_080), appInstance(8_081), appInstance(8_082)] })]);
  cluster.start();
  const started = plane.start();
  await clock.advance(10);
  await started;
  plane.setNodes([host, '10.0.0.2']);
  void overrides.set('shop', '127.0.0.1:8082', 'maint', 'ann');
  await clock.advance(SETTLED_MS);
  await cluster.whenApplied(plane.snapshot?.revision ?? 0);
  source.fail('gone');
  await clock.advance(400);

  const document = await status.document();
  assert.deepEqual(
    [document.version, document.node, document.pod, document.pid, document.bind, document.uptimeMs],
    [1, 'test-node', 'alpha', process.pid, host, 10 + SETTLED_MS + 400],
  );
  assert.equal(document.appliedRevision, document.revision);
  assert.deepEqual(document.sources, [
    { name: 'directory', up: false, stale: true, staleMs: 510, apps: 1, failure: 'gone' },
  ]);
  assert.deepEqual(document.neighbors, [{ address: '10.0.0.2' }]);
  const [shop] = document.apps;
  assert.deepEqual([shop?.slot, shop?.bound, shop?.bindError], [slot, true, null]);
  assert.deepEqual(shop?.neighbors, [{ address: '10.0.0.2', up: true }]);
  assert.deepEqual(
    shop?.instances.map(({ id, state, health, override }) => [id, state, health, override?.by ?? null]),
    [
      ['127.0.0.1:8080', 'ready', 'up', null],
      ['127.0.0.1:8081', 'ready', 'down', null],
      ['127.0.0.1:8082', 'maint', 'unchecked', 'ann'],
    ],
  );
  assert.deepEqual(shop?.instances[1]?.lastCheck, { ok: false, detail: 'asked', ageMs: 510 });
});

test('a slot that is not bound says so', async (context) => {
  // The address of nobody here (RFC 5737).
  const { plane, source, status, slot } = await createControlPlane(context, { bind: '192.0.2.1' });
  source.say([appOf('shop', slot)]);
  assert.deepEqual((await status.document()).apps, []);
  await plane.start();
  const [shop] = (await status.document()).apps;
  assert.equal(shop?.bound, false);
  assert.match(shop?.bindError ?? '', /^EADDRNOTAVAIL: /);
});
