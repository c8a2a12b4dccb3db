/** A directory that people edit too: files of several apps, broken ones, and guards whose holder has died. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { DirectoryRegistry } from '../../src/registry/directory.js';
import { putApp, removeApp } from '../../src/registry/put-app.js';
import { recordSlot } from '../../src/registry/record-slot.js';
import { RegistryFailure } from '../../src/registry/registry.js';
import { DEFAULT_SLOT_RULES } from '../../src/registry/slot-rules.js';
import { temporaryFolder } from '../support/at-end.js';
import { putOptions, smallApp } from './put-options.js';

const TWO =
  '# both\nname: shop # one\npods: [alpha]\nprotocol: http\n---\n# second\nname: till\npods: [alpha]\nprotocol: tcp\n';

async function directoryOf(context: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const directory = temporaryFolder(context, 'registry');
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(directory, name), text);
  return directory;
}

test('an app among others in a file is changed and removed where it stands', async (context) => {
  const directory = await directoryOf(context, { 'all.yml': TWO });
  const registry = new DirectoryRegistry(directory);
  await putApp(registry, smallApp('shop', 'slot: 21034\nimage: shop:2\n'), putOptions());
  const file = path.join(directory, 'all.yml');
  const changed = await readFile(file, 'utf8');
  assert.match(changed, /^name: shop\n(.*\n)+slot: 21034\nimage: shop:2\n---\n# second\nname: till\n/);
  await putApp(registry, smallApp('till', 'slot: 21036\n'), putOptions());
  const names = (await registry.list()).apps.map(({ definition }) => [definition.name, definition.slot]);
  assert.deepEqual(names, [
    ['shop', 21_034],
    ['till', 21_036],
  ]);
  await removeApp(registry, 'shop', { ...putOptions(), isDryRun: false });
  assert.deepEqual(
    (await registry.list()).apps.map(({ definition }) => definition.name),
    ['till'],
  );
  await removeApp(registry, 'till', { ...putOptions(), isDryRun: false });
  assert.deepEqual((await readdir(directory)).sort(), ['freed', 'history', 'slots']);
});

test('a broken file costs its own apps; nothing in it is changed', async (context) => {
  const directory = await directoryOf(context, {
    'bad.yml': 'name: [',
    'shop.yml': 'name: shop\npods: 3\n',
    '.x.yml': '[',
  });
  const registry = new DirectoryRegistry(directory);
  await putApp(registry, smallApp('till'), putOptions());
  const { apps, refused, problems } = await registry.list();
  assert.deepEqual([apps.map(({ definition }) => definition.name), refused], [['till'], ['shop', 'bad']]);
  assert.deepEqual(problems.map(({ file, line }) => [path.basename(file), line]).slice(0, 2), [
    ['bad.yml', 1],
    ['shop.yml', 2],
  ]);
  await assert.rejects(
    putApp(registry, smallApp('shop'), putOptions()),
    /shop: its present definition in the registry is invalid/,
  );
  await assert.rejects(
    putApp(registry, smallApp('bad'), putOptions()),
    /bad: its present definition in the registry is invalid/,
  );
  await assert.rejects(registry.put('bad', smallApp('bad').text, null, null), /bad\.yml cannot be read/);
});

test('what is too large to be read, or no file, costs nothing else, and is never read', async (context) => {
  const directory = await directoryOf(context, { 'large.yml': '', 'shop.yml': smallApp('shop').text });
  await truncate(path.join(directory, 'large.yml'), 5_000_000_000);
  execFileSync('mkfifo', [path.join(directory, 'pipe.yml')]);
  const registry = new DirectoryRegistry(directory);
  await putApp(registry, smallApp('till'), putOptions());
  await mkdir(path.join(directory, 'slots'), { recursive: true });
  await writeFile(path.join(directory, 'slots', '21034'), '');
  await truncate(path.join(directory, 'slots', '21034'), 5_000_000_000);
  const { apps, problems } = await registry.list();
  assert.deepEqual(
    apps.map(({ definition }) => definition.name),
    ['shop', 'till'],
  );
  assert.deepEqual(
    problems.map(({ file, message }) => `${path.basename(file)}: ${message}`),
    ['large.yml: it has more than the 1048576 bytes that are read', 'pipe.yml: it is not a regular file'],
  );
  const book = await registry.slots.list();
  assert.deepEqual(
    book.problems.map(({ file }) => path.basename(file)),
    ['21034'],
  );
});

test('an app that two files define is none, and both are named', async (context) => {
  const text = 'name: shop\npods: [alpha]\nprotocol: http\n';
  const directory = await directoryOf(context, { 'a.yml': text, 'b.yml': text });
  const { apps, refused, problems } = await new DirectoryRegistry(directory).list();
  assert.deepEqual([apps, refused], [[], ['shop']]);
  assert.deepEqual(
    problems.map(({ file }) => path.basename(file)),
    ['a.yml', 'b.yml'],
  );
});

test('a change by hand between reading and writing is seen', async (context) => {
  const directory = await directoryOf(context, { 'shop.yml': smallApp('shop').text });
  const registry = new DirectoryRegistry(directory);
  const before = await registry.get('shop');
  await writeFile(path.join(directory, 'shop.yml'), `${smallApp('shop').text}image: by-hand\n`);
  assert.equal(await registry.put('shop', smallApp('shop', 'image: other\n').text, before?.version ?? '', null), false);
  assert.equal((await registry.get('shop'))?.definition.image, 'by-hand');
});

test('the guard of a process that has died is void', async (context) => {
  const directory = await directoryOf(context, {});
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  await writeFile(path.join(directory, '.shop.yml.guard'), `${pid} ${hostname()}\n`);
  const writers = Array.from({ length: 4 }, () =>
    putApp(new DirectoryRegistry(directory), smallApp('shop'), putOptions()),
  );
  await Promise.all(writers);
  assert.deepEqual(
    (await readdir(directory)).filter((name) => name.startsWith('.')),
    [],
  );
  assert.equal((await new DirectoryRegistry(directory).list()).apps.length, 1);
});

test('a slot that somebody wrote by hand, and nobody recorded, is given to no other', async (context) => {
  const text = 'name: shop\npods: [alpha]\nprotocol: http\nslot: 20000\n';
  const directory = await directoryOf(context, { 'shop.yml': text });
  const rules = { ...DEFAULT_SLOT_RULES, range: { from: 20_000, to: 20_005 } };
  const options = putOptions({ rules, chances: { random: () => 0, wallTime: () => 0 } });
  const registry = new DirectoryRegistry(directory);
  assert.equal(await recordSlot(registry, 'bank', null, options), 20_002);
  assert.equal((await putApp(registry, smallApp('till'), options)).slot, 20_004);
});

test('a directory that is not there is named; no registry is made by mistake', async () => {
  const registry = new DirectoryRegistry('/nowhere/registry');
  await assert.rejects(registry.list(), (error) => error instanceof RegistryFailure && /mkdir/.test(error.hint ?? ''));
  await assert.rejects(putApp(registry, smallApp('shop'), putOptions()), RegistryFailure);
});

test('what a killed writer has left aside means nothing', async (context) => {
  const directory = await directoryOf(context, { '.shop.yml.123': 'name: sh' });
  await mkdir(path.join(directory, 'slots'));
  await writeFile(path.join(directory, 'slots', '.20000.123.1'), 'sh');
  const registry = new DirectoryRegistry(directory);
  assert.deepEqual(await registry.list(), { apps: [], refused: [], unreadable: [], problems: [] });
  assert.deepEqual(await registry.slots.list(), { slots: [], freed: [], problems: [] });
});
