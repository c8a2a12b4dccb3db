import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeDiff, diffApps, hasRemoval, isSame } from '../../src/state/diff.js';
import { appInstance, appOf } from '../support/node/apps.js';

const ONE = appInstance(1);
const TWO = appInstance(2);
const SHOP = appOf('shop', 9000, { instances: [ONE, TWO] });

test('apps come and go', () => {
  const diff = diffApps([SHOP, appOf('old', 9010)], [SHOP, appOf('new', 9020)]);
  assert.deepEqual(diff, { added: ['new'], removed: ['old'], changed: [] });
  assert.equal(describeDiff(diff), '+new; -old');
  assert.ok(hasRemoval(diff));
});

test('apps are named in the order of their names', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => appOf(name, 9_000));
  assert.ok(a && b && c);
  const changed = [c, a, b].map((app) => ({ ...app, retries: 9 }));
  assert.deepEqual(
    diffApps([b, c, a], changed).changed.map(({ name }) => name),
    ['a', 'b', 'c'],
  );
  assert.deepEqual(diffApps([], [c, a, b]).added, ['a', 'b', 'c']);
  assert.deepEqual(diffApps([c, a, b], []).removed, ['a', 'b', 'c']);
});

test('instances come, go and change, settings change', () => {
  const next = { ...SHOP, retries: 1, instances: [{ ...ONE, weight: 5 }, appInstance(3)] };
  const diff = diffApps([SHOP], [next]);
  assert.equal(describeDiff(diff), 'shop (+127.0.0.1:3, -127.0.0.1:2, ~127.0.0.1:1, retries)');
  assert.ok(hasRemoval(diff));
});

test('another file or another order makes no change', () => {
  const next = { ...SHOP, origin: { ...SHOP.origin, line: 99 }, instances: [TWO, ONE] };
  const other = appOf('other', 9010);
  assert.ok(isSame([SHOP, other], [other, next]));
  assert.equal(describeDiff(diffApps([SHOP], [next])), 'nothing');
  assert.ok(!isSame([SHOP], []));
  assert.ok(!isSame([], [SHOP]));
  assert.ok(!isSame([SHOP], [{ ...SHOP, timeouts: { ...SHOP.timeouts, connectMs: 1 } }]));
});

for (const [what, instance, isRemoval] of [
  ['drained', { ...ONE, state: 'drain' }, true],
  ['put in maintenance', { ...ONE, state: 'maint' }, true],
  ['given no weight', { ...ONE, weight: 0 }, true],
  ['given less weight', { ...ONE, weight: 1 }, false],
] as const) {
  test(`an instance that is ${what} ${isRemoval ? 'waits for nothing' : 'may wait'}`, () => {
    assert.equal(hasRemoval(diffApps([SHOP], [{ ...SHOP, instances: [instance, TWO] }])), isRemoval);
  });
}

test('an instance that comes or becomes ready again does not count as removed', () => {
  const drained = { ...SHOP, instances: [{ ...ONE, state: 'drain' as const }] };
  assert.ok(!hasRemoval(diffApps([drained], [SHOP])));
  assert.ok(!hasRemoval(diffApps([], [SHOP])));
});

test('a thousand changes make one line of bearable length', () => {
  const many = Array.from({ length: 1_000 }, (_, index) => appOf(`app-${index}`, 9000 + 2 * index));
  const line = describeDiff(diffApps([], many));
  assert.ok(line.length < 300, line);
  assert.match(line, /; 990 more$/);
});

test('another life at an address is another instance: it waits for nothing, and the line says so', () => {
  const old = appInstance(1, { life: 'a' });
  const next = (life: string | null, weight = 100) => appOf('shop', 9000, { instances: [{ ...old, life, weight }] });
  const diff = diffApps([next('a')], [next('b', 50)]);
  assert.equal(describeDiff(diff), 'shop (127.0.0.1:1 replaced)');
  assert.ok(hasRemoval(diff));
  const learnt = diffApps([next(null)], [next('b')]);
  assert.equal(describeDiff(learnt), 'shop (~127.0.0.1:1)');
  assert.ok(!hasRemoval(learnt));
});
