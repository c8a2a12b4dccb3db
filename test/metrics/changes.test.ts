import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SaidObject, withChanges } from '../../src/metrics/changes.js';
import { holds } from '../support/properties.js';

/** Names of properties that every object inherits among them. */
const key = fc.constantFrom('shop', 'requests', '0', 'constructor', '__proto__', 'toString', '');
const leaf = fc.oneof(fc.constantFrom<number | null | string>(0, 1, -1, 2.5, null, 'text'), fc.nat());
/** Lists of one length, as they are in reports. */
const list = fc.array(fc.nat(3), { minLength: 5, maxLength: 5 });

const value = fc.letrec<{ value: unknown; object: object }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, list, tie('object')),
  object: fc.dictionary(key, tie('value'), { maxKeys: 4 }).map((object) => ({ ...object })),
}));

function saidOf(state: object): SaidObject {
  const said = new SaidObject();
  said.takeChanges(state);
  return said;
}

function sent<T>(message: T): T {
  return JSON.parse(JSON.stringify(message)) as T;
}

test('the state before and the changes give the state after, for any two states', async () => {
  await holds(
    fc.property(value.object, value.object, (before, now) => {
      const said = saidOf(before);
      const changes = said.takeChanges(now) ?? {};
      assert.equal(said.takeChanges(now), undefined);
      assert.deepEqual(sent(withChanges(before, sent(changes))), sent(now));
    }),
    2_000,
  );
});

test('over a history both sides come to the same, though what is told of goes on changing', async () => {
  await holds(
    fc.property(fc.array(value.object, { minLength: 2, maxLength: 6 }), (history) => {
      const said = new SaidObject();
      let heard: unknown = {};
      for (const now of history) {
        const live = structuredClone(now);
        const before = heard;
        const unchanged = JSON.stringify(before);
        heard = withChanges(before, sent(said.takeChanges(live) ?? {}));
        scribbleOver(live);
        assert.equal(JSON.stringify(before), unchanged, 'what was heard before stays');
        assert.equal(said.takeChanges(now), undefined, 'what was said goes on as it was');
        assert.deepEqual(sent(heard), sent(now));
      }
    }),
    1_000,
  );
});

test('what has not changed is not said, and stays the same object', async () => {
  await holds(
    fc.property(value.object, (state) => assert.equal(saidOf(structuredClone(state)).takeChanges(state), undefined)),
    500,
  );
  const before = { slots: { a: { requests: 1 }, b: { requests: 1, latency: [0, 0, 0] } }, open: null };
  const now = { slots: { a: { requests: 1 }, b: { requests: 2, latency: [0, 3, 0] } }, open: null };
  const changes = saidOf(before).takeChanges(now);
  assert.deepEqual(sent(changes), { slots: { b: { requests: 2, latency: [1, 3] } } });
  const after = withChanges(before, changes) as typeof before;
  assert.equal(after.slots.a, before.slots.a);
  assert.notEqual(after.slots.b, before.slots.b);
  assert.deepEqual(before.slots.b, { requests: 1, latency: [0, 0, 0] });
});

function scribbleOver(state: unknown): void {
  if (Array.isArray(state)) state.fill(-7);
  else if (typeof state === 'object' && state !== null) Object.values(state).forEach(scribbleOver);
}
