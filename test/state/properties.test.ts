/** The merge of sources against a naive one, and the guard of a source over any history: nothing good is lost by accident. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { App } from '../../src/model/app.js';
import { isLargeLoss, REMOVAL_GRACE_MS } from '../../src/model/large-loss.js';
import { mergeSources } from '../../src/state/merge.js';
import { RemovalGuard } from '../../src/state/removal-guard.js';
import { FakeClock } from '../support/fake-clock.js';
import { appInstance, appOf } from '../support/node/apps.js';
import { holds } from '../support/properties.js';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;
const MAX_SHARE = 0.5;

/** An app of this name with so many instances; a source tells them apart by `mark`. */
function appNamed(name: string, instances: number, mark = 0): App {
  const index = NAMES.indexOf(name as (typeof NAMES)[number]);
  const ports = Array.from({ length: instances }, (_, place) => 20_000 + 100 * index + place);
  return appOf(name, 9_000 + 2 * index + 100 * mark, { instances: ports.map((port) => appInstance(port)) });
}

const names = fc.subarray([...NAMES]);

test('merge: each app comes whole from the first source that has it, and each other one is named', () => {
  const source = fc.tuple(names, fc.boolean());
  return holds(
    fc.property(fc.array(source, { maxLength: 4 }), (told) => {
      const readings = told.map(([apps, isReversed], index) => ({
        name: `source-${index}`,
        reading: {
          apps: (isReversed ? [...apps].reverse() : apps).map((name) => appNamed(name, 1, index)),
          problems: [],
        },
      }));
      const { apps, problems } = mergeSources(readings);
      const expected = NAMES.flatMap((name) =>
        readings.flatMap(({ reading }) => reading.apps.filter((app) => app.name === name)).slice(0, 1),
      );
      assert.deepEqual(apps, expected);
      const all = readings.reduce((sum, { reading }) => sum + reading.apps.length, 0);
      assert.equal(problems.length, all - expected.length);
    }),
    500,
  );
});

const answer = fc.record({
  /** How many instances each app has now; null: the app is not there. */
  counts: fc.array(fc.option(fc.nat({ max: 3 }), { freq: 2 }), { minLength: NAMES.length, maxLength: NAMES.length }),
  /** Since the answer before. */
  afterMs: fc.constantFrom(0, 1_000, 30_000, REMOVAL_GRACE_MS),
});

test('guard: what a source says comes through, what it loses at once is kept for a time and no longer', () =>
  holds(
    fc.property(fc.array(answer, { minLength: 1, maxLength: 12 }), (history) => {
      const clock = new FakeClock();
      const guard = new RemovalGuard({ clock, maxRemovalShare: MAX_SHARE });
      let isHolding = false;
      let previous: readonly App[] = NAMES.map((name) => appNamed(name, 2));
      for (const { counts, afterMs } of history) {
        clock.jump(afterMs);
        const next = NAMES.flatMap((name, index) => {
          const count = counts[index] ?? null;
          return count === null ? [] : [appNamed(name, count)];
        });
        const { apps, problem, recheckInMs } = guard.check('source', previous, next);
        assertGuarded(previous, next, apps);
        if (!isHolding) assertJudged(previous, next, apps);
        isHolding = problem !== null;
        assert.equal(problem === null, recheckInMs === null, 'what is held is told, and looked at again');
        assert.ok(recheckInMs === null || (recheckInMs > 0 && recheckInMs <= REMOVAL_GRACE_MS));
        previous = apps;
      }
      const last = history.at(-1)?.counts ?? [];
      const said = NAMES.flatMap((name, index) => (last[index] == null ? [] : [appNamed(name, last[index])]));
      clock.jump(REMOVAL_GRACE_MS);
      const { apps, problem } = guard.check('source', previous, said);
      assert.deepEqual(apps, said, 'who says the same for so long is believed');
      assert.equal(problem, null);
    }),
    400,
  ));

/** Everything that is said now is there; what is there beside it was there before; a large loss is not there at once. */
function assertGuarded(previous: readonly App[], next: readonly App[], apps: readonly App[]): void {
  const before = new Map(previous.map((app) => [app.name, app]));
  const now = new Map(next.map((app) => [app.name, app]));
  const result = new Map(apps.map((app) => [app.name, app]));
  assert.equal(result.size, apps.length, 'each app once');
  for (const app of next) {
    const ids = new Set(result.get(app.name)?.instances.map(({ id }) => id));
    for (const { id } of app.instances) assert.ok(ids.has(id), `${id} of ${app.name} is new`);
    assert.equal(result.get(app.name)?.slot, app.slot);
  }
  for (const app of apps) {
    const known = new Set(
      [...(before.get(app.name)?.instances ?? []), ...(now.get(app.name)?.instances ?? [])].map(({ id }) => id),
    );
    assert.ok(before.has(app.name) || now.has(app.name), `${app.name} comes from somewhere`);
    for (const { id } of app.instances) assert.ok(known.has(id), `${id} of ${app.name} comes from somewhere`);
    assert.equal(new Set(app.instances.map(({ id }) => id)).size, app.instances.length, 'each instance once');
  }
}

/** Where nothing was held before: a loss that is large is doubted whole, and any other is believed at once. */
function assertJudged(previous: readonly App[], next: readonly App[], apps: readonly App[]): void {
  const now = new Map(next.map((app) => [app.name, app]));
  const lost = previous.filter(({ name, instances }) => {
    const left = now.get(name)?.instances.length;
    return left === undefined || (left === 0 && instances.length > 0);
  });
  if (!isLargeLoss(lost.length, previous.length, MAX_SHARE)) assert.deepEqual(apps, next);
  else for (const app of lost) assert.deepEqual(apps.find(({ name }) => name === app.name)?.instances, app.instances);
}
