/** What the registry remembers of an app: each version, who wrote it and when. One suite for the directory and for Consul. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { DirectoryRegistry } from '../../src/registry/directory.js';
import { earlierEntry, entriesFrom, historyChange, isSameVersion, MAX_KEPT_BYTES } from '../../src/registry/history.js';
import { putApp, removeApp } from '../../src/registry/put-app.js';
import { type HistoryEntry, type Registry, RegistryFailure, type WriteNote } from '../../src/registry/registry.js';
import { temporaryFolder } from '../support/at-end.js';
import { onSmallDisk } from '../support/machine/small-disk.js';
import { runCli } from '../support/node/run-cli.js';
import { chance, definitionOf, NOON, putOptions, smallApp } from './put-options.js';
import { REGISTRY_KINDS } from './registries.js';

const NOTE: WriteNote = { act: 'put', at: NOON, author: 'ops@host-1' };

/** `1 put ops@host-1 shop:1` */
function words({ number, act, author, text }: HistoryEntry): string {
  const image = text === null ? null : definitionOf(text).definition.image;
  return [number, act, author, image ?? '-'].join(' ');
}

async function historyOf(registry: Registry, name = 'shop'): Promise<readonly string[]> {
  return (await registry.history(name)).map(words);
}

const shop = (image: string, more = '') => smallApp('shop', `image: ${image}\n${more}`);

