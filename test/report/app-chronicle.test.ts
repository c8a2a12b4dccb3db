/** What happens to an app is written down once, when it happens, with who did it. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Problem } from '../../src/model/problem.js';
import { AppChronicle } from '../../src/report/app-chronicle.js';
import { AppEvents } from '../../src/report/app-events.js';
import { createControlPlane, SETTLED_MS } from '../control/plane-parts.js';
import { ScriptedSource } from '../control/scripted-source.js';
import { FakeClock } from '../support/fake-clock.js';
import { appInstance, appOf } from '../support/node/apps.js';

async function startPlane(context: TestContext, more: readonly ScriptedSource[] = []) {
  const consul = new ScriptedSource('consul');
  const parts = await createControlPlane(context, {}, [consul, ...more]);
  await parts.plane.start();
  const settle = (): Promise<void> => parts.clock.advance(SETTLED_MS);
  const eventsOf = async (app: string): Promise<string[]> => {
    const outcome = await parts.admin.why(app);
    return outcome.ok ? outcome.document.events.map(({ kind, text }) => `${kind}: ${text}`) : [];
  };
  /** Events since the last call. */
  const seen = new Map<string, number>();
  const newsOf = async (app: string): Promise<string[]> => {
    const events = await eventsOf(app);
    const news = events.slice(seen.get(app) ?? 0);
    seen.set(app, events.length);
    return news;
  };
  /** Fields for programs, of the events of a kind. */
  const factsOf = async (app: string, kind: string) => {
    const outcome = await parts.admin.why(app);
    const events = outcome.ok ? outcome.document.events.filter((event) => event.kind === kind) : [];
    return events.map(({ instance, source, by, before, after }) => ({ instance, source, by, before, after }));
  };
  return { ...parts, consul, settle, newsOf, factsOf };
}

const KEY = { source: 'consul', location: 'autoproxy/apps/shop', line: null, col: null, index: 812 };

test('an app appears, changes and goes, with the source and the place of each', async (context) => {
  const { source, slot, settle, newsOf } = await startPlane(context);
  source.say([appOf('shop', slot, { instances: [appInstance(8_080)] })]);
  await settle();
  const place = 'directory (/services/shop.yml:1:1)';
  assert.deepEqual(await newsOf('shop'), [
    `appeared: by ${place}: slot ${slot}, instances 127.0.0.1:8080`,
    'up: 127.0.0.1:8080 is up: asked',
  ]);
  source.say([appOf('shop', slot, { retries: 1, instances: [appInstance(8_080, { weight: 5 }), appInstance(8_081)] })]);
  await settle();
  assert.deepEqual(await newsOf('shop'), [
    `changed: by ${place}: +127.0.0.1:8081, ~127.0.0.1:8080, retries`,
    'up: 127.0.0.1:8081 is up: asked',
  ]);
  source.say([]);
  await settle();
  assert.deepEqual(await newsOf('shop'), [`removed: no longer served; it came from ${place}`]);
});

test('when another source gives it, both are named', async (context) => {
  const { source, consul, slot, settle, newsOf } = await startPlane(context);
  const instances = [appInstance(8_080)];
  consul.say([appOf('shop', slot, { instances, origin: KEY })]);
  await settle();
  await newsOf('shop');
  source.say([appOf('shop', slot, { instances })]);
  await settle();
  const [hidden, changed, ...rest] = await newsOf('shop');
  assert.match(
    hidden ?? '',
    /^problem: autoproxy\/apps\/shop: warning: shop: source consul is hidden by source directory/,
  );
  assert.equal(
    changed,
    'changed: it now comes from directory (/services/shop.yml:1:1), not from consul (autoproxy/apps/shop (index 812))',
  );
  assert.deepEqual(rest, []);
});

const LIFE = '0123456789ab@2026-11-29T12:00:00Z';
const WEB = { id: '0123456789ab'.padEnd(64, '0'), name: 'web-1' };
const PLACE = 'container web-1 (0123456789ab)';

