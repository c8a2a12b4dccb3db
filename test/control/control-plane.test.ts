import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeFeeds } from '../../src/control/merged-feeds.js';
import type { Problem } from '../../src/model/problem.js';
import { appInstance, appOf } from '../support/node/apps.js';
import { createControlPlane, SETTLED_MS } from './plane-parts.js';

const PROBLEM: Problem = {
  severity: 'error',
  app: null,
  file: '/services/broken.yml',
  line: 3,
  col: 1,
  message: 'this is not YAML',
  hint: 'mend it',
};

test('the first snapshot waits for the first checks, and has their result', async (context) => {
  const { plane, source, clock, slot, dead } = await createControlPlane(context);
  dead.add('127.0.0.1:8081');
  source.say([appOf('shop', slot, { instances: [appInstance(8_080), appInstance(8_081)] })]);
  const before = plane.snapshot;
  assert.equal(before, null);
  const started = plane.start();
  await clock.advance(10);
  await started;
  assert.deepEqual(
    plane.snapshot?.slots[0]?.instances.map(({ id, up }) => [id, up]),
    [
      ['127.0.0.1:8080', true],
      ['127.0.0.1:8081', false],
    ],
  );
});

test('what changes nothing makes no revision, what changes something makes one', async (context) => {
  const { plane, source, clock, slot } = await createControlPlane(context);
  const shop = appOf('shop', slot, { instances: [appInstance(8_080)] });
  source.say([shop]);
  const started = plane.start();
  await clock.advance(10);
  await started;
  await clock.advance(SETTLED_MS);
  const revision = plane.snapshot?.revision ?? 0;
  source.say([{ ...shop }]);
  await clock.advance(SETTLED_MS);
  assert.equal(plane.snapshot?.revision, revision);
  source.say([{ ...shop, internal: true }]);
  await clock.advance(SETTLED_MS);
  assert.equal(plane.snapshot?.revision, revision + 1);
});

test('changes that come together are one run; a removal does not wait for it', async (context) => {
  const { plane, source, clock, slot } = await createControlPlane(context);
  const [shop, search] = [appOf('shop', slot), appOf('search', slot + 10)];
  await plane.start();
  await clock.advance(SETTLED_MS);
  const namesNow = () => plane.snapshot?.slots.map(({ app }) => app);
  source.say([shop]);
  await clock.advance(0);
  assert.deepEqual(namesNow(), ['shop'], 'the first one after a quiet time goes at once');
  source.say([shop, search]);
  await clock.advance(10);
  assert.deepEqual(namesNow(), ['shop']);
  source.say([search]);
  await clock.advance(0);
  assert.deepEqual(namesNow(), ['search']);
});

test('a decision is in force without waiting, and the sources are asked about without it', async (context) => {
  const { plane, source, feeds, clock, slot, overrides } = await createControlPlane(context);
  source.say([appOf('shop', slot, { instances: [appInstance(8_080)] })]);
  const started = plane.start();
  await clock.advance(10);
  await started;
  void overrides.set('shop', '127.0.0.1:8080', 'drain', 'ann');
  await clock.advance(0);
  assert.equal(plane.snapshot?.slots[0]?.instances[0]?.state, 'drain');
  assert.equal(plane.apps[0]?.instances[0]?.state, 'drain');
  assert.equal(mergeFeeds(feeds).apps[0]?.instances[0]?.state, 'ready');
});

test('neighbors are picked and known as peers in the spelling of sockets, each once, and never the node itself', async (context) => {
  const { plane, source, clock, slot } = await createControlPlane(context, { bind: '::', ip: 'fd00::1' });
  source.say([appOf('shop', slot)]);
  await plane.start();
  plane.setNodes(['FD00:0:0::1', 'FD00:0::2', 'fd00::2', '::ffff:10.0.0.3']);
  await clock.advance(SETTLED_MS);
  assert.deepEqual([...plane.neighbors].sort(), ['10.0.0.3', 'fd00::2']);
  assert.deepEqual([...(plane.snapshot?.peers ?? [])].sort(), ['10.0.0.3', 'fd00::2']);
  assert.deepEqual(
    plane.snapshot?.slots[0]?.neighbors.map(({ up }) => up),
    [true, true],
  );
});

test('a problem is logged when it appears, and again only when it has been away', async (context) => {
  const { plane, source, clock, lines } = await createControlPlane(context);
  await plane.start();
  const rounds: readonly (readonly Problem[])[] = [[PROBLEM], [PROBLEM], [], [PROBLEM]];
  for (const problems of rounds) {
    source.say([], problems);
    await clock.advance(SETTLED_MS);
    assert.deepEqual(plane.problems, problems);
  }
  const said = lines.filter(({ msg }) => msg.startsWith('/services/broken.yml:3:1: error: this is not YAML'));
  assert.deepEqual(
    said.map(({ level }) => level),
    ['error', 'error'],
  );
});

test('an app that has its own slot as instance gets no traffic from itself, and says so', async (context) => {
  const { plane, source, slot, host } = await createControlPlane(context);
  source.say([appOf('shop', slot, { instances: [appInstance(slot, { host })] })]);
  await plane.start();
  assert.deepEqual(plane.snapshot?.slots[0]?.instances, []);
  assert.match(plane.problems[0]?.message ?? '', /^shop\.instances: .* is the slot of the app itself/);
});

test('another life at an address starts anew at once, and takes no decision over', async (context) => {
  const { plane, source, clock, slot, dead, admin } = await createControlPlane(context);
  const say = (life: string) =>
    source.say([appOf('shop', slot, { instances: [appInstance(8_080, { life }), appInstance(8_081)] })]);
  say('first');
  const started = plane.start();
  await clock.advance(10);
  await started;
  await clock.advance(SETTLED_MS);
  const decided = admin.setAdminState('shop', '127.0.0.1:8080', 'drain', 'ann');
  await clock.advance(1_000);
  assert.equal((await decided).ok, true);
  const now = () => plane.snapshot?.slots[0]?.instances.map(({ life, state, up }) => [life, state, up])[0];
  assert.deepEqual(now(), ['first', 'drain', true]);
  dead.add('127.0.0.1:8080');
  say('second');
  await clock.advance(0);
  assert.deepEqual(now(), ['second', 'ready', false]);
});