for (const kind of REGISTRY_KINDS) {
  test(`${kind.name}: each put, undo and removal is kept, with its author and time; a put that changes nothing is not`, async (context) => {
    const registry = (await kind.prepare(context)).open();
    assert.deepEqual(await registry.history('shop'), []);
    await putApp(registry, shop('shop:1', '# now\n'), putOptions());
    await putApp(registry, shop('shop:1', '# now\n'), putOptions());
    await putApp(registry, shop('shop:2'), putOptions({ author: 'eve@host-2' }));
    await putApp(registry, shop('shop:1'), putOptions({ act: 'undo' }));
    await removeApp(registry, 'shop', putOptions());
    assert.deepEqual(await historyOf(registry), [
      '1 put ops@host-1 shop:1',
      '2 put eve@host-2 shop:2',
      '3 undo ops@host-1 shop:1',
      '4 rm ops@host-1 -',
    ]);
    const [first] = await registry.history('shop');
    assert.equal(first?.at, NOON);
    assert.match(first?.text ?? '', /# now\n/);
    assert.match(first?.text ?? '', /^slot: \d+$/m);
  });

  test(`${kind.name}: an entry is a version of its own app, and never an app`, async (context) => {
    const registry = (await kind.prepare(context)).open();
    await putApp(registry, shop('shop:1'), putOptions());
    await putApp(registry, smallApp('shop-2', 'image: other:1\n'), putOptions());
    await putApp(registry, smallApp('history', 'image: other:2\n'), putOptions());
    const { apps, problems } = await registry.list();
    assert.deepEqual([apps.map(({ definition }) => definition.name), problems], [['history', 'shop', 'shop-2'], []]);
    assert.deepEqual(await historyOf(registry), ['1 put ops@host-1 shop:1']);
    assert.deepEqual(await historyOf(registry, 'history'), ['1 put ops@host-1 other:2']);
    assert.deepEqual((await registry.slots.list()).problems, []);
  });

  test(`${kind.name}: what somebody wrote by hand is found by the next put, and kept before it`, async (context) => {
    const registry = (await kind.prepare(context)).open();
    await registry.put('shop', shop('shop:1').text, null, null);
    await putApp(registry, shop('shop:2'), putOptions());
    const second = await registry.get('shop');
    await registry.put('shop', `${second?.text}# by hand\n`.replace('shop:2', 'shop:3'), second?.version ?? '', null);
    await removeApp(registry, 'shop', putOptions());
    assert.deepEqual(await historyOf(registry), [
      '1 found - shop:1',
      '2 put ops@host-1 shop:2',
      '3 found - shop:3',
      '4 rm ops@host-1 -',
    ]);
  });

  test(`${kind.name}: the last 20 versions are kept, and their numbers rise`, async (context) => {
    const registry = (await kind.prepare(context)).open();
    for (let image = 1; image <= 23; image += 1) await putApp(registry, shop(`shop:${image}`), putOptions());
    const history = await registry.history('shop');
    assert.deepEqual(
      history.map(({ number }) => number),
      Array.from({ length: 20 }, (_, index) => index + 4),
    );
    assert.equal(words(history.at(-1) ?? assert.fail()), '23 put ops@host-1 shop:23');
  });

  test(`${kind.name}: a put that loses its race leaves no version, and of many each has one`, async (context) => {
    const place = await kind.prepare(context);
    const registry = place.open();
    assert.equal(await registry.put('shop', shop('shop:1').text, 'a'.repeat(16), null, NOTE), false);
    assert.equal(await registry.put('shop', shop('shop:1').text, null, 21_034, NOTE), false);
    assert.equal(await registry.remove('shop', '7', NOTE), false);
    assert.deepEqual(await historyOf(registry), []);
    const images = Array.from({ length: 6 }, (_, index) => `shop:${index}`);
    await Promise.all(
      images.map((image, seed) =>
        putApp(place.open(), shop(image), putOptions({ chances: { random: chance(seed), wallTime: () => NOON } })),
      ),
    );
    const history = await registry.history('shop');
    assert.deepEqual(history.map((entry) => words(entry).split(' ')[3]).toSorted(), images);
    assert.deepEqual(
      history.map(({ number }) => number),
      [1, 2, 3, 4, 5, 6],
    );
    const now = (await registry.get('shop'))?.definition.image;
    assert.equal(definitionOf(history.at(-1)?.text ?? '').definition.image, now);
  });

  test(`${kind.name}: a put that its route's owner made impossible is withdrawn, and an undo passes over it`, async (context) => {
    const registry = (await kind.prepare(context)).open();
    await putApp(registry, shop('shop:1'), putOptions());
    await putApp(registry, shop('shop:2'), putOptions());
    const route = 'edge: {routes: [{host: www.one.example}]}\n';
    const put = registry.put.bind(registry);
    context.mock.method(registry, 'put', async (...words: Parameters<Registry['put']>) => {
      if (words[0] === 'shop') await put('rival', smallApp('rival', route).text, null, null);
      return put(...words);
    });
    await assert.rejects(putApp(registry, shop('shop:3', route), putOptions()), /is a route of rival already/);
    const history = await registry.history('shop');
    assert.deepEqual(history.slice(2).map(words), ['3 put ops@host-1 shop:3', '4 withdrawn ops@host-1 shop:2']);
    assert.equal(earlierEntry(history, (await registry.get('shop'))?.text ?? '')?.number, 1);
  });

  test(`${kind.name}: a document of 100 kB is written as ever, and noted without its text`, async (context) => {
    const registry = (await kind.prepare(context)).open();
    const long = `env: {LONG: ${'x'.repeat(30_000)}, LONGER: ${'y'.repeat(30_000)}, LAST: ${'z'.repeat(30_000)}}\n`;
    await putApp(registry, shop('shop:1'), putOptions());
    await putApp(registry, shop('shop:2', long), putOptions());
    await putApp(registry, shop('shop:3', long), putOptions());
    assert.equal((await registry.get('shop'))?.definition.image, 'shop:3');
    assert.deepEqual(await historyOf(registry), [
      '1 put ops@host-1 shop:1',
      '2 put ops@host-1 -',
      '3 put ops@host-1 -',
    ]);
  });
}

test('an undo brings back the newest version that says something else', () => {
  const texts = ['a', 'b', 'b', null, 'c'];
  const history = texts.map((text, index) => ({ ...NOTE, number: index + 1, text }));
  assert.equal(earlierEntry(history, 'c\n')?.number, 3);
  assert.equal(earlierEntry(history, '--- \nb')?.number, 5, 'a second undo takes the first one back');
  assert.equal(earlierEntry(history, 'by hand')?.number, 5);
  assert.equal(earlierEntry(history, null)?.number, 5, 'the app was removed');
  assert.equal(earlierEntry([], 'c'), null);
  assert.equal(earlierEntry(history.slice(0, 1), 'a'), null);
});

test('an undo does not reach back over a removal, unless the app is gone', () => {
  const act = (number: number, text: string | null): HistoryEntry =>
    ({ ...NOTE, number, text, act: text === null ? 'rm' : 'put' }) as HistoryEntry;
  const history = [act(1, 'a'), act(2, null), act(3, 'b')];
  assert.equal(earlierEntry(history, 'b'), null);
  assert.equal(earlierEntry([...history, act(4, 'c')], 'c')?.number, 3);
  assert.equal(earlierEntry(history.slice(0, 2), null)?.number, 1);
});

test('only the line that begins a document makes no difference', () => {
  assert.equal(isSameVersion('---\nname: [', 'name: ['), true);
  assert.equal(isSameVersion('name: [ --- ', 'name: [  '), false);
  assert.equal(isSameVersion('---name: [', 'name: ['), false);
});

test('what a command does to the way in is not a version; a closed app that somebody put is', () => {
  const app = (edge: string): string =>
    `name: shop\npods: [alpha]\nprotocol: http\nedge: {routes: [{host: a.example}]${edge}}\n`;
  const entry = (number: number, edge: string): HistoryEntry => ({ ...NOTE, number, text: app(edge) });
  const [held, open, closed] = [entry(1, ', hold: [alpha]'), entry(2, ''), entry(3, ', closed: true')];
  // A put with a hold, that was opened since.
  assert.equal(earlierEntry([held], app('')), null);
  const stored = historyChange([], null, app(', hold: [alpha]'), NOTE).added;
  assert.doesNotMatch(stored[0]?.text ?? '', /hold/, 'an undo must not close it');
  const removal = { ...NOTE, act: 'rm' } as const;
  for (const before of [app(''), app(', closed: true'), `${app('')}# said otherwise\n`])
    assert.equal(historyChange(stored, before, null, removal).added.length, 1, before);
  assert.equal(historyChange(stored, app('').replace('alpha', 'beta'), null, removal).added.length, 2);
  assert.equal(earlierEntry([open, closed], app(', closed: true'))?.number, 2);
  assert.equal(earlierEntry([open], app(', closed: true'))?.number, 2, 'a removal that was interrupted');
});

test('entries that cannot be read do not count, and their numbers are not given again', () => {
  const good = '# autoproxy: put 2026-01-01T12:00:00.000Z ops@host-1\nname: shop\n';
  const stored = [
    { name: '0000000002', text: good },
    { name: '0000000001', text: good.replace('put', 'sold') },
    { name: '0000000009', text: 'name: shop\n' },
    { name: '0000000004', text: good.replace('2026-01-01T12:00:00.000Z', 'yesterday') },
    { name: 'notes', text: good },
  ];
  assert.deepEqual(entriesFrom(stored), [{ ...NOTE, number: 2, text: 'name: shop\n' }]);
  const { added } = historyChange(stored, 'name: shop', 'name: shop\nimage: a\n', NOTE);
  assert.deepEqual(
    added.map(({ name }) => name),
    ['0000000010'],
  );
});

test('an author is one word, also when the environment says more', () => {
  const author = 'a\nname: other\n# b ☃ '.repeat(20);
  const { added } = historyChange([], null, 'name: shop\n', { ...NOTE, author });
  const [entry] = entriesFrom(added);
  assert.match(entry?.author ?? '', /^[\x21-\x7e]{1,100}$/);
  assert.equal(entry?.text, 'name: shop\n');
});

test('a document at the limit is kept, one byte more is not', () => {
  const texts = [MAX_KEPT_BYTES, MAX_KEPT_BYTES + 1].map((bytes) => 'x'.repeat(bytes));
  const kept = texts.map((text) => entriesFrom(historyChange([], null, text, NOTE).added)[0]?.text?.trim() ?? null);
  assert.deepEqual(kept, [texts[0], null]);
});

test('directory: an entry is a file that can be put as it is', async (context) => {
  const folder = temporaryFolder(context, 'registry');
  const registry = new DirectoryRegistry(folder);
  await putApp(registry, shop('shop:1', '# kept\n'), putOptions());
  const text = readFileSync(path.join(folder, 'history/shop/0000000001.yml'), 'utf8');
  assert.match(text, /^# autoproxy: put 2026-01-01T12:00:00\.000Z ops@host-1\nname: shop\n/);
  assert.equal(definitionOf(text).definition.image, 'shop:1');
});

test('directory: a writer that was killed after the document leaves a version that the next one finds', async (context) => {
  const folder = temporaryFolder(context, 'registry');
  const registry = new DirectoryRegistry(folder);
  await putApp(registry, shop('shop:1'), putOptions());
  const first = await registry.get('shop');
  await registry.put('shop', shop('shop:2').text, first?.version ?? '', null);
  // What it had prepared.
  writeFileSync(path.join(folder, 'history/shop/.0000000002.x.tmp'), 'half');
  await putApp(registry, shop('shop:3'), putOptions());
  assert.deepEqual(await historyOf(registry), [
    '1 put ops@host-1 shop:1',
    '2 found - shop:2',
    '3 put ops@host-1 shop:3',
  ]);
});

test('directory: links out of it are not followed when a history is read', async (context) => {
  const folder = temporaryFolder(context, 'registry');
  const elsewhere = path.join(temporaryFolder(context, 'elsewhere'), 'secret.yml');
  writeFileSync(elsewhere, '# autoproxy: put 2026-01-01T12:00:00.000Z ops@host-1\nname: shop\n');
  mkdirSync(path.join(folder, 'history/shop'), { recursive: true });
  symlinkSync(elsewhere, path.join(folder, 'history/shop/0000000001.yml'));
  assert.deepEqual(await new DirectoryRegistry(folder).history('shop'), []);
});

test('directory: without room for the definition and its entry neither is left', async (context: TestContext) => {
  const folder = temporaryFolder(context, 'registry');
  const definition = path.join(temporaryFolder(context, 'definition'), 'shop.yml');
  writeFileSync(definition, shop('shop:2', `env: {LONG: ${'x'.repeat(12_000)}}\n`).text);
  // Room for the entry, which is written first, and not for both.
  const put = ['app', 'put', definition, '--registry', folder];
  const whatIsLeft = 'node=$1 cli=$2; shift 2; "$node" "$cli" "$@"; find . -type f';
  const { stdout, stderr } = await runCli(put, {}, [
    ...onSmallDisk(folder, { kilobytes: 24 }),
    ...['sh', '-c', `cd "$0" && ${whatIsLeft}`, folder],
  ]);
  assert.match(stderr, /the registry \S+ is full: nothing was written to \S+shop\.yml\n {2}→ make room/);
  assert.equal(stdout, '', 'no document, no entry, no slot');
});

test('directory: a history that cannot be written after the definition is told of', async (context) => {
  const folder = temporaryFolder(context, 'registry');
  // The oldest of twenty, which goes with the next one.
  mkdirSync(path.join(folder, 'history/shop/0000000001.yml'), { recursive: true });
  for (let number = 2; number <= 20; number += 1)
    writeFileSync(path.join(folder, `history/shop/${String(number).padStart(10, '0')}.yml`), '');
  const registry = new DirectoryRegistry(folder);
  await assert.rejects(putApp(registry, shop('shop:1'), putOptions()), (error) => {
    assert.ok(error instanceof RegistryFailure);
    assert.match(error.message, /^shop is written, but its history is not: \S+history\/shop: /);
    assert.match(error.hint ?? '', /^check the disk of the registry; the next write notes this version/);
    return true;
  });
  assert.match((await registry.get('shop'))?.text ?? '', /shop:1/);
});

test('directory: an app that is gone keeps its versions', async (context) => {
  const folder = temporaryFolder(context, 'registry');
  const registry = new DirectoryRegistry(folder);
  await putApp(registry, shop('shop:1'), putOptions());
  await removeApp(registry, 'shop', putOptions());
  assert.equal(existsSync(path.join(folder, 'shop.yml')), false);
  assert.deepEqual(readdirSync(path.join(folder, 'history/shop')), ['0000000001.yml', '0000000002.yml']);
});
