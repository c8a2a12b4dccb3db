/** A definition that cannot be read is still there: its app is nowhere taken for removed. Alike in both registries. */
import assert from 'node:assert/strict';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { DirectoryRegistry } from '../../src/registry/directory.js';
import { putApp } from '../../src/registry/put-app.js';
import { freeSlot, recordSlot } from '../../src/registry/record-slot.js';
import { RegistryFailure } from '../../src/registry/registry.js';
import { findLeaks } from '../../src/registry/slot-check.js';
import { DEFAULT_SLOT_RULES } from '../../src/registry/slot-rules.js';
import { temporaryFolder } from '../support/at-end.js';
import { putOptions, smallApp } from './put-options.js';
import { REGISTRY_KINDS } from './registries.js';

const WHOLE = smallApp('web', 'slot: 21034\nedge: {routes: [{host: web.one.example}]}\n').text;

const FAULTS: Readonly<Record<string, string>> = {
  'cut within a key': WHOLE.slice(0, WHOLE.indexOf('routes') + 3),
  empty: '',
  'comments alone': '# name: web\n',
  'no YAML': ': : :\n',
  'no map': '- web\n',
  'without a name': WHOLE.replace(/^name: web\n/m, ''),
  'a name that is none': WHOLE.replace('name: web', 'name: We b'),
  'a fault in one key': `${WHOLE}protocol_: foo\n`,
};

function failure(message: RegExp, hint: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof RegistryFailure);
    assert.match(error.message, message);
    assert.match(error.hint ?? '', hint);
    return true;
  };
}

for (const kind of REGISTRY_KINDS) {
  test(`${kind.name}: an app whose definition cannot be read is refused by its name, keeps its slot, and is named`, async (context) => {
    const place = await kind.prepare(context);
    for (const [fault, text] of Object.entries(FAULTS)) {
      await place.clear();
      const registry = place.open();
      await putApp(registry, smallApp('shop', 'slot: 21040\n'), putOptions());
      await putApp(registry, smallApp('web', 'slot: 21034\n'), putOptions());
      await place.writeByHand('web', text);

      const { apps, refused, unreadable, problems } = await registry.list();
      assert.deepEqual(
        apps.map(({ definition }) => definition.name),
        ['shop'],
        fault,
      );
      assert.ok(refused.includes('web'), fault);
      const errors = problems.filter(({ severity, file }) => severity === 'error' && /web/.test(file));
      assert.ok(errors.length > 0, fault);
      if (kind.name === 'Consul') assert.deepEqual(unreadable, [], 'a key says which app it is that of');

      const { chances } = putOptions();
      await assert.rejects(
        freeSlot(registry, 21_034, chances),
        failure(/^slot 21034 belongs to web, whose definition is invalid$/, /fix that first: .*web.*error: /),
        fault,
      );
      const leaks = findLeaks(await registry.list(), await registry.slots.list(), DEFAULT_SLOT_RULES);
      assert.deepEqual(
        leaks.map(({ kind }) => kind),
        ['unreadable'],
        fault,
      );
      assert.match(leaks[0]?.message ?? '', /web.*: /, fault);
      await assert.rejects(
        putApp(registry, smallApp('web'), putOptions()),
        failure(/^web: its present definition in the registry is invalid$/, /fix or remove it first: .*web.*error: /),
        fault,
      );
      assert.equal(await registry.slots.get(21_034), 'web', fault);
      // One that nobody has recorded stands in it.
      await registry.slots.free(21_034, 'web', null);
      await assert.rejects(
        recordSlot(registry, 'web', null, { rules: DEFAULT_SLOT_RULES, chances }),
        failure(/^web: its definition in the registry is invalid$/, /web/),
        fault,
      );
      assert.equal((await putApp(registry, smallApp('new'), putOptions())).kind, 'created', 'others go on');
    }
  });
}

