import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { App } from '../../src/model/app.js';
import { createControlPlane, SETTLED_MS } from '../control/plane-parts.js';
import { appInstance, appOf } from '../support/node/apps.js';

async function startWith(context: TestContext, appsFor: (slot: number) => readonly App[]) {
  const parts = await createControlPlane(context);
  parts.source.say(appsFor(parts.slot));
  parts.cluster.start();
  const started = parts.plane.start();
  await parts.clock.advance(10);
  await started;
  await parts.cluster.whenApplied(1);
  return parts;
}

const shopAt = (slot: number): App => appOf('shop', slot, { instances: [appInstance(8_080), appInstance(8_081)] });

test('when a decision is answered the workers have it; the answer says when a restart would forget it', async (context) => {
  const { admin, plane, cluster } = await startWith(context, (slot) => [shopAt(slot)]);
  const statesNow = () => plane.snapshot?.slots[0]?.instances.map(({ state }) => state);
  const outcome = await admin.setAdminState('shop', '127.0.0.1:8080', 'drain', 'ann');
  assert.deepEqual(outcome, { ok: true, saved: false, reason: 'this node has no state directory (--state-dir)' });
  assert.deepEqual(statesNow(), ['drain', 'ready']);
  assert.equal(cluster.appliedRevision, plane.snapshot?.revision);
  await admin.setAdminState('shop', null, 'maint', 'ann');
  assert.deepEqual(statesNow(), ['maint', 'maint']);
  assert.equal(cluster.appliedRevision, plane.snapshot?.revision);
});

test('while no worker serves, a decision is answered within a second, and is in force', async (context) => {
  const parts = await createControlPlane(context);
  parts.source.say([shopAt(parts.slot)]);
  const started = parts.plane.start();
  await parts.clock.advance(10);
  await started;
  const answer = parts.admin.setAdminState('shop', null, 'maint', 'ann');
  await parts.clock.advance(900);
  assert.equal(await Promise.race([answer, Promise.resolve('waits')]), 'waits');
  await parts.clock.advance(200);
  assert.equal((await answer).ok, true);
  assert.deepEqual(
    parts.plane.snapshot?.slots[0]?.instances.map(({ state }) => state),
    ['maint', 'maint'],
  );
});

test('what is not there is refused with what there is, and decides nothing', async (context) => {
  const { admin, overrides } = await startWith(context, (slot) => [shopAt(slot)]);
  assert.deepEqual(await admin.setAdminState('shp', null, 'drain', 'ann'), {
    ok: false,
    status: 404,
    message: 'this node has no app shp; it has: shop',
  });
  assert.deepEqual(await admin.setAdminState('shop', '127.0.0.1:80', 'drain', 'ann'), {
    ok: false,
    status: 404,
    message: 'shop has no instance 127.0.0.1:80; it has: 127.0.0.1:8080, 127.0.0.1:8081',
  });
  assert.deepEqual(overrides.list(), []);
});

test('a container is named by its name or its id; the decision is about its life', async (context) => {
  const container = { id: 'abcd'.padEnd(64, '0'), name: 'shop-1' };
  const { admin, overrides } = await startWith(context, (slot) => [
    appOf('shop', slot, { instances: [appInstance(8_080, { life: 'first', container }), appInstance(8_081)] }),
  ]);
  for (const word of ['shop-1', 'abcd', container.id, '127.0.0.1:8080']) {
    assert.equal((await admin.setAdminState('shop', word, 'drain', word)).ok, true);
    assert.deepEqual(
      overrides.list().map(({ instance, life, by }) => [instance, life, by]),
      [['127.0.0.1:8080', 'first', word]],
    );
  }
  for (const word of ['abc', 'shop', 'abce', 'ABCD']) {
    assert.deepEqual(await admin.setAdminState('shop', word, 'drain', 'ann'), {
      ok: false,
      status: 404,
      message: `shop has no instance ${word}; it has: 127.0.0.1:8080 (shop-1), 127.0.0.1:8081`,
    });
  }
});

test('a removal is accepted at the source that holds one, and nowhere else', async (context) => {
  const { admin, source, plane, clock } = await startWith(context, (slot) =>
    Array.from({ length: 6 }, (_, index) => appOf(`app-${index}`, slot + 2 * index)),
  );
  assert.equal(admin.acceptRemoval('directory', 'ann'), false);
  source.say([]);
  await clock.advance(SETTLED_MS);
  assert.equal(plane.apps.length, 6);
  assert.equal(admin.acceptRemoval('consul', 'ann'), false);
  assert.equal(admin.acceptRemoval('directory', 'ann'), true);
  await clock.advance(0);
  assert.deepEqual([plane.apps, plane.snapshot?.slots], [[], []]);
});

test('metrics count errors of the configuration, and name apps, instances, sources and workers', async (context) => {
  const { admin, source, clock, slot } = await startWith(context, (port) => [shopAt(port)]);
  source.say([shopAt(slot), appOf('greedy', slot + 1)]);
  source.fail('gone');
  await clock.advance(2_000);
  const { apps, sources, workers, configErrors } = await admin.metrics();
  assert.deepEqual(
    apps.map(({ name, instances }) => [name, instances.map(({ id, up, state }) => [id, up, state])]),
    [
      [
        'shop',
        [
          ['127.0.0.1:8080', true, 'ready'],
          ['127.0.0.1:8081', true, 'ready'],
        ],
      ],
    ],
  );
  assert.deepEqual(sources, [{ name: 'directory', up: false, staleMs: 2_000, apps: 2, held: 0 }]);
  assert.deepEqual(
    workers.map(({ index, restarts }) => [index, restarts]),
    [[0, 0]],
  );
  assert.equal(configErrors, 1);
});
