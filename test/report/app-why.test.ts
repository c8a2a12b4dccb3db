/** Precedence, and what `why` makes of it: who gave an app, who else has it, what became of each. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { WhyDocument } from '../../src/admin/why-document.js';
import { createControlPlane, SETTLED_MS } from '../control/plane-parts.js';
import { ScriptedSource } from '../control/scripted-source.js';
import { appInstance, appOf } from '../support/node/apps.js';

const KEY = { source: 'consul', location: 'autoproxy/apps/shop', line: null, col: null, index: 812 };

async function startPlane(context: TestContext) {
  const consul = new ScriptedSource('consul');
  const parts = await createControlPlane(context, {}, [consul]);
  await parts.plane.start();
  const why = async (app: string): Promise<WhyDocument> => {
    const outcome = await parts.admin.why(app);
    assert.ok(outcome.ok, `${app} is unknown`);
    return outcome.document;
  };
  return { ...parts, consul, why, settle: () => parts.clock.advance(SETTLED_MS) };
}

test('operators go before the directory, the directory before Consul; what is hidden is named with its place', async (context) => {
  const { source, consul, overrides, slot, why, settle } = await startPlane(context);
  consul.say([appOf('shop', slot + 4, { instances: [appInstance(9_090), appInstance(9_091)], origin: KEY })]);
  source.say([appOf('shop', slot, { instances: [appInstance(8_080)] })]);
  void overrides.set('shop', '127.0.0.1:8080', 'drain', 'ann');
  await settle();
  const { status, definitions, serving, problems } = await why('shop');
  assert.equal(status, 'served');
  assert.deepEqual(
    definitions.map(({ source: name, location, line, index, outcome, slot: wanted, instances }) => [
      ...[name, location, line, index],
      ...[outcome, wanted, instances],
    ]),
    [
      ['directory', '/services/shop.yml', 1, undefined, 'used', slot, 1],
      ['consul', 'autoproxy/apps/shop', null, 812, 'hidden', slot + 4, 2],
    ],
  );
  assert.equal(serving?.slot, slot);
  assert.deepEqual(
    serving?.instances.map(({ id, state, sourceState }) => [id, state, sourceState]),
    [['127.0.0.1:8080', 'drain', 'ready']],
  );
  assert.match(problems[0]?.message ?? '', /source consul is hidden by source directory/);
});

test('when the first source loses it, the next one gives it, and the decision stays in force', async (context) => {
  const { source, consul, overrides, slot, why, settle } = await startPlane(context);
  const instances = [appInstance(8_080)];
  consul.say([appOf('shop', slot, { instances, origin: KEY })]);
  source.say([appOf('shop', slot, { instances })]);
  void overrides.set('shop', null, 'maint', 'ann');
  await settle();
  source.say([]);
  await settle();
  const { definitions, serving } = await why('shop');
  assert.deepEqual(
    definitions.map(({ source: name, outcome }) => [name, outcome]),
    [['consul', 'used']],
  );
  assert.deepEqual(
    serving?.instances.map(({ state, decision }) => [state, decision?.by, decision?.wholeApp]),
    [['maint', 'ann', true]],
  );
});

test('checks that speak against the present health are counted, and how many of them change it', async (context) => {
  const { source, dead, slot, why, clock, settle } = await startPlane(context);
  source.say([appOf('shop', slot, { instances: [appInstance(8_080)] })]);
  await settle();
  const up = (await why('shop')).serving?.instances[0];
  assert.deepEqual([up?.health, up?.contrary, up?.contraryNeeded, up?.lastCheck?.ok], ['up', 0, 3, true]);
  dead.add('127.0.0.1:8080');
  await clock.advance(1_000);
  const failing = (await why('shop')).serving?.instances[0];
  assert.deepEqual([failing?.health, failing?.contrary, failing?.contraryNeeded], ['up', 1, 3]);
  assert.equal(failing?.since, up?.since);
  assert.equal(failing?.takesTraffic, true);
  await clock.advance(2_000);
  const down = (await why('shop')).serving?.instances[0];
  assert.deepEqual([down?.health, down?.contrary, down?.contraryNeeded], ['down', 0, 2]);
  assert.notEqual(down?.since, up?.since);
  assert.equal(down?.since, down?.lastCheck?.at);
  assert.equal(down?.takesTraffic, false);
});

test('what is held and what is stale is said of the source that it concerns', async (context) => {
  const { source, consul, slot, clock, why, settle } = await startPlane(context);
  const instances = [appInstance(8_080)];
  consul.say([appOf('shop', slot, { instances, origin: KEY })]);
  source.say(
    [0, 1, 2, 3].map((index) => appOf(index === 0 ? 'shop' : `app-${index}`, slot + 2 * index, { instances })),
  );
  await settle();
  consul.fail('no leader');
  source.say([]);
  await clock.advance(3_000);
  const { status, definitions } = await why('shop');
  assert.equal(status, 'served');
  assert.deepEqual(
    definitions.map(({ source: name, held, staleMs }) => [name, held, staleMs]),
    [
      ['directory', true, 0],
      ['consul', false, 3_000 + SETTLED_MS],
    ],
  );
});

test('what was read and is not in force yet is pending, not refused', async (context) => {
  const { source, slot, why, settle } = await startPlane(context);
  source.say([appOf('shop', slot)]);
  assert.deepEqual([(await why('shop')).status, (await why('shop')).definitions[0]?.outcome], ['pending', 'unserved']);
  await settle();
  assert.equal((await why('shop')).status, 'served');
});

test('names come from everywhere that names stand, and the nearest is offered', async (context) => {
  const { source, slot, admin, settle } = await startPlane(context);
  source.say([appOf('shop', slot), appOf('greedy', slot + 1)]);
  await settle();
  assert.deepEqual(await admin.why('gredy'), {
    ok: false,
    message: 'this node has no app gredy, and its history knows none',
    hint: 'did you mean greedy?',
  });
});

test('what containers give is named beside the definition, and so is each address that is left out', async (context) => {
  const docker = new ScriptedSource('docker');
  const { plane, source, admin, slot, clock } = await createControlPlane(context, {}, [docker]);
  await plane.start();
  const container = { id: 'ab'.repeat(32), name: 'shop-1' };
  const web = { ...appInstance(8_080), life: 'life', container };
  docker.reports = [
    { address: web.id, place: 'container shop-1 (abababababab)', leftOut: null, checks: [] },
    { address: '127.0.0.1:8082', place: 'container shop-2 (000000000000)', leftOut: 'it is paused', checks: [] },
  ];
  const gone = {
    host: '127.0.0.9',
    container: { id: 'cd'.repeat(32), name: 'old' },
    life: 'old',
    standing: 'gone',
  } as const;
  const claims = [{ ...gone, apps: [], why: 'it has ended (exit code 0)' }];
  docker.tell({ apps: [], problems: [], offers: [{ name: 'shop', instances: [web] }], claims });
  source.say([appOf('shop', slot, { instances: [appInstance(80, { host: '127.0.0.9' })] })]);
  await clock.advance(SETTLED_MS);
  void admin.setAdminState('shop', 'shop-1', 'drain', 'ann');
  await clock.advance(SETTLED_MS);
  const outcome = await admin.why('shop');
  assert.ok(outcome.ok);
  const { definitions, offers, leftOut, serving } = outcome.document;
  assert.deepEqual([definitions.length, definitions[0]?.source, definitions[0]?.instances], [1, 'directory', 1]);
  assert.deepEqual(
    offers?.map(({ source: name, instances, held, reports }) => [name, instances, held, reports.length]),
    [['docker', 1, false, 2]],
  );
  assert.deepEqual(leftOut, [
    { address: '127.0.0.9:80', place: 'container old (cdcdcdcdcdcd)', why: 'it has ended (exit code 0)' },
  ]);
  assert.deepEqual(
    serving?.instances.map(({ id, state, sourceState, container: at }) => [id, state, sourceState, at?.name]),
    [[web.id, 'drain', 'ready', 'shop-1']],
  );
});

test('containers that define an app, and whose definition is hidden, still give it instances; those of Consul do not', async (context) => {
  const docker = new ScriptedSource('docker');
  const { plane, source, admin, slot, clock } = await createControlPlane(context, {}, [docker]);
  await plane.start();
  docker.reports = [{ address: '127.0.0.1:8082', place: 'container shop-2', leftOut: 'it is paused', checks: [] }];
  const origin = { source: 'docker', location: 'container shop-2', line: null, col: null };
  const shop = appOf('shop', slot, { origin });
  const offersNow = async () => {
    await clock.advance(SETTLED_MS);
    const outcome = await admin.why('shop');
    return outcome.ok ? outcome.document.offers?.map(({ source: name }) => name) : null;
  };
  docker.tell({ apps: [shop], problems: [], offers: [], claims: [] });
  assert.deepEqual(await offersNow(), [], 'it is the definition itself');
  source.say([appOf('shop', slot)]);
  assert.deepEqual(await offersNow(), ['docker']);
  docker.tell({ apps: [shop], problems: [] });
  assert.deepEqual(await offersNow(), []);
});
