/**
 * Somebody who may write in a directory of ours prepares symbolic links under the names that our temporary files may
 * have, and lets them lead to a file that only we may write. Written through the link, that file would be lost.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { releaseFromFiles } from '../../edge/release/release.js';
import { ReleaseDirectory } from '../../edge/release/release-directory.js';
import { writeReleaseFiles } from '../../src/cli/edge/release-files.js';
import { DirectoryRegistry } from '../../src/registry/directory.js';
import { DirectorySlots } from '../../src/registry/directory-slots.js';
import { Overrides } from '../../src/sources/overrides/overrides.js';
import { StateStore } from '../../src/state/store.js';
import { temporaryFolder } from '../support/at-end.js';
import { FakeClock } from '../support/fake-clock.js';

const RELEASE = releaseFromFiles([['haproxy.cfg', 'global\n']]);
const DEFINITION = 'name: shop\npods: [alpha]\nnum_instances: 1\nimage: shop:1\nprotocol: http\nnative_port: 80\n';

/** What is written, below a folder, and how. */
const WRITERS: readonly (readonly [file: string, write: (folder: string) => Promise<unknown>])[] = [
  [
    'last-good.json',
    async (folder) => {
      const store = new StateStore({ directory: folder, clock: new FakeClock() });
      store.save({ apps: [], offers: [] });
      await store.flush();
    },
  ],
  [
    'overrides.json',
    (folder) =>
      new Overrides({ file: path.join(folder, 'overrides.json'), clock: new FakeClock() }).set('a', null, 'drain', 'x'),
  ],
  ['shop.yml', (folder) => new DirectoryRegistry(folder).put('shop', DEFINITION, null, null)],
  [
    'history/shop/0000000001.yml',
    (folder) =>
      new DirectoryRegistry(folder).put('shop', DEFINITION, null, null, { act: 'put', at: 1, author: 'ops@host-1' }),
  ],
  [
    'freed/21034',
    async (folder) => {
      const slots = new DirectorySlots(folder);
      await slots.claim(21_034, 'shop', null);
      await slots.free(21_034, 'shop', 1);
    },
  ],
  ['applied', (folder) => new ReleaseDirectory(folder).noteApplied(RELEASE.id)],
  ['out/haproxy.cfg', (folder) => writeReleaseFiles(path.join(folder, 'out'), RELEASE)],
];

for (const [name, write] of WRITERS) {
  test(`${name}: no planted link is written through, and nothing else either`, async (context) => {
    const folder = temporaryFolder(context, 'planted');
    const victim = path.join(folder, 'victim');
    writeFileSync(victim, 'precious\n');
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    const base = path.basename(file);
    for (const planted of [`${base}.tmp`, `${base}.new`, `.${base}.tmp`, `.${base}.${process.pid}`]) {
      symlinkSync(victim, path.join(path.dirname(file), planted));
    }
    // Its header lets a release be written among files that are there already.
    if (name.startsWith('out/')) writeFileSync(file, 'global\n');
    await write(folder);
    assert.equal(readFileSync(victim, 'utf8'), 'precious\n');
    assert.ok(readFileSync(file, 'utf8').length > 0, 'and the file itself is written');
  });
}

test('the link in place of the file itself is replaced, not followed', async (context) => {
  const folder = temporaryFolder(context, 'planted');
  const victim = path.join(folder, 'victim');
  writeFileSync(victim, 'precious\n');
  symlinkSync(victim, path.join(folder, 'overrides.json'));
  const overrides = new Overrides({ file: path.join(folder, 'overrides.json'), clock: new FakeClock() });
  assert.deepEqual(await overrides.set('a', null, 'drain', 'x'), { isSaved: true });
  assert.equal(readFileSync(victim, 'utf8'), 'precious\n');
});
