/** Notifications get lost, directories are exchanged: a rescan brings the source back into step with the disk. */
import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { DirectorySource } from '../../../src/sources/directory/directory-source.js';
import { atEnd } from '../../support/at-end.js';
import {
  appText,
  createServicesDirectory,
  namesOf,
  RecordingListener,
  testClock,
  writeAtomically,
} from '../../support/node/services-directory.js';

function listen(
  context: TestContext,
  directory: string,
  options: { readonly isWatching: boolean; readonly rescanMs: number },
): RecordingListener {
  const source = new DirectorySource({ directory, clock: testClock, ...options });
  const listener = new RecordingListener();
  atEnd(context, () => source.stop());
  source.start(listener);
  return listener;
}

async function createDirectory(directory: string, slot: number): Promise<void> {
  await mkdir(directory);
  await writeFile(path.join(directory, 'a.yml'), appText('a', slot));
}

test('without any notification each kind of change is found by the rescan', async (context) => {
  const directory = await createServicesDirectory(context);
  await createDirectory(directory, 1);
  const listener = listen(context, directory, { isWatching: false, rescanMs: 20 });
  await listener.nextReading();
  const file = path.join(directory, 'a.yml');

  let told = listener.nextReading((state) => state.apps[0]?.slot === 3);
  await writeFile(file, appText('a', 3));
  await told;
  told = listener.nextReading((state) => state.apps[0]?.slot === 5);
  await writeAtomically(file, appText('a', 5));
  await told;
  told = listener.nextReading((state) => state.apps.length === 2);
  await writeFile(path.join(directory, 'b.yml'), appText('b', 7));
  await told;
  told = listener.nextReading((state) => state.apps.length === 1);
  await unlink(file);
  assert.deepEqual(namesOf(await told), ['b']);
});

test('of two writes within one tick of the clock the second is not missed', async (context) => {
  const directory = await createServicesDirectory(context);
  await createDirectory(directory, 1);
  const listener = listen(context, directory, { isWatching: false, rescanMs: 5 });
  await listener.nextReading();
  for (let slot = 11; slot < 51; slot += 2) await writeFile(path.join(directory, 'a.yml'), appText('a', slot));
  if (listener.readings.at(-1)?.apps[0]?.slot !== 49) await listener.nextReading((state) => state.apps[0]?.slot === 49);
});

for (const isWatching of [true, false]) {
  const by = isWatching ? 'notifications' : 'the rescan';

  test(`a directory that is removed and made again is taken up by ${by}`, async (context) => {
    const directory = await createServicesDirectory(context);
    await createDirectory(directory, 1);
    const listener = listen(context, directory, { isWatching, rescanMs: isWatching ? 60_000 : 20 });
    await listener.nextReading();
    const failed = listener.nextFailure();
    await rename(directory, `${directory}.away`);
    assert.match(await failed, /services: this directory does not exist; create it/);
    assert.equal(listener.readings.length, 1);

    const told = listener.nextReading((state) => state.apps[0]?.slot === 5);
    await createDirectory(`${directory}.new`, 5);
    await rename(`${directory}.new`, directory);
    await told;
    // And the new one is watched.
    const changed = listener.nextReading((state) => state.apps[0]?.slot === 7);
    await writeFile(path.join(directory, 'a.yml'), appText('a', 7));
    await changed;
  });

  test(`a link to a directory that is swapped is followed by ${by}`, async (context) => {
    const directory = await createServicesDirectory(context);
    await createDirectory(`${directory}.1`, 1);
    await createDirectory(`${directory}.2`, 5);
    await symlink(`${directory}.1`, directory);
    const listener = listen(context, directory, { isWatching, rescanMs: isWatching ? 60_000 : 20 });
    await listener.nextReading();
    const told = listener.nextReading();
    await symlink(`${directory}.2`, `${directory}.tmp`);
    await rename(`${directory}.tmp`, directory);
    assert.equal((await told).apps[0]?.slot, 5);
    const changed = listener.nextReading((state) => state.apps[0]?.slot === 7);
    await writeFile(path.join(`${directory}.2`, 'a.yml'), appText('a', 7));
    await changed;
    assert.ok(listener.readings.every((state) => state.apps.length === 1));
  });
}

test('a directory that is missing is waited for, and a file in its place is named', async (context) => {
  const directory = await createServicesDirectory(context);
  const listener = listen(context, directory, { isWatching: true, rescanMs: 20 });
  assert.match(await listener.nextFailure(), /this directory does not exist/);
  await writeFile(directory, 'a file');
  while (!/this is not a directory/.test(await listener.nextFailure()));
  await rm(directory);
  const told = listener.nextReading((state) => state.apps.length === 1);
  await createDirectory(`${directory}.new`, 1);
  await rename(`${directory}.new`, directory);
  await told;
});

test('a directory that is emptied file by file and removed does not take back more than the files', async (context) => {
  const directory = await createServicesDirectory(context);
  await createDirectory(directory, 1);
  const listener = listen(context, directory, { isWatching: true, rescanMs: 60_000 });
  await listener.nextReading();
  const failed = listener.nextFailure();
  await rm(directory, { recursive: true });
  await failed;
  const told = listener.nextReading((state) => state.apps[0]?.slot === 9);
  await mkdir(directory);
  await writeFile(path.join(directory, 'a.yml'), appText('a', 9));
  await told;
});

test('what was in force before a start counts for the files that are there then, and for none that comes later', async (context) => {
  const directory = await createServicesDirectory(context);
  await createDirectory(directory, 1);
  const first = await listen(context, directory, { isWatching: false, rescanMs: 20 }).nextReading();
  const [app] = first.apps;
  assert.ok(app !== undefined);
  const gone = { ...app, name: 'gone', slot: 9, origin: { ...app.origin, location: path.join(directory, 'gone.yml') } };

  await writeFile(path.join(directory, 'a.yml'), 'a: [\n');
  const source = new DirectorySource({ directory, clock: testClock, isWatching: false, rescanMs: 20 });
  const listener = new RecordingListener();
  atEnd(context, () => source.stop());
  source.restore([app, gone]);
  source.start(listener);
  assert.deepEqual(namesOf(await listener.nextReading()), ['a']);

  const told = listener.nextReading(({ problems }) => problems.some(({ file }) => file.endsWith('gone.yml')));
  await writeFile(path.join(directory, 'gone.yml'), 'gone: [\n');
  assert.deepEqual(namesOf(await told), ['a']);
});
