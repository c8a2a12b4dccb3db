/** What every registry promises: one suite for the directory and for Consul. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { putApp, removeApp } from '../../src/registry/put-app.js';
import { RegistryFailure } from '../../src/registry/registry.js';
import { findLeaks } from '../../src/registry/slot-check.js';
import { DEFAULT_SLOT_RULES } from '../../src/registry/slot-rules.js';
import { chance, definitionOf, NOON, putOptions, smallApp } from './put-options.js';
import { REGISTRY_KINDS } from './registries.js';

for (const kind of REGISTRY_KINDS) {
  test(`${kind.name}: a record of a slot is written once, and freed by its owner alone`, async (context) => {
    const { slots } = (await kind.prepare(context)).open();
    assert.equal(await slots.get(21_034), null);
    assert.equal(await slots.claim(21_034, 'shop', null), true);
    assert.equal(await slots.claim(21_034, 'till', null), false);
    assert.equal(await slots.claim(21_034, 'shop', null), false);
    assert.equal(await slots.get(21_034), 'shop');
    assert.equal(await slots.free(21_034, 'till', NOON), false);
    assert.equal(await slots.free(21_034, 'shop', NOON), true);
    assert.equal(await slots.free(21_034, 'shop', NOON), false);
    const { freed, ...book } = await slots.list();
    assert.deepEqual(book, { slots: [], problems: [] });
    assert.deepEqual(freed, [{ port: 21_034, app: 'shop', freedAt: NOON }]);
    assert.equal(await slots.claim(21_034, 'till', NOON), true);
    assert.deepEqual(await slots.list(), { slots: [{ port: 21_034, app: 'till' }], freed: [], problems: [] });
  });

  test(`${kind.name}: a document is written by check-and-set`, async (context) => {
    const place = await kind.prepare(context);
    const registry = place.open();
    const { text } = smallApp('shop', '# héllo ☃\n');
    assert.equal(await registry.put('shop', text, null, null), true);
    assert.equal(await registry.put('shop', text, null, null), false);
    const first = await registry.get('shop');
    assert.equal(first?.text.trim(), text.trim());
    assert.equal(first?.definition.origin.source, 'registry');
    const changed = `${text}image: shop:2\n`;
    assert.equal(await place.open().put('shop', changed, first?.version ?? '', null), true);
    assert.equal(await registry.put('shop', `${text}image: shop:3\n`, first?.version ?? '', null), false);
    assert.equal(await registry.remove('shop', first?.version ?? ''), false);
    const second = await registry.get('shop');
    assert.equal(second?.definition.image, 'shop:2');
    assert.equal(await registry.remove('shop', second?.version ?? ''), true);
    assert.equal(await registry.remove('shop', second?.version ?? ''), false);
    assert.equal(await registry.get('shop'), null);
    assert.deepEqual(await registry.list(), { apps: [], refused: [], unreadable: [], problems: [] });
  });

  test(`${kind.name}: put gives a slot, keeps it, and says what it changes`, async (context) => {
    const registry = (await kind.prepare(context)).open();
    const created = await putApp(registry, smallApp('shop', 'image: shop:1 # now\n'), putOptions());
    assert.equal(created.kind, 'created');
    const slot = created.slot ?? assert.fail();
    assert.ok(slot % 2 === 0 && slot >= 10_000 && slot < 32_767, String(slot));
    assert.ok(created.changes.some(({ key, after }) => key === 'slot' && after === String(slot)));
    assert.match((await registry.get('shop'))?.text ?? '', /# now\n/);

    const changed = await putApp(registry, smallApp('shop', 'image: shop:2\n'), putOptions());
    assert.deepEqual(changed, {
      app: 'shop',
      kind: 'changed',
      slot,
      changes: [{ key: 'image', before: 'shop:1', after: 'shop:2' }],
    });
    const same = await putApp(registry, smallApp('shop', 'image: shop:2\n'), putOptions());
    assert.deepEqual(same, { app: 'shop', kind: 'unchanged', slot, changes: [] });
    assert.deepEqual(findLeaks(await registry.list(), await registry.slots.list(), DEFAULT_SLOT_RULES), []);
  });

  test(`${kind.name}: a dry run writes nothing`, async (context) => {
    const registry = (await kind.prepare(context)).open();
    await putApp(registry, smallApp('shop'), putOptions());
    const before = [await registry.list(), await registry.slots.list()];
    const plan = await putApp(registry, smallApp('till'), putOptions({ isDryRun: true }));
    assert.deepEqual([plan.kind, plan.slot], ['created', null]);
    await putApp(registry, smallApp('shop', 'image: a\n'), putOptions({ isDryRun: true }));
    await removeApp(registry, 'shop', { ...putOptions(), isDryRun: true });
    assert.deepEqual([await registry.list(), await registry.slots.list()], before);
  });

  test(`${kind.name}: a slot of another, its neighbors, and reserved ones are refused by name`, async (context) => {
    const registry = (await kind.prepare(context)).open();
    await putApp(registry, smallApp('shop', 'slot: 21034\n'), putOptions());
    const refusals: readonly (readonly [slot: number, why: RegExp])[] = [
      [21_034, /till: slot 21034 belongs to shop/],
      [21_033, /overlaps slot 21034 of shop/],
      [21_035, /overlaps slot 21034 of shop/],
      [1_936, /reserved/],
      [1_935, /health port on a reserved/],
      [40_000, /kernels/],
    ];
    for (const [slot, why] of refusals) {
      const put = putApp(registry, smallApp('till', `slot: ${slot}\n`), putOptions());
      await assert.rejects(put, (error) => error instanceof RegistryFailure && why.test(error.message));
    }
    assert.deepEqual((await registry.slots.list()).slots, [{ port: 21_034, app: 'shop' }]);
    assert.deepEqual((await registry.list()).apps.length, 1);
  });

  test(`${kind.name}: a slot is for ever, unless somebody says otherwise; the old one is then in quarantine`, async (context) => {
    const registry = (await kind.prepare(context)).open();
    await putApp(registry, smallApp('shop', 'slot: 21034\n'), putOptions());
    const moved = smallApp('shop', 'slot: 21040\n');
    await assert.rejects(putApp(registry, moved, putOptions()), /it keeps slot 21034; the definition says 21040/);
    await putApp(registry, moved, putOptions({ canMoveSlot: true }));
    const { slots, freed } = await registry.slots.list();
    assert.deepEqual(slots, [{ port: 21_040, app: 'shop' }]);
    assert.deepEqual(freed, [{ port: 21_034, app: 'shop', freedAt: NOON }]);
  });

  test(`${kind.name}: a removed app leaves its slot in quarantine; only the app itself may have it back`, async (context) => {
    const registry = (await kind.prepare(context)).open();
    await putApp(registry, smallApp('shop', 'slot: 21034\n'), putOptions());
    assert.equal((await removeApp(registry, 'shop', { ...putOptions(), isDryRun: false }))?.definition.slot, 21_034);
    assert.equal(await removeApp(registry, 'shop', { ...putOptions(), isDryRun: false }), null);
    const till = smallApp('till', 'slot: 21034\n');
    await assert.rejects(putApp(registry, till, putOptions()), /in quarantine after shop until 2026-01-02T12/);
    await assert.rejects(putApp(registry, smallApp('till', 'slot: 21035\n'), putOptions()), /quarantine/);
    const tight = { ...DEFAULT_SLOT_RULES, range: { from: 21_034, to: 21_037 } };
    assert.equal((await putApp(registry, smallApp('till'), putOptions({ rules: tight }))).slot, 21_036);
    await putApp(registry, smallApp('shop', 'slot: 21034\n'), putOptions());
    await removeApp(registry, 'shop', { ...putOptions(), isDryRun: false });
    const nextDay = { random: chance(1), wallTime: () => NOON + 86_400_000 };
    const late = await putApp(registry, smallApp('bank'), putOptions({ rules: tight, chances: nextDay }));
    assert.equal(late.slot, 21_034);
    assert.deepEqual((await registry.slots.list()).freed, []);
  });

  test(`${kind.name}: a route of another app is refused in any spelling`, async (context) => {
    const registry = (await kind.prepare(context)).open();
    const route = (host: string, path: string): string => `edge: {routes: [{host: ${host}, path: ${path}}]}\n`;
    await putApp(registry, smallApp('shop', route('www.one.example', '/a')), putOptions());
    const clash = putApp(registry, smallApp('till', route('WWW.one.example.', '/a/')), putOptions());
    await assert.rejects(clash, /till: www\.one\.example prefix \/a is a route of shop already/);
    await putApp(registry, smallApp('till', route('www.one.example', '/a/b')), putOptions());
    await putApp(registry, smallApp('shop', route('www.one.example', '/a')), putOptions());
    assert.equal((await registry.list()).apps.length, 2);
  });

  test(`${kind.name}: a slot that was claimed for an app before its put was cut short is taken up`, async (context) => {
    const registry = (await kind.prepare(context)).open();
    await registry.slots.claim(21_034, 'shop', null);
    assert.deepEqual(
      findLeaks(await registry.list(), await registry.slots.list(), DEFAULT_SLOT_RULES).map(({ kind, port }) => [
        kind,
        port,
      ]),
      [['slot-without-app', 21_034]],
    );
    assert.equal((await putApp(registry, smallApp('shop'), putOptions())).slot, 21_034);
    assert.deepEqual(findLeaks(await registry.list(), await registry.slots.list(), DEFAULT_SLOT_RULES), []);
  });

  test(`${kind.name}: of many who write one app at once each change is whole, and the slot is one`, async (context) => {
    const place = await kind.prepare(context);
    const writers = Array.from({ length: 6 }, (_, index) =>
      putApp(
        place.open(),
        smallApp('shop', `image: shop:${index}\n`),
        putOptions({ chances: { random: chance(index), wallTime: () => NOON } }),
      ),
    );
    await Promise.all(writers);
    const registry = place.open();
    assert.equal((await registry.list()).apps.length, 1);
    assert.deepEqual(findLeaks(await registry.list(), await registry.slots.list(), DEFAULT_SLOT_RULES), []);
  });

  test(`${kind.name}: two apps that are written at once do not both get one route`, async (context) => {
    const place = await kind.prepare(context);
    const more = 'edge: {routes: [{host: www.one.example}]}\n';
    const results = await Promise.allSettled(
      ['shop', 'till', 'bank'].map((name, index) =>
        putApp(
          place.open(),
          smallApp(name, more),
          putOptions({ chances: { random: chance(index), wallTime: () => NOON } }),
        ),
      ),
    );
    const registry = place.open();
    const { apps } = await registry.list();
    assert.ok(apps.length <= 1, apps.map(({ definition }) => definition.name).join());
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, apps.length);
    assert.deepEqual(findLeaks(await registry.list(), await registry.slots.list(), DEFAULT_SLOT_RULES), []);
  });

  test(`${kind.name}: a document of 100 kB comes back as it was`, async (context) => {
    const registry = (await kind.prepare(context)).open();
    const value = `${'ß"\\'.repeat(8_000)}`;
    const wanted = definitionOf(`${smallApp('shop').text}env: ${JSON.stringify({ A: value, B: value, C: value })}\n`);
    await putApp(registry, wanted, putOptions());
    assert.deepEqual((await registry.get('shop'))?.definition.env, wanted.definition.env);
  });
}
