/** What the page knows after any changes is what a page that opens then is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMatch, sortedApps } from '../../../src/admin/browser/app-order.js';
import { consequenceOf } from '../../../src/admin/browser/consequence.js';
import { formatDuration, formatMs, formatRate } from '../../../src/admin/browser/format.js';
import { stateFromWhole, withChange } from '../../../src/admin/browser/node-state.js';
import { appStanding, instanceStanding } from '../../../src/admin/browser/standing.js';
import type { AppView, Figures, InstanceView, PageChange } from '../../../src/admin/page/page-document.js';
import { PAGE } from '../node-double.js';

const UP: InstanceView = {
  ...{ id: '127.0.0.1:8080', container: null, weight: 100, state: 'ready', health: 'up', takesTraffic: true },
  ...{ reason: null, since: null },
};
const DOWN: InstanceView = {
  ...UP,
  id: '127.0.0.1:8081',
  health: 'down',
  takesTraffic: false,
  reason: 'down: refused',
};
const DRAINED: InstanceView = {
  ...UP,
  id: '127.0.0.1:8082',
  state: 'drain',
  takesTraffic: false,
  reason: 'drained by ada',
};

function app(name: string, instances: readonly InstanceView[], rest: Partial<AppView> = {}): AppView {
  return {
    ...{ name, slot: 21_034, protocol: 'http', bindError: null, source: 'directory', location: 'apps.yml' },
    ...{ traffic: 'instances', trafficWhy: null, instances },
    ...rest,
  };
}

function change(rest: Partial<PageChange>): PageChange {
  return { at: PAGE.at + 1_000, apps: [], gone: [], figures: [], events: [], ...rest };
}

const busy: Figures = [10, 1, 2, 3, 4, 0, 0, 0, 0];

test('a change brings in what it names, and leaves the rest as the same objects', () => {
  const one = app('one', [UP]);
  const first = stateFromWhole({ ...PAGE, apps: [one, app('two', [UP])], figures: [['two', busy]] });
  const next = withChange(first, change({ apps: [app('two', [DOWN])], figures: [['one', busy]] }));
  assert.equal(next.apps.get('one'), one);
  assert.deepEqual(next.apps.get('two')?.instances, [DOWN]);
  assert.deepEqual([next.figures.get('one'), next.figures.get('two')], [busy, busy]);
  assert.equal(next.frame, first.frame);
  const last = withChange(next, change({ gone: ['two'] }));
  assert.deepEqual([[...last.apps.keys()], last.figures.has('two')], [['one'], false]);
});

test('figures of instances stay until they are told again', () => {
  const first = stateFromWhole({ ...PAGE, apps: [app('one', [UP])], figures: [['one', [...busy, 7, 2]]] });
  const next = withChange(first, change({ figures: [['one', busy]] }));
  assert.deepEqual(next.figures.get('one'), [...busy, 7, 2]);
  const last = withChange(next, change({ figures: [['one', [...busy, 0, 0]]] }));
  assert.deepEqual(last.figures.get('one'), [...busy, 0, 0]);
});

test('only a second adds a point, and five of them a step of the trends', () => {
  let state = stateFromWhole({ ...PAGE, apps: [app('one', [UP])] });
  state = withChange(state, change({ figures: [['one', busy]] }));
  assert.equal(state.history.times.length, 0);
  for (let second = 1; second <= 5; second += 1) {
    state = withChange(state, change({ at: PAGE.at + second * 1_000, total: busy }));
    assert.equal(state.history.rate.length, second);
  }
  assert.deepEqual(state.trends.get('one'), [10]);
  for (let second = 0; second < 400; second += 1) state = withChange(state, change({ total: busy }));
  assert.equal(state.history.times.length, 300);
  assert.equal(state.trends.get('one')?.length, 60);
});

test('trouble comes first, then the name', () => {
  const apps = [
    app('zoo', [UP]),
    app('bleeds', [DOWN], { traffic: 'neighbors', trafficWhy: 'all down' }),
    app('ark', [UP]),
    app('dead', [DOWN], { traffic: 'nobody' }),
    app('drained', [UP, DRAINED]),
    app('part', [UP, DOWN]),
  ];
  const names = (key: 'trouble' | 'name' | 'rate', isDescending: boolean) =>
    sortedApps(apps, new Map([['ark', busy]]), { key, isDescending }).map(({ name }) => name);
  assert.deepEqual(names('trouble', false), ['dead', 'bleeds', 'part', 'drained', 'ark', 'zoo']);
  assert.deepEqual(names('name', true), ['zoo', 'part', 'drained', 'dead', 'bleeds', 'ark']);
  assert.equal(names('rate', true)[0], 'ark');
});

test('a filter finds names, slots, states and addresses; all its words must be there', () => {
  const shop = app('shop', [UP, DOWN]);
  for (const found of ['', ' SHO ', '21034', 'degraded', '8081', 'shop 127.0.0.1'])
    assert.ok(isMatch(shop, found), found);
  for (const missed of ['cart', 'shop cart', '9999']) assert.ok(!isMatch(shop, missed), missed);
});

test('a state is a word and a reason', () => {
  const words = [DOWN, DRAINED, UP].map((instance) => instanceStanding(instance).word);
  assert.deepEqual(words, ['Down', 'Drain', 'Up']);
  assert.deepEqual(appStanding(app('a', [UP, DOWN])), {
    ...{ tone: 'warn', word: 'Degraded', why: '127.0.0.1:8081: down: refused' },
  });
  assert.equal(appStanding(app('a', [UP], { bindError: 'taken by nginx' })).word, 'Not bound');
});

test('a decision says what becomes of the traffic', () => {
  const both = app('a', [UP, { ...UP, id: 'other' }]);
  assert.match(consequenceOf(both, { instance: 'other', state: 'drain' }), /1 instance of this node goes on/);
  assert.match(
    consequenceOf(both, { instance: null, state: 'maint' }),
    /No instance of this node is left: .* else clients get 503\.$/,
  );
  const tcp = { ...both, protocol: 'tcp' };
  assert.match(consequenceOf(tcp, { instance: null, state: 'maint' }), / else connections of clients are closed\.$/);
  assert.match(consequenceOf(app('a', [DOWN]), { instance: DOWN.id, state: 'ready' }), /as soon as its checks pass/);
});

test('figures are as short as they may be', () => {
  assert.deepEqual([0, 3.14, 512.4, 12_345, 2_500_000, null].map(formatRate), [
    '0',
    '3.1',
    '512',
    '12.3 k',
    '2.5 M',
    '–',
  ]);
  assert.deepEqual([0, 0.25, 5.24, 512, 2_300, 90_000].map(formatMs), [
    '0',
    '250 µs',
    '5.2 ms',
    '512 ms',
    '2.3 s',
    '1 min 30 s',
  ]);
  assert.deepEqual([59, 61, 3_700, 90_000].map(formatDuration), ['59 s', '1 min 1 s', '1 h 1 min', '1 d 1 h']);
});
