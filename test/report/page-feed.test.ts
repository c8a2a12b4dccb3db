/** What the pages of a node are told: each change once, soon after its event, and how apps were before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppView, PageChange, PageFrame } from '../../src/admin/page/page-document.js';
import type { Cluster } from '../../src/cluster/cluster.js';
import type { ControlPlane } from '../../src/control/control-plane.js';
import { createKeyedObject } from '../../src/core/keyed-object.js';
import { createClientCounters, createLogCounters, createSlotCounters } from '../../src/metrics/counters.js';
import { AppEvents } from '../../src/report/app-events.js';
import type { AppViews } from '../../src/report/app-views.js';
import { PageFeed } from '../../src/report/page-feed.js';
import { FakeClock } from '../support/fake-clock.js';

function viewOf(reason: string | null): AppView {
  const instance = { id: '127.0.0.1:8080', container: null, weight: 100, state: 'ready', health: 'up' } as const;
  const shared = { slot: 21_034, protocol: 'http', bindError: null, source: 'directory', location: 'shop.yml:1:1' };
  const instances = [{ ...instance, takesTraffic: reason === null, reason, since: 0 }];
  return { name: 'shop', ...shared, traffic: 'instances', trafficWhy: null, instances } as AppView;
}

/** A feed of one app; the test says how it looks, what it has counted, and when a second is over. */
function startFeed() {
  const clock = new FakeClock();
  const events = new AppEvents(clock);
  const counters = createSlotCounters();
  const looks = { view: viewOf(null), revision: 1 };
  const listeners: Parameters<Cluster['books']['onSecond']>[0][] = [];
  const cluster = { books: { onSecond: (listener: (typeof listeners)[number]) => listeners.push(listener) } };
  const plane = {
    apps: [{ name: 'shop', protocol: 'http', instances: [] }],
    get snapshot() {
      return { revision: looks.revision };
    },
  };
  const feed = new PageFeed({
    clock,
    events,
    cluster: cluster as unknown as Cluster,
    plane: plane as unknown as ControlPlane,
    views: { all: () => [looks.view] } as unknown as AppViews,
    frame: () => ({ node: 'a1' }) as unknown as PageFrame,
  });
  const second = async (): Promise<void> => {
    await clock.advance(1_000);
    const slots = createKeyedObject([['shop', structuredClone(counters)]]);
    for (const listener of listeners)
      listener({
        at: clock.now(),
        counters: { slots, clients: createClientCounters(), accessLog: createLogCounters() },
        hasInherited: false,
      });
  };
  return { clock, events, counters, looks, feed, second };
}

test('a change is told once to all, with its event, within half a second', async () => {
  const { clock, events, looks, feed } = startFeed();
  assert.deepEqual(
    feed.whole().apps.map(({ name }) => name),
    ['shop'],
  );
  const told: PageChange[][] = [[], []];
  for (const changes of told) feed.watch((change) => changes.push(change));
  looks.view = viewOf('down: refused');
  events.note('shop', 'down', '127.0.0.1:8080 is down: refused');
  await clock.advance(500);
  for (const changes of told) {
    assert.equal(changes.length, 1);
    assert.deepEqual(changes[0]?.apps, [looks.view]);
    assert.deepEqual(
      changes[0]?.events.map(({ kind }) => kind),
      ['down'],
    );
  }
  await clock.advance(5_000);
  assert.equal(told[0]?.length, 1);
});

test('who stops watching is told nothing more, and who comes later finds all in the whole', async () => {
  const { clock, events, looks, feed } = startFeed();
  feed.whole();
  const changes: PageChange[] = [];
  feed.watch((change) => changes.push(change))();
  looks.view = viewOf('down: refused');
  events.note('shop', 'down', 'it is down');
  await clock.advance(1_000);
  assert.deepEqual(changes, []);
  const { apps, events: all } = feed.whole();
  assert.deepEqual(apps, [looks.view]);
  assert.equal(all.length, 1);
});

test('requests of a second are figures of the next one, and a quiet node tells no figures of apps', async () => {
  const { counters, feed, second } = startFeed();
  feed.whole();
  const changes: PageChange[] = [];
  feed.watch((change) => changes.push(change));
  await second();
  counters.requests += 10;
  await second();
  const [rate] = changes.at(-1)?.total ?? [];
  assert.equal(rate, 10);
  assert.deepEqual(
    changes.at(-1)?.figures.map(([app, [own]]) => [app, own]),
    [['shop', 10]],
  );
  await second();
  await second();
  assert.deepEqual(changes.at(-1)?.figures, []);
  assert.deepEqual(
    feed.history('shop')?.rate.filter((value) => value !== 0),
    [10],
  );
});

test('the past shows an app as it was before its event', async () => {
  const { clock, events, looks, feed } = startFeed();
  const before = looks.view;
  feed.whole();
  await clock.advance(10_000);
  const at = clock.wallTime();
  await clock.advance(10_000);
  looks.view = viewOf('down: refused');
  events.note('shop', 'down', 'it is down');
  const eventAt = clock.wallTime();
  await clock.advance(10_000);
  assert.deepEqual(feed.past(at)?.apps, [before]);
  assert.deepEqual(feed.past(eventAt)?.apps, [looks.view], 'who stands at the event sees what it brought about');
  assert.equal(feed.past(clock.wallTime() + 1), null, 'the future');
});
