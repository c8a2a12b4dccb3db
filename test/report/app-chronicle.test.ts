/** What happens to an app is written down once, when it happens, with who did it. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Problem } from '../../src/model/problem.js';
import { createControlPlane, SETTLED_MS } from '../control/plane-parts.js';
import { ScriptedSource } from '../control/scripted-source.js';
import { appInstance, appOf } from '../support/apps.js';

async function startPlane(context: TestContext) {
  const consul = new ScriptedSource('consul');
  const parts = await createControlPlane(context, {}, [consul]);
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
  return { ...parts, consul, settle, newsOf };
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
