/** What a directory says that cannot be read or written, and which files of it are definitions. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { DirectoryRegistry } from '../../src/registry/directory.js';
import { putApp, removeApp } from '../../src/registry/put-app.js';
import { RegistryFailure } from '../../src/registry/registry.js';
import { temporaryFolder } from '../support/at-end.js';
import { putOptions, smallApp } from './put-options.js';

function directoryOf(context: TestContext, files: Readonly<Record<string, string>>): string {
  const directory = temporaryFolder(context, 'registry');
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, name), text);
  return directory;
}

async function failsWith(attempt: Promise<unknown>, message: string | RegExp, hint: string): Promise<void> {
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof RegistryFailure);
    if (typeof message === 'string') assert.equal(error.message, message);
    else assert.match(error.message, message);
    assert.equal(error.hint, hint);
    return true;
  });
}

test('a directory that is away, or none, is named with what to do', async (context) => {
  const directory = directoryOf(context, { file: '' });
  const away = path.join(directory, 'away');
  await failsWith(
    new DirectoryRegistry(away).list(),
    `${away}: this directory does not exist`,
    `create it: mkdir -p ${away}`,
  );
  const file = path.join(directory, 'file');
  await failsWith(
    new DirectoryRegistry(file).list(),
    new RegExp(`^${file}: ENOTDIR: not a directory, scandir '${file}'$`),
    'name a readable directory: --registry DIR',
  );
});

test('what cannot be read or written is named, and what stood there stays', async (context) => {
  const directory = directoryOf(context, { 'bad.yml': 'name: [' });
  const registry = new DirectoryRegistry(directory);
  const bad = path.join(directory, 'bad.yml');
  await failsWith(
    registry.put('bad', smallApp('bad').text, null, null),
    `${bad} is not valid YAML`,
    'fix it first; until then no app in it can be changed',
  );
  assert.equal(readFileSync(bad, 'utf8'), 'name: [');
  symlinkSync('loop.yml', path.join(directory, 'loop.yml'));
  await failsWith(
    registry.list(),
    new RegExp(`^${path.join(directory, 'loop.yml')}: ELOOP: `),
    'run the command as a user who may read it',
  );
});

test('records that are directories or links in a circle are named', async (context) => {
  const directory = directoryOf(context, {});
  const { slots } = new DirectoryRegistry(directory);
  mkdirSync(path.join(directory, 'slots', '20000'), { recursive: true });
  const { problems, ...book } = await slots.list();
  assert.deepEqual(book, { slots: [], freed: [] });
  assert.deepEqual(
    problems.map(({ file, message }) => [file, message]),
    [[path.join(directory, 'slots', '20000'), 'its text is not a valid record of a slot']],
  );
  symlinkSync('20002', path.join(directory, 'slots', '20002'));
  await failsWith(slots.get(20_002), /ELOOP/, 'run the command as a user who may read it');
  await failsWith(slots.list(), /ELOOP/, 'run the command as a user who may read it');
});

test('a record that holds no name is what it says, so that nobody takes it', async (context) => {
  const directory = directoryOf(context, {});
  const { slots } = new DirectoryRegistry(directory);
  mkdirSync(path.join(directory, 'slots'));
  writeFileSync(path.join(directory, 'slots', '20000'), ' two words\n');
  assert.equal(await slots.get(20_000), 'two words');
  assert.equal(await slots.claim(20_000, 'shop', null), false);
  assert.equal(await slots.free(20_000, 'shop', null), false);
});

test('definitions are files of YAML and JSON, by their names', async (context) => {
  const names = ['a.yml', 'b.yaml', 'c.json', '.d.yml', '#e.yml', 'f.yml~', 'g.yml.bak', 'h.txt', 'i.yamll', 'j.xyml'];
  const files = names.map((file) => {
    const name = file.replace(/[^a-z].*$/, '') || 'hidden';
    return [file, JSON.stringify({ name, pods: ['alpha'], protocol: 'http' })];
  });
  const directory = directoryOf(context, Object.fromEntries(files));
  const { apps, problems } = await new DirectoryRegistry(directory).list();
  assert.deepEqual(
    apps.map(({ definition }) => definition.name),
    ['a', 'b', 'c'],
  );
  assert.deepEqual(problems, []);
});

test('an app is written into its file, behind what stands there, and goes with what belongs to it', async (context) => {
  const till = 'name: till\npods: [alpha]\nprotocol: http\nslot: 21034\n';
  const bank = 'name: bank\npods: [alpha]\nprotocol: http\nslot: 21040\n';
  const file = (directory: string, name = 'all.yml'): string => readFileSync(path.join(directory, name), 'utf8');
  const directory = directoryOf(context, { 'all.yml': `${till}---\n${bank}` });
  const registry = new DirectoryRegistry(directory);
  assert.equal(registry.place, directory);
  await removeApp(registry, 'till', { ...putOptions(), isDryRun: false });
  assert.equal(file(directory).replace(/^---\n/, ''), bank);
  await putApp(registry, smallApp('bank', 'slot: 21040\nimage: bank:2\n'), putOptions());
  assert.match(file(directory), /image: bank:2\n$/);

  // A file of comments alone gets no line between documents.
  const noted = directoryOf(context, { 'shop.yml': '' });
  await putApp(new DirectoryRegistry(noted), smallApp('shop', 'slot: 21034\n'), putOptions());
  assert.equal(file(noted, 'shop.yml'), 'name: shop\npods: [alpha]\nprotocol: http\nslot: 21034\n');
});

test('a registry that is closed goes on, since nothing was open', async (context) => {
  const registry = new DirectoryRegistry(directoryOf(context, {}));
  registry.close();
  assert.deepEqual(await registry.list(), { apps: [], refused: [], problems: [] });
  assert.equal(await registry.remove('shop', 'x'), false);
});
