/** An app whose definition cannot be read serves on, over both registries, after a restart too. */
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { judgeDomains } from '../../edge/certificates/judge-domains.js';
import { renderWithLastGood, unreadableApps } from '../../edge/last-good-apps.js';
import { differencesBetween } from '../../edge/release/differences.js';
import { type Release, releaseFromFiles } from '../../edge/release/release.js';
import type { Rendered } from '../../edge/render.js';
import { readDomains } from '../../edge/site/domain-files.js';
import { DirectoryRegistry } from '../../src/registry/directory.js';
import type { Registry } from '../../src/registry/registry.js';
import { REGISTRY_KINDS } from '../registry/registries.js';
import { temporaryFolder } from '../support/at-end.js';
import { edgeFolder, siteOf, siteText } from '../support/edge/edge-release.js';

function appText(name: string): string {
  const slot = 21_400 + 2 * name.length;
  return `name: ${name}\npods: [alpha]\nprotocol: http\nslot: ${slot}\nedge: {routes: [{host: ${name}.one.example}]}\n`;
}

const CUT = appText('web').slice(0, 80);

/** @returns what renders the registry as it is now, beside the release that is in force */
async function renderer(
  context: TestContext,
): Promise<(registry: Registry, current: Release | null) => Promise<Rendered>> {
  const folder = edgeFolder(context);
  const site = siteOf(siteText(folder, 'servers: {nodes: {alpha: [127.0.0.1]}}\n'), folder);
  const domains = judgeDomains(await readDomains(site), { nowMs: Date.now(), warnWithinMs: 0 });
  return async (registry, current) => {
    const stored = await registry.list();
    const unreadable = unreadableApps(stored, current);
    return renderWithLastGood({ site, domains, version: null, current, stored: stored.apps, unreadable });
  };
}

for (const kind of REGISTRY_KINDS)
  test(`${kind.name}: an app whose definition becomes unreadable serves on, and goes when it is removed`, async (context) => {
    const render = await renderer(context);
    const place = await kind.prepare(context);
    for (const name of ['web', 'shop']) await place.writeByHand(name, appText(name));
    const good = await render(place.open(), null);
    assert.deepEqual(good.served, ['shop', 'web']);
    let { release } = good;
    const faults = [CUT, '', '# web\n', ': : :\n', '- web\n', appText('web').replace('name: web\n', '')];
    for (const text of [...faults, `${appText('web')}protocol_: foo\n`]) {
      await place.writeByHand('web', text);
      // Opened anew: a restarted program knows the release alone.
      const next = await render(place.open(), release);
      assert.deepEqual([next.served, next.refused], [['shop', 'web'], []], text);
      assert.deepEqual(differencesBetween(good.release, next.release), [], text);
      assert.match(
        next.problems.map(({ message }) => message).join(),
        /web: .* the last good version stays in service/,
      );
      release = next.release;
    }
    await place.writeByHand('shop', '');
    assert.deepEqual((await render(place.open(), release)).served, ['shop', 'web'], 'all of them at once');
    await place.clear();
    await place.writeByHand('shop', appText('shop'));
    assert.deepEqual((await render(place.open(), release)).served, ['shop']);
  });

test('directory: a folder or a dangling link in the place of the file keeps the app; a renamed file removes it', async (context) => {
  const render = await renderer(context);
  const folder = temporaryFolder(context, 'registry');
  const registry = new DirectoryRegistry(folder);
  const file = path.join(folder, 'web.yml');
  for (const name of ['web', 'shop']) writeFileSync(path.join(folder, `${name}.yml`), appText(name));
  const { release } = await render(registry, null);
  for (const replace of [() => mkdirSync(file), () => symlinkSync('away', file), () => symlinkSync(file, file)]) {
    rmSync(file, { recursive: true });
    replace();
    assert.deepEqual((await render(registry, release)).served, ['shop', 'web']);
  }
  rmSync(file);
  writeFileSync(file, CUT);
  renameSync(file, `${file}.bak`);
  assert.deepEqual((await render(registry, release)).served, ['shop']);
});

test('directory: of a file of several apps all serve on, and only they', async (context) => {
  const render = await renderer(context);
  const folder = temporaryFolder(context, 'registry');
  const registry = new DirectoryRegistry(folder);
  const all = path.join(folder, 'all.yml');
  writeFileSync(all, `${appText('web')}---\n${appText('till')}`);
  for (const name of ['books', 'bank-a']) writeFileSync(path.join(folder, `${name}.yml`), appText(name));
  const good = await render(registry, null);
  assert.deepEqual(good.served, ['bank-a', 'books', 'till', 'web']);
  writeFileSync(all, `${appText('web')}---\n${appText('till')}---\nname: [`);
  rmSync(path.join(folder, 'books.yml'));
  const next = await render(registry, good.release);
  assert.deepEqual(next.served, ['bank-a', 'till', 'web'], 'one that was removed meanwhile goes');
  // One of them is there, of the other the name is lost.
  writeFileSync(all, `${appText('web')}---\n${appText('till').replace('name: till', 'nam: till')}`);
  const third = await render(new DirectoryRegistry(folder), releaseFromFiles([...next.release.files]));
  assert.deepEqual(third.served, ['bank-a', 'till', 'web']);
  writeFileSync(all, appText('web'));
  assert.deepEqual((await render(registry, third.release)).served, ['bank-a', 'web']);
});

test('what is only told to the next start changes nothing of HAProxy', async (context) => {
  const render = await renderer(context);
  const folder = temporaryFolder(context, 'registry');
  const registry = new DirectoryRegistry(folder);
  const file = path.join(folder, 'web.yml');
  writeFileSync(file, appText('web'));
  const { release } = await render(registry, null);
  renameSync(file, path.join(folder, 'all.yml'));
  const moved = await render(registry, release);
  assert.notEqual(moved.release.id, release.id);
  assert.deepEqual(differencesBetween(release, moved.release), []);
});