for (const kind of REGISTRY_KINDS) {
  test(`${kind.name}: a route of an app whose definition cannot be read goes to no other; what is not known is said`, async (context) => {
    const place = await kind.prepare(context);
    const registry = place.open();
    const route = (host: string): string => `edge: {routes: [{host: ${host}.one.example}]}\n`;
    await putApp(registry, smallApp('web', `slot: 21034\n${route('web')}`), putOptions());
    assert.equal((await putApp(registry, smallApp('shop', route('shop')), putOptions())).unchecked, undefined);
    await place.writeByHand('web', '');

    const thief = putApp(registry, smallApp('thief', route('web')), putOptions());
    const message =
      /^thief: web\.one\.example prefix \/ is a route of web \(version 1 of web:\d+\), whose definition cannot be read now$/;
    await assert.rejects(thief, failure(message, /^fix that first: .*web.*: this is empty/));
    assert.ok((await registry.slots.list()).slots.every(({ app }) => app !== 'thief'));
    const changed = await putApp(registry, smallApp('shop', `image: shop:2\n${route('shop')}`), putOptions());
    assert.equal(changed.unchecked?.length, 1);
    assert.match(changed.unchecked?.[0] ?? '', /web.*: error: this is empty/);
    assert.equal((await putApp(registry, smallApp('new'), putOptions())).unchecked, undefined, 'it has no routes');
    await place.writeByHand('web', WHOLE);
    assert.equal((await putApp(registry, smallApp('shop', route('shop')), putOptions())).unchecked, undefined);
  });
}

async function directory(context: TestContext): Promise<{ folder: string; registry: DirectoryRegistry }> {
  const folder = temporaryFolder(context, 'registry');
  return { folder, registry: new DirectoryRegistry(folder) };
}

test('a file that is replaced by a folder, or by a link that leads nowhere, is still there; one that is away is not', async (context) => {
  const { folder, registry } = await directory(context);
  await putApp(registry, smallApp('shop'), putOptions());
  const file = path.join(folder, 'web.yml');
  const makers: readonly (() => Promise<unknown>)[] = [
    () => mkdir(file),
    () => symlink('away.yml', file),
    () => symlink('web.yml', file),
  ];
  for (const make of makers) {
    await make();
    const { apps, refused, unreadable } = await registry.list();
    assert.deepEqual([apps.length, refused, unreadable.length], [1, ['web'], 1]);
    await rm(file, { recursive: true });
    assert.deepEqual(await registry.list().then(({ refused, unreadable }) => [refused, unreadable]), [[], []]);
  }
});

test('of a file of several apps that cannot be read any app may be one', async (context) => {
  const { folder, registry } = await directory(context);
  const { chances } = putOptions();
  await putApp(registry, smallApp('shop'), putOptions());
  for (const [port, app] of [
    [21_034, 'web'],
    [21_036, 'till'],
  ] as const)
    await registry.slots.claim(port, app, null);
  const all = path.join(folder, 'All apps.yml');
  await writeFile(all, `${WHOLE}---\n${smallApp('till').text}`);
  assert.equal((await registry.list()).apps.length, 3);
  await putApp(
    registry,
    smallApp('web', 'slot: 21034\nimage: web:2\nedge: {routes: [{host: web.one.example}]}\n'),
    putOptions(),
  );
  await writeFile(all, `${WHOLE}---\nname: [`);
  const { refused, unreadable } = await registry.list();
  assert.deepEqual([refused, unreadable.map(({ file }) => file)], [[], [all]]);
  const may = /a document that cannot be read may be/;
  await assert.rejects(freeSlot(registry, 21_036, chances), failure(may, /fix that first: .*All apps\.yml:\d+/));
  await assert.rejects(putApp(registry, smallApp('till'), putOptions()), failure(may, /All apps\.yml:\d+/));
  const leaks = findLeaks(await registry.list(), await registry.slots.list(), DEFAULT_SLOT_RULES);
  assert.deepEqual(
    leaks.map(({ kind }) => kind),
    ['unreadable'],
  );
  // A history says what it had.
  await assert.rejects(
    putApp(registry, smallApp('thief', 'edge: {routes: [{host: web.one.example}]}\n'), putOptions()),
    failure(/^thief: web\.one\.example prefix \/ is a route of web/, /All apps\.yml:\d+/),
  );
  // Nothing says that it was there before.
  assert.equal((await putApp(registry, smallApp('new'), putOptions())).kind, 'created');
});

test('an app that is whole elsewhere is not the one of a broken file of its name', async (context) => {
  const { folder, registry } = await directory(context);
  await writeFile(path.join(folder, 'all.yml'), WHOLE);
  await writeFile(path.join(folder, 'web.yml'), '');
  const { apps, refused, unreadable } = await registry.list();
  assert.deepEqual([apps.map(({ definition }) => definition.name), refused, unreadable.length], [['web'], [], 1]);
});
