/** What a directory says that cannot be read or written, and which files of it are definitions. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { DirectoryRegistry } from '../../src/registry/directory.js';
import { readFailure, writeFailure } from '../../src/registry/directory-failure.js';
import { putApp, removeApp } from '../../src/registry/put-app.js';
import { RegistryFailure } from '../../src/registry/registry.js';
import { temporaryFolder } from '../support/at-end.js';
import { onSmallDisk } from '../support/machine/small-disk.js';
import { runCli } from '../support/node/run-cli.js';
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
    `name the right one; a new one is made by mkdir -p ${away}`,
  );
  const file = path.join(directory, 'file');
  await failsWith(
    new DirectoryRegistry(file).list(),
    `the registry ${file} is a file, or below one`,
    'name a directory: --registry DIR',
  );
});

test('what cannot be read or written is named, and what stood there stays', async (context) => {
  const directory = directoryOf(context, { 'bad.yml': 'name: [' });
  const registry = new DirectoryRegistry(directory);
  const bad = path.join(directory, 'bad.yml');
  await failsWith(
    registry.put('bad', smallApp('bad').text, null, null),
    `${bad} cannot be read`,
    'fix it first; until then no app in it can be changed',
  );
  assert.equal(readFileSync(bad, 'utf8'), 'name: [');
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

test('files are read in the order of their names', async (context) => {
  const names = ['d', 'b', 'g', 'a', 'h', 'c', 'f', 'e'];
  const files = names.map((name) => [`${name}.yml`, smallApp('shop').text]);
  const directory = directoryOf(context, Object.fromEntries(files));
  const { apps, problems } = await new DirectoryRegistry(directory).list();
  const places = names.toSorted().map((name) => `${path.join(directory, name)}.yml`);
  assert.deepEqual(apps, []);
  assert.deepEqual(
    problems.map(({ file }) => file),
    places,
  );
  const message = `shop: it is defined in ${places.map((place) => `${place}:1`).join(' and ')}`;
  assert.deepEqual([...new Set(problems.map((problem) => problem.message))], [message]);
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

  // A file that holds no app any more goes, with its notes.
  const last = directoryOf(context, { 'all.yml': `${till}---\n# no more of them\n...\n\n` });
  await removeApp(new DirectoryRegistry(last), 'till', { ...putOptions(), isDryRun: false });
  assert.equal(existsSync(path.join(last, 'all.yml')), false);

  // Blank lines at the end of a file go with the document before them.
  const blank = directoryOf(context, { 'all.yml': `${till}---\n${bank}\n\n  \n` });
  await putApp(new DirectoryRegistry(blank), smallApp('bank', 'slot: 21040\nimage: bank:2\n'), putOptions());
  assert.equal(file(blank), `${till}---\n${bank}image: bank:2\n`);

  const marked = directoryOf(context, { 'all.yml': `${till}---\n${bank}...\n\n\n` });
  await putApp(new DirectoryRegistry(marked), smallApp('bank', 'slot: 21040\nimage: bank:2\n'), putOptions());
  assert.equal(file(marked), `${till}---\n${bank}image: bank:2\n`);
  const empty = directoryOf(context, { 'bank.yml': '\n  \n' });
  assert.equal(await new DirectoryRegistry(empty).put('bank', bank, null, null), true);
  assert.equal(file(empty, 'bank.yml').trim(), bank.trim());

  const late = directoryOf(context, { 'bank.yml': `\n\n${bank}` });
  await putApp(new DirectoryRegistry(late), smallApp('bank', 'slot: 21040\nimage: bank:2\n'), putOptions());
  assert.equal(file(late, 'bank.yml').trim(), `${bank}image: bank:2`, 'no line between documents before the first one');

  // A file of comments alone gets no line between documents.
  const noted = directoryOf(context, { 'bank.yml': '' });
  assert.equal(await new DirectoryRegistry(noted).put('bank', bank, null, null), true);
  assert.equal(file(noted, 'bank.yml'), bank);
});

test('a registry that is closed goes on, since nothing was open', async (context) => {
  const registry = new DirectoryRegistry(directoryOf(context, {}));
  registry.close();
  assert.deepEqual(await registry.list(), { apps: [], refused: [], unreadable: [], problems: [] });
  assert.equal(await registry.remove('shop', 'x'), false);
});

test('a disk that takes nothing: which registry, that nothing was written, and what to do', () => {
  const failureOf = (code: string): [string, string | null] => {
    const error = Object.assign(new Error(`${code}: open '/r/.shop.yml.guard.1-2-3'`), { code });
    const failure = writeFailure('/r', '/r/shop.yml', error);
    assert.ok(failure instanceof RegistryFailure);
    return [failure.message, failure.hint];
  };
  const end = 'nothing was written to /r/shop.yml';
  const room = 'make room (df /r and df -i /r show it), then run the command again';
  assert.deepEqual(failureOf('ENOSPC'), [`the registry /r is full: ${end}`, room]);
  assert.deepEqual(failureOf('EDQUOT'), [`the quota of the registry /r is used up: ${end}`, room]);
  const writable = 'mount it writable, or run the command where it is writable';
  assert.deepEqual(failureOf('EROFS'), [`the registry /r is read-only: ${end}`, writable]);
  const rights = 'run the command as a user who may';
  assert.deepEqual(failureOf('EACCES'), [`this user may not write to the registry /r: ${end}`, rights]);
  assert.match(failureOf('EIO')[0], /^the registry \/r: EIO: /);
  const own = new Error('a fault of our own');
  assert.equal(writeFailure('/r', '/r/shop.yml', own), own);
});

test('a file where slots, freed or history belongs is named by each command that reads or writes there', async (context) => {
  const hint = 'a file stands in its place: move that away';
  for (const part of ['slots', 'freed', 'history']) {
    const directory = directoryOf(context, { [part]: '' });
    const registry = new DirectoryRegistry(directory);
    const read = part === 'history' ? registry.history('shop') : registry.slots.list();
    const message = new RegExp(`^${directory}/${part}\\S* of the registry ${directory} is not in a directory$`);
    await failsWith(read, message, hint);
    await assert.rejects(putApp(registry, smallApp('shop'), putOptions()), RegistryFailure);
  }
  const directory = directoryOf(context, { slots: '' });
  await failsWith(
    new DirectoryRegistry(directory).slots.claim(20_000, 'shop', null),
    `the registry ${directory} has a file where a directory belongs: nothing was written to ${directory}/slots/20000`,
    'name a directory: --registry DIR; its parts slots, freed and history are directories too',
  );
});

test('commands over a registry that is full, or read-only, show no name of a temporary file', async (context) => {
  const directory = directoryOf(context, {});
  const definition = path.join(directoryOf(context, { 'shop.yml': smallApp('shop').text }), 'shop.yml');
  const readOnly = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs -o ro tmpfs "$0" && exec "$@"', directory];
  const rows = [
    ['full', onSmallDisk(directory, { kilobytes: 16, isFull: true })],
    ['read-only', readOnly],
  ] as const;
  const place = ['--registry', directory];
  for (const [word, launcher] of rows) {
    for (const words of [
      ['app', 'put', definition],
      ['slot', 'alloc', 'shop'],
    ]) {
      const { exitCode, stderr } = await runCli([...words, ...place], {}, launcher);
      assert.match(
        stderr,
        new RegExp(`^autoproxy: the registry ${directory} is ${word}: nothing was written to \\S+\n {2}→ `),
      );
      assert.doesNotMatch(stderr, /guard|tmp\/\S*\.tmp|ENOSPC|EROFS/);
      assert.equal(exitCode, 1);
    }
  }
});

test('what this user may not read is named, whole or in part', () => {
  const failureOf = (file: string, code: string): [string, string | null] => {
    const { message, hint } = readFailure('/r', file, Object.assign(new Error(`${code}: open '${file}'`), { code }));
    return [message, hint];
  };
  const hint = 'run the command as a user who may read it';
  for (const code of ['EACCES', 'EPERM']) {
    assert.deepEqual(failureOf('/r', code), ['this user may not read the registry /r: /r', hint]);
    const part = 'this user may not read all of the registry /r: /r/slots';
    assert.deepEqual(failureOf('/r/slots', code), [part, hint]);
  }
  assert.deepEqual(failureOf('/r/slots', 'EIO'), ["/r/slots: EIO: open '/r/slots'", hint]);
});
