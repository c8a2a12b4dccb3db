import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceFeed } from '../../src/control/source-feed.js';
import { RemovalGuard } from '../../src/state/removal-guard.js';
import { FakeClock } from '../support/fake-clock.js';
import { appInstance, appOf } from '../support/node/apps.js';
import { createRecordingLog } from '../support/recording-log.js';
import { ScriptedSource } from './scripted-source.js';

const GRACE_MS = 60_000;
const shop = appOf('shop', 21_000, { instances: [appInstance(8_080), appInstance(8_081)] });
const search = appOf('search', 21_010);
const many = Array.from({ length: 10 }, (_, index) => appOf(`app-${index}`, 22_000 + 10 * index));

function createFeed() {
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  const source = new ScriptedSource();
  const feed = new SourceFeed(source, new RemovalGuard({ clock, graceMs: GRACE_MS }), clock, log);
  const changes: string[] = [];
  feed.onChange((isRemoval) => changes.push(isRemoval ? 'removal' : 'change'));
  feed.start();
  return { clock, lines, source, feed, changes };
}

function namesOf(feed: SourceFeed): string[] | undefined {
  return feed.reading?.apps.map(({ name }) => name).sort();
}

test('nothing is known and nothing is up until the source has spoken', async () => {
  const { feed, source } = createFeed();
  assert.deepEqual([feed.reading, feed.isUp, feed.isStale], [null, false, true]);
  let hasSpoken = false;
  const spoken = feed.hasSpoken().then(() => {
    hasSpoken = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(hasSpoken, false);
  source.say([shop]);
  await spoken;
  assert.deepEqual([namesOf(feed), feed.isUp, feed.isStale, feed.staleMs], [['shop'], true, false, 0]);
});

test('a source that fails at once has spoken too: a node does not wait for it', async () => {
  const { feed, source } = createFeed();
  const spoken = feed.hasSpoken();
  source.fail('there is no such directory');
  await spoken;
  assert.deepEqual([feed.reading, feed.isUp], [null, false]);
});

test('a source that is absent is not in use and has spoken; it is said once, and it is a source when it comes', async () => {
  const { feed, source, lines, changes } = createFeed();
  const spoken = feed.hasSpoken();
  source.lack('it does not exist');
  source.lack('it does not exist');
  await spoken;
  await feed.hasSpoken();
  assert.deepEqual([feed.isInUse, feed.reading, feed.failure], [false, null, null]);
  assert.deepEqual(
    lines.map(({ level, msg }) => [level, msg]),
    [['info', 'the source is not in use until it is there']],
  );
  source.say([shop]);
  assert.deepEqual([feed.isInUse, feed.isUp, namesOf(feed)], [true, true, ['shop']]);
  assert.deepEqual(changes, ['change', 'change']);
});

test('an absent source that fails when it comes is in use and down', () => {
  const { feed, source } = createFeed();
  source.lack('it does not exist');
  source.fail('permission denied');
  assert.deepEqual([feed.isInUse, feed.isUp, feed.failure], [true, false, 'permission denied']);
});

test('a failure keeps the last good answer and counts how old it is, from the answer on', async () => {
  const { feed, source, clock } = createFeed();
  source.say([shop]);
  await clock.advance(3_000);
  assert.equal(feed.staleMs, 0);
  source.fail('gone');
  assert.deepEqual([namesOf(feed), feed.isUp, feed.isStale, feed.staleMs], [['shop'], false, true, 3_000]);
  await clock.advance(2_000);
  assert.equal(feed.staleMs, 5_000);
  source.say([shop]);
  assert.deepEqual([feed.isUp, feed.isStale, feed.staleMs], [true, false, 0]);
});

test('one line of the log a reason, however often it fails, and one when it is up again', () => {
  const { source, lines } = createFeed();
  for (const reason of ['gone', 'gone', 'denied', 'denied', 'gone']) source.fail(reason);
  source.say([shop]);
  source.say([shop, search]);
  source.fail('gone');
  assert.deepEqual(
    lines.map(({ msg, reason }) => reason ?? msg),
    ['gone', 'denied', 'gone', 'the source is up', 'gone'],
  );
});

test('what leaves is told as a removal, everything else is not', () => {
  const { source, changes } = createFeed();
  source.say([shop]);
  source.say([shop, search]);
  source.say([{ ...shop, instances: [appInstance(8_080)] }, search]);
  source.say([search]);
  source.fail('gone');
  assert.deepEqual(changes, ['change', 'change', 'removal', 'removal', 'change']);
});

test('the state from the disk is believed, and stale, until the source speaks; nobody waits for that', async () => {
  const { feed, source } = createFeed();
  feed.restore([shop]);
  await feed.hasSpoken();
  assert.deepEqual([namesOf(feed), feed.isUp, feed.isStale], [['shop'], false, true]);
  source.fail('gone');
  assert.deepEqual([namesOf(feed), feed.isStale], [['shop'], true]);
  source.say([shop, search]);
  assert.deepEqual([namesOf(feed), feed.isUp, feed.isStale], [['search', 'shop'], true, false]);
});

test('a sudden loss is held with a word, and believed when it lasts', async () => {
  const { feed, source, clock, changes } = createFeed();
  source.say(many);
  source.say([]);
  assert.equal(feed.reading?.apps.length, many.length);
  assert.match(feed.problems[0]?.message ?? '', /^10 of 10 apps vanished from source directory/);
  assert.equal(changes.at(-1), 'change');
  await clock.advance(GRACE_MS - 1);
  assert.equal(feed.reading?.apps.length, many.length);
  await clock.advance(1);
  assert.deepEqual([feed.reading?.apps, feed.problems], [[], []]);
  assert.equal(changes.at(-1), 'removal');
});

test('a loss right after a start is held against the state from the disk', () => {
  const { feed, source } = createFeed();
  feed.restore(many);
  source.say([]);
  assert.equal(feed.reading?.apps.length, many.length);
});

test('a loss that is accepted is believed at once; when none is held there is nothing to accept', () => {
  const { feed, source } = createFeed();
  source.say(many);
  assert.equal(feed.acceptRemoval(), false);
  source.say(many.slice(0, 2));
  assert.equal(feed.acceptRemoval(), true);
  assert.deepEqual([namesOf(feed), feed.problems], [['app-0', 'app-1'], []]);
  assert.equal(feed.acceptRemoval(), false);
});

test('what comes back while its loss is held needs nobody to accept it', async () => {
  const { feed, source, clock } = createFeed();
  source.say(many);
  source.say([]);
  source.say(many);
  assert.deepEqual(feed.problems, []);
  await clock.advance(2 * GRACE_MS);
  assert.equal(feed.reading?.apps.length, many.length);
});

test('a newer answer is not undone by the clock of an older one', async () => {
  const { feed, source, clock } = createFeed();
  source.say(many);
  source.say([]);
  await clock.advance(GRACE_MS / 2);
  source.say([shop]);
  await clock.advance(GRACE_MS);
  assert.deepEqual(namesOf(feed), ['shop']);
});

test('a source that failed and comes back with less is doubted, however few apps it had', async () => {
  const { feed, source, clock } = createFeed();
  source.say([shop, search]);
  source.fail('there is no such directory');
  source.say([]);
  assert.deepEqual(namesOf(feed), ['search', 'shop']);
  assert.match(feed.problems[0]?.message ?? '', /2 of 2 apps vanished from source \S+ \(it had failed\)/);
  await clock.advance(GRACE_MS);
  assert.deepEqual(namesOf(feed), [], 'who says so for the whole time is believed');
});

test('after a start from the disk an answer without an app is doubted, and so is one after a failure', () => {
  for (const failsFirst of [false, true]) {
    const { feed, source } = createFeed();
    feed.restore([shop]);
    if (failsFirst) source.fail('ECONNREFUSED');
    source.say([]);
    assert.deepEqual(namesOf(feed), ['shop'], String(failsFirst));
    assert.match(feed.problems[0]?.message ?? '', failsFirst ? /it had failed/ : /first answer since the start/);
  }
});

test('one app of a source that never failed may go at once', () => {
  const { feed, source } = createFeed();
  source.say([shop, search]);
  source.say([shop]);
  assert.deepEqual(namesOf(feed), ['shop']);
});