function offered(port: number) {
  return {
    id: `127.0.0.1:${port}`,
    life: LIFE,
    container: WEB,
    host: '127.0.0.1',
    port,
    weight: 1,
    state: 'ready',
  } as const;
}

function reported(port: number, leftOut: string | null) {
  return { address: `127.0.0.1:${port}`, place: PLACE, leftOut, checks: [] };
}

async function startBesideEngine(context: TestContext) {
  const docker = new ScriptedSource('docker');
  const parts = await startPlane(context, [docker]);
  const say = async (...ports: readonly number[]): Promise<void> => {
    docker.tell({ apps: [], problems: [], claims: [], offers: [{ name: 'shop', instances: ports.map(offered) }] });
    await parts.settle();
  };
  const changes = async (): Promise<string[]> => (await parts.newsOf('shop')).filter((text) => /^changed/.test(text));
  return { ...parts, docker, say, changes };
}

test('what a container changes is told of the engine, with why, and what the definition changes of its source', async (context) => {
  const { source, docker, slot, settle, say, changes } = await startBesideEngine(context);
  source.say([appOf('shop', slot, { instances: [appInstance(8_090)] })]);
  await say();
  await changes();
  docker.reports = [reported(8_080, null), reported(8_081, null)];
  await say(8_080, 8_081);
  assert.deepEqual(await changes(), [
    `changed: by docker: +127.0.0.1:8080: ${PLACE}`,
    `changed: by docker: +127.0.0.1:8081: ${PLACE}`,
  ]);
  docker.reports = [reported(8_081, 'it is stopping (signal 15)'), reported(8_080, null)];
  await say(8_080);
  assert.deepEqual(await changes(), [`changed: by docker: -127.0.0.1:8081: ${PLACE}: it is stopping (signal 15)`]);
  source.say([appOf('shop', slot, { retries: 1, instances: [appInstance(8_091)] })]);
  await settle();
  assert.deepEqual(await changes(), [
    'changed: by directory (/services/shop.yml:1:1): +127.0.0.1:8091, -127.0.0.1:8090, retries',
  ]);
});

test('a listed instance is taken out by the engine, and comes back', async (context) => {
  const { source, docker, slot, settle, changes } = await startBesideEngine(context);
  const claim = { host: '127.0.0.1', container: WEB, life: LIFE, apps: [], why: '' };
  const tell = async (standing: 'running' | 'gone', life = LIFE): Promise<void> => {
    const why = standing === 'gone' ? 'it has ended (exit code 1)' : '';
    docker.tell({ apps: [], problems: [], offers: [], claims: [{ ...claim, standing, life, why }] });
    await settle();
  };
  source.say([appOf('shop', slot, { instances: [appInstance(8_080)] })]);
  await tell('running');
  await changes();
  await tell('gone');
  assert.deepEqual(await changes(), [`changed: by docker: -127.0.0.1:8080: ${PLACE}: it has ended (exit code 1)`]);
  await tell('running', `${LIFE}2`);
  assert.deepEqual(await changes(), [`changed: by docker: +127.0.0.1:8080: ${PLACE} has this address`]);
  await tell('running', `${LIFE}3`);
  assert.deepEqual(await changes(), [`changed: by docker: another life of 127.0.0.1:8080: ${PLACE} has this address`]);
});

test('many changes of the engine at once are one event', async (context) => {
  const { source, docker, slot, say, changes } = await startBesideEngine(context);
  source.say([appOf('shop', slot)]);
  await say();
  await changes();
  const ports = [8_080, 8_081, 8_082, 8_083, 8_084, 8_085];
  docker.reports = ports.map((port) => reported(port, null));
  await say(...ports);
  assert.deepEqual(await changes(), [`changed: by docker: ${ports.map((port) => `+127.0.0.1:${port}`).join(', ')}`]);
});

