import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Release, releaseFromFiles } from '../../../edge/release/release.js';
import { ReleaseDirectory } from '../../../edge/release/release-directory.js';
import { temporaryFolder } from '../../support/at-end.js';

function directoryFor(context: TestContext): ReleaseDirectory {
  const root = temporaryFolder(context, 'releases');
  return new ReleaseDirectory(path.join(root, 'state'));
}

function releaseOf(text: string): Release {
  return releaseFromFiles([
    ['haproxy.cfg', text],
    ['certs/one.pem', 'key\n'],
    ['lists/deny/shop.lst', ''],
  ]);
}

test('what was written is read back as it was, keys for their owner alone', async (context) => {
  const directory = directoryFor(context);
  const release = releaseOf('global\n');
  await directory.write(release);
  assert.deepEqual(await directory.read(release.id), release);
  const folder = path.dirname(directory.configurationOf(release.id));
  assert.equal(statSync(path.join(folder, 'certs/one.pem')).mode & 0o777, 0o600);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.deepEqual(readdirSync(path.dirname(folder)), [release.id], 'nothing half written is left');
});

test('a release that somebody changed by hand is none, and is written anew', async (context) => {
  const directory = directoryFor(context);
  const release = releaseOf('global\n');
  await directory.write(release);
  writeFileSync(directory.configurationOf(release.id), 'global\n    maxconn 1\n');
  assert.equal(await directory.read(release.id), null);
  await directory.write(release);
  assert.deepEqual(await directory.read(release.id), release);
});

test('current goes from one release to the next', async (context) => {
  const directory = directoryFor(context);
  assert.equal(await directory.current(), null);
  for (const text of ['one\n', 'two\n']) {
    const release = releaseOf(text);
    await directory.write(release);
    await directory.switchTo(release.id);
    assert.equal(await directory.current(), release.id);
    assert.ok(existsSync(directory.currentConfiguration));
  }
});

test('five are kept, and those that are needed; what a crash left half written goes', async (context) => {
  const directory = directoryFor(context);
  const releases = Array.from({ length: 9 }, (_, index) => releaseOf(`${index}\n`));
  for (const release of releases) await directory.write(release);
  const parent = path.join(directory.root, 'releases');
  writeFileSync(path.join(parent, '.new-x'), '');
  await directory.prune(releases[0]?.id ?? '', null);
  const left = readdirSync(parent);
  assert.equal(left.length, 6);
  assert.ok(left.includes(releases[0]?.id ?? ''));
  assert.ok(!left.includes('.new-x'));
});

test('what runs is known until it is not', async (context) => {
  const directory = directoryFor(context);
  const release = releaseOf('one\n');
  await directory.write(release);
  assert.equal(await directory.applied(), null);
  await directory.noteApplied(release.id);
  assert.equal(await directory.applied(), release.id);
  await directory.noteApplied(null);
  assert.equal(await directory.applied(), null);
});

test('releases that HAProxy ran are noted, newest first, and kept beside newer ones that it did not run', async (context) => {
  const directory = directoryFor(context);
  const releases = Array.from({ length: 14 }, (_, index) => releaseOf(`${index}\n`));
  const ids = releases.map(({ id }) => id);
  for (const [index, release] of releases.entries()) {
    await directory.write(release);
    if (index < 7) await directory.noteApplied(release.id);
  }
  await directory.noteApplied(null);
  const ran = ids.slice(2, 7).reverse();
  assert.deepEqual(await directory.hasRun(), ran);
  await directory.prune();
  for (const id of ran) assert.notEqual(await directory.read(id), null);
  await directory.noteApplied(ran[2] ?? null);
  assert.deepEqual(await directory.hasRun(), [ran[2], ran[0], ran[1], ran[3], ran[4]]);
});
