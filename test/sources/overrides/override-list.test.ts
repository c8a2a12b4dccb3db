import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseServiceDocument } from '../../../src/documents/service-document.js';
import type { AdminState, App } from '../../../src/model/app.js';
import {
  applyOverrides,
  type Override,
  overrideOf,
  overridesFromJson,
  overridesToJson,
  prunedOverrides,
  withOverride,
} from '../../../src/sources/overrides/override-list.js';

const ONE = '127.0.0.1:1';
const TWO = '127.0.0.1:2';

const APPS: readonly App[] = parseServiceDocument(
  `a: {protocol: http, slot: 1, instances: ["${ONE}", {address: "${TWO}", state: drain}]}
b: {protocol: http, slot: 3, instances: ["${ONE}"]}
`,
  'a.yml',
  'directory',
).apps;

function decide(app: string, instance: string | null, state: AdminState, life: string | null = null): Override {
  return { app, instance, life, state, by: 'somebody', at: '2026-01-01T00:00:00.000Z' };
}

function all(...decisions: Override[]): readonly Override[] {
  return decisions.reduce<readonly Override[]>(withOverride, []);
}

function statesOf(overrides: readonly Override[]): readonly AdminState[] {
  return applyOverrides(APPS, overrides)[0]?.instances.map(({ state }) => state) ?? [];
}

test('a decision stands over what the source says, for an app or one instance', () => {
  assert.deepEqual(statesOf([]), ['ready', 'drain']);
  assert.deepEqual(statesOf(all(decide('a', null, 'maint'))), ['maint', 'maint']);
  assert.deepEqual(statesOf(all(decide('a', ONE, 'maint'))), ['maint', 'drain']);
  assert.deepEqual(statesOf(all(decide('a', TWO, 'ready'))), ['ready', 'ready']);
});

test('the decision about an instance is the more precise, the newest about the app the last word', () => {
  assert.deepEqual(statesOf(all(decide('a', null, 'drain'), decide('a', ONE, 'ready'))), ['ready', 'drain']);
  assert.deepEqual(statesOf(all(decide('a', ONE, 'maint'), decide('a', null, 'ready'))), ['ready', 'ready']);
  assert.equal(all(decide('a', ONE, 'maint'), decide('a', ONE, 'drain')).length, 1);
});

test('what nobody decided about is the same object', () => {
  const applied = applyOverrides(APPS, all(decide('a', ONE, 'drain'), decide('gone', null, 'drain')));
  assert.notEqual(applied[0], APPS[0]);
  assert.equal(applied[1], APPS[1]);
  assert.equal(applyOverrides(APPS, []), APPS);
  assert.equal(applyOverrides(APPS, all(decide('b', null, 'ready')))[1], APPS[1]);
});

test('who decided can be asked', () => {
  const overrides = all(decide('a', null, 'drain'), decide('a', ONE, 'ready'));
  assert.equal(overrideOf(overrides, 'a', { id: ONE, life: null })?.state, 'ready');
  assert.equal(overrideOf(overrides, 'a', { id: TWO, life: null })?.state, 'drain');
  assert.equal(overrideOf(overrides, 'b', { id: ONE, life: null }), null);
});

test('ready is not kept where the source says it too', () => {
  const pruned = (...decisions: Override[]): number => prunedOverrides(all(...decisions), APPS).length;
  assert.equal(pruned(decide('b', null, 'ready')), 0);
  assert.equal(pruned(decide('a', ONE, 'ready')), 0);
  assert.equal(pruned(decide('a', null, 'ready')), 1, 'the source drains the second instance');
  assert.equal(pruned(decide('a', TWO, 'ready')), 1);
  assert.equal(pruned(decide('a', null, 'drain'), decide('a', ONE, 'ready')), 2, 'it is an exception');
  assert.equal(pruned(decide('gone', null, 'ready')), 1);
  assert.equal(pruned(decide('b', null, 'drain')), 1);
});

test('what is written is read again, anything else is refused with a reason', () => {
  const overrides = all(decide('a', null, 'drain'), decide('b', ONE, 'maint'));
  assert.deepEqual(overridesFromJson(overridesToJson(overrides)), { overrides, weights: [], unread: [] });
  for (const [text, reason] of [
    ['', /not JSON/],
    ['{"version": 1, "over', /not JSON/],
    ['{"version": 2, "overrides": []}', /version 2/],
    ['{"version": 1}', /overrides/],
    ['[]', /./],
    ['{"version": 1, "overrides": {}}', /overrides: /],
  ] as const) {
    const read = overridesFromJson(text);
    assert.equal(typeof read, 'string', text);
    assert.match(read as string, reason);
  }
});

test('a decision about one life lapses with it; one without a life is about the address', () => {
  const withLife = (life: string | null): readonly App[] =>
    APPS.map((app) => ({ ...app, instances: app.instances.map((instance) => ({ ...instance, life })) }));
  const stateOf = (life: string | null, decision: Override) =>
    applyOverrides(withLife(life), [decision])[0]?.instances[0]?.state;
  const decision = decide('a', ONE, 'maint', 'first');
  assert.equal(stateOf('first', decision), 'maint');
  assert.equal(stateOf('second', decision), 'ready');
  assert.equal(stateOf(null, decision), 'maint', 'nothing says that it is another one');
  assert.equal(stateOf('second', decide('a', ONE, 'maint')), 'maint');
  assert.deepEqual(prunedOverrides([decision], withLife('first')), [decision]);
  assert.deepEqual(prunedOverrides([decision], withLife('second')), []);
  assert.deepEqual(prunedOverrides([decision], []), [decision], 'it may come back');
});

test('decisions about containers that are gone do not pile up', () => {
  const gone = Array.from({ length: 1_500 }, (_, index) =>
    decide('a', `10.0.0.1:${index + 1}`, 'drain', `life ${index}`),
  );
  const kept = prunedOverrides([decide('a', ONE, 'maint'), ...gone], APPS);
  assert.equal(kept.length, 1_001);
  assert.equal(kept[0]?.instance, ONE);
  assert.equal(kept.at(-1), gone.at(-1));
});

test('a file of an earlier release has decisions without lives', () => {
  const entry = { app: 'a', instance: ONE, state: 'drain', by: 'somebody', at: '2026-01-01T00:00:00.000Z' };
  const read = overridesFromJson(JSON.stringify({ version: 1, overrides: [entry] }));
  assert.deepEqual(read, { overrides: [decide('a', ONE, 'drain')], weights: [], unread: [] });
});