test('a check that fails, the bleed that follows, and the end of both', async (context) => {
  const { source, dead, slot, plane, clock, settle, newsOf } = await startPlane(context);
  plane.setNodes(['10.0.0.2']);
  source.say([appOf('shop', slot, { instances: [appInstance(8_080)] })]);
  await settle();
  await clock.advance(2_000);
  await newsOf('shop');
  dead.add('127.0.0.1:8080');
  await clock.advance(5_000);
  assert.deepEqual(await newsOf('shop'), [
    'down: 127.0.0.1:8080 is down: asked',
    'bleed: its traffic goes to 10.0.0.2: no instance is usable (1 down)',
  ]);
  dead.delete('127.0.0.1:8080');
  dead.add(`10.0.0.2:${slot + 1}`);
  await clock.advance(5_000);
  assert.deepEqual(await newsOf('shop'), [
    'up: 127.0.0.1:8080 is up: asked',
    'bleed-ended: instances of this node take its traffic again',
  ]);
});

test('a decision is an event of its own, and no change of the source', async (context) => {
  const { source, slot, admin, cluster, settle, newsOf } = await startPlane(context);
  cluster.start();
  source.say([appOf('shop', slot, { instances: [appInstance(8_080), appInstance(8_081)] })]);
  await settle();
  await cluster.whenApplied(1);
  await newsOf('shop');
  await admin.setAdminState('shop', '127.0.0.1:8080', 'drain', 'ann');
  await admin.setAdminState('shop', null, 'maint', 'bob');
  assert.deepEqual(await newsOf('shop'), [
    'decision: drain of 127.0.0.1:8080, by ann',
    'decision: maint of all instances, by bob',
    'unserved: clients get 503: no instance is usable (2 in maintenance), and this node has no neighbor',
  ]);
});

test('a loss that is held, and one that is accepted', async (context) => {
  const { source, slot, admin, settle, newsOf } = await startPlane(context);
  source.say(Array.from({ length: 6 }, (_, index) => appOf(`app-${index}`, slot + 2 * index)));
  await settle();
  await newsOf('app-0');
  source.say([]);
  await settle();
  source.say([]);
  await settle();
  assert.deepEqual(await newsOf('app-0'), [
    'held: source directory has lost the app; still served until the loss is confirmed or accepted',
  ]);
  assert.equal(admin.acceptRemoval('directory', 'ann'), true);
  await settle();
  assert.deepEqual(await newsOf('app-0'), [
    'decision: its loss in source directory (the app) is accepted, by ann',
    'removed: no longer served; it came from directory (/services/app-0.yml:1:1)',
  ]);
});

test('a problem is told when it comes and when it goes; that of a file concerns every app of the file', async (context) => {
  const { source, slot, settle, newsOf } = await startPlane(context);
  const broken: Problem = {
    severity: 'error',
    app: null,
    file: '/services/shop.yml',
    line: 3,
    col: 2,
    message: 'this is not YAML',
    hint: null,
  };
  const apps = [appOf('shop', slot), appOf('cart', slot + 2)];
  source.say(apps);
  await settle();
  for (const app of ['shop', 'cart']) await newsOf(app);
  for (const problems of [[broken], [broken], []]) {
    source.say(apps, problems);
    await settle();
  }
  assert.deepEqual(await newsOf('shop'), [
    'problem: /services/shop.yml:3:2: error: this is not YAML',
    'mended: resolved: /services/shop.yml:3:2: error: this is not YAML',
  ]);
  assert.deepEqual(await newsOf('cart'), []);
});

