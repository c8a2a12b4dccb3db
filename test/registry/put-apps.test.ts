/** Several apps in one put: all are judged before the first is written, with each other too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DirectoryRegistry } from '../../src/registry/directory.js';
import { putApp, putApps } from '../../src/registry/put-app.js';
import { RegistryFailure } from '../../src/registry/registry.js';
import { DEFAULT_SLOT_RULES } from '../../src/registry/slot-rules.js';
import { temporaryFolder } from '../support/at-end.js';
import { putOptions, smallApp } from './put-options.js';

const ROUTE = 'edge: {routes: [{host: www.one.example}]}\n';

test(`what is new and changed is written, what is as it was is not`, async (context) => {
  const registry = new DirectoryRegistry(temporaryFolder(context, 'registry'));
  await putApp(registry, smallApp('bank', 'slot: 21030\n'), putOptions());
  await putApp(registry, smallApp('shop', 'slot: 21034\n'), putOptions());
  const before = await registry.get('bank');
  const wanted = [
    smallApp('bank', 'slot: 21030\n'),
    smallApp('shop', 'slot: 21034\nimage: shop:2\n'),
    smallApp('till', 'slot: 21038\n'),
  ];
  const planned = await putApps(registry, wanted, putOptions(), true);
  assert.deepEqual(
    planned.map(({ app, kind, slot, changes }) => [app, kind, slot, changes.length > 0]),
    [
      ['bank', 'unchanged', 21_030, false],
      ['shop', 'changed', 21_034, true],
      ['till', 'created', 21_038, true],
    ],
  );
  assert.equal((await registry.list()).apps.length, 2, 'a dry run writes nothing');
  assert.deepEqual(await putApps(registry, wanted, putOptions(), false), planned);
  assert.deepEqual(
    (await registry.list()).apps.map(({ definition: { name, slot, image } }) => [name, slot, image]),
    [
      ['bank', 21_030, null],
      ['shop', 21_034, 'shop:2'],
      ['till', 21_038, null],
    ],
  );
  assert.deepEqual(await registry.get('bank'), before);
  const looks = context.mock.method(registry, 'list');
  await putApps(registry, wanted, putOptions(), false);
  assert.equal(looks.mock.callCount(), 1, 'what is as it was is looked at once');
});

test(`an app that is as it was and has no record of its slot gets one`, async (context) => {
  const registry = new DirectoryRegistry(temporaryFolder(context, 'registry'));
  const shop = smallApp('shop', 'slot: 21034\n');
  await registry.put('shop', shop.text, null, null);
  const [outcome] = await putApps(registry, [shop], putOptions(), false);
  assert.deepEqual(outcome, { app: 'shop', kind: 'unchanged', slot: 21_034, changes: [] });
  assert.deepEqual((await registry.slots.list()).slots, [{ port: 21_034, app: 'shop' }]);
});

test(`a mistake in the last leaves nothing half done`, async (context) => {
  const registry = new DirectoryRegistry(temporaryFolder(context, 'registry'));
  const mistakes = [
    [smallApp('a', 'slot: 21034\n'), smallApp('b', 'slot: 1936\n'), /b: slot 1936 is a reserved port/],
    [smallApp('a', 'slot: 21034\n'), smallApp('b', 'slot: 21034\n'), /a: slot 21034 belongs to b/],
    [smallApp('a', ROUTE), smallApp('b', ROUTE), /a: www\.one\.example prefix \/ is a route of b already/],
  ] as const;
  for (const [one, other, why] of mistakes) {
    await assert.rejects(
      putApps(registry, [one, other], putOptions(), false),
      (error) => error instanceof RegistryFailure && why.test(error.message),
    );
    assert.deepEqual((await registry.list()).apps, []);
    assert.deepEqual((await registry.slots.list()).slots, []);
  }
});

test(`a route and a slot may go from one app to another in one put`, async (context) => {
  const registry = new DirectoryRegistry(temporaryFolder(context, 'registry'));
  await putApp(registry, smallApp('old', `slot: 21034\n${ROUTE}`), putOptions());
  const outcomes = await putApps(
    registry,
    [smallApp('old', 'slot: 21034\n'), smallApp('young', `slot: 21040\n${ROUTE}`)],
    putOptions(),
    false,
  );
  assert.deepEqual(
    outcomes.map(({ app, kind }) => [app, kind]),
    [
      ['old', 'changed'],
      ['young', 'created'],
    ],
  );
});

test(`slots that are given in one put are not in each other's way`, async (context) => {
  const registry = new DirectoryRegistry(temporaryFolder(context, 'registry'));
  const rules = { ...DEFAULT_SLOT_RULES, range: { from: 21_034, to: 21_041 } };
  // Chance would lead the first one to the slot that the second one says.
  const wanted = [smallApp('a'), smallApp('b', 'slot: 21034\n'), smallApp('c')];
  const outcomes = await putApps(
    registry,
    wanted,
    putOptions({ rules, chances: { random: () => 0, wallTime: () => 0 } }),
    false,
  );
  assert.deepEqual(
    outcomes.map(({ slot }) => slot),
    [21_036, 21_034, 21_038],
  );
});