test('an event has what was and what is, from which source and by whom', async (context) => {
  const { source, dead, slot, admin, clock, cluster, settle, factsOf } = await startPlane(context);
  cluster.start();
  const nobody = { instance: undefined, source: undefined, by: undefined };
  source.say([appOf('shop', slot, { retries: 3, instances: [appInstance(8_080), appInstance(8_082)] })]);
  await settle();
  await cluster.whenApplied(1);
  source.say([appOf('shop', slot, { retries: 1, instances: [appInstance(8_080, { weight: 5 }), appInstance(8_081)] })]);
  await settle();
  assert.deepEqual(await factsOf('shop', 'changed'), [
    {
      ...nobody,
      source: 'directory',
      before: '127.0.0.1:8082, 127.0.0.1:8080 weight 100, retries 3',
      after: '127.0.0.1:8081, 127.0.0.1:8080 weight 5, retries 1',
    },
  ]);
  await admin.setAdminState('shop', '127.0.0.1:8080', 'drain', 'ann');
  await admin.setAdminState('shop', null, 'maint', 'bob');
  assert.deepEqual(await factsOf('shop', 'decision'), [
    { ...nobody, instance: '127.0.0.1:8080', by: 'ann', before: 'ready', after: 'drain' },
    { ...nobody, by: 'bob', before: 'mixed', after: 'maint' },
  ]);
  await admin.setAdminState('shop', null, 'ready', 'bob');
  dead.add('127.0.0.1:8081');
  await clock.advance(5_000);
  assert.deepEqual(await factsOf('shop', 'down'), [
    { ...nobody, instance: '127.0.0.1:8081', before: 'up', after: 'down' },
  ]);
});

test('a source that fails is told once, and once when it is read again; to the apps that it gives', async (context) => {
  const { source, consul, slot, settle, newsOf, admin } = await startPlane(context);
  source.say([appOf('shop', slot)]);
  consul.say([appOf('cart', slot + 2)].map((app) => ({ ...app, origin: KEY })));
  await settle();
  for (const app of ['shop', 'cart']) await newsOf(app);
  for (const reason of ['no answer', 'no answer', 'status 500']) {
    consul.fail(reason);
    await settle();
  }
  consul.say([appOf('cart', slot + 2)].map((app) => ({ ...app, origin: KEY })));
  await settle();
  assert.deepEqual(await newsOf('cart'), [
    'source-down: source consul cannot be read: no answer',
    'source-up: source consul is read again',
  ]);
  assert.deepEqual(await newsOf('shop'), []);
  const query = { app: null, sinceMs: null, after: null, limit: 100, waitMs: 0 };
  const { events } = await admin.events(query, new AbortController().signal);
  assert.deepEqual(
    events.filter(({ app }) => app === null).map(({ kind, before, after }) => [kind, before, after]),
    [
      ['source-down', 'read', 'no answer'],
      ['source-up', 'no answer', 'read'],
    ],
  );
});

test('after a restart only what has changed meanwhile is an event, and the rest is from before', () => {
  const clock = new FakeClock();
  const events = new AppEvents(clock);
  const apps = [appOf('shop', 21_000, { instances: [appInstance(8_080), appInstance(8_081)] }), appOf('cart', 21_002)];
  const first = new AppChronicle(clock, events);
  first.onDesiredState(apps, [], []);
  for (const id of ['127.0.0.1:8080', '127.0.0.1:8081']) first.onHealth('shop', id, true, 'connected');
  const before = events.lastId;
  const second = new AppChronicle(clock, events);
  second.onRestored([...apps, appOf('new', 21_004)], []);
  second.onDesiredState(
    [appOf('shop', 21_000, { retries: 1, instances: [appInstance(8_080)] }), appOf('new', 21_004)],
    [],
    [],
  );
  second.onHealth('shop', '127.0.0.1:8080', true, 'connected');
  second.onHealth('shop', '127.0.0.1:8080', false, 'refused');
  second.onHealth('shop', '127.0.0.1:8080', true, 'connected');
  assert.deepEqual(
    events
      .all()
      .filter(({ id }) => id > before)
      .map(({ app, kind }) => [app, kind]),
    [
      ['shop', 'changed'],
      ['new', 'appeared'],
      ['cart', 'removed'],
      ['shop', 'down'],
      ['shop', 'up'],
    ],
  );
});
