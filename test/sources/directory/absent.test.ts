/** The default services directory, where it is missing: it becomes a source of the node when it appears. */
import assert from 'node:assert/strict';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { App } from '../../../src/model/app.js';
import { DirectorySource } from '../../../src/sources/directory/directory-source.js';
import { atEnd } from '../../support/at-end.js';
import { appOf } from '../../support/node/apps.js';
import {
  appText,
  createServicesDirectory,
  namesOf,
  RecordingListener,
  testClock,
} from '../../support/node/services-directory.js';
import { createRecordingLog } from '../../support/recording-log.js';

function listen(context: TestContext, directory: string, stored: readonly App[] = []) {
  const { log, lines } = createRecordingLog();
  const source = new DirectorySource({ directory, clock: testClock, log, isOptional: true, rescanMs: 20 });
  const listener = new RecordingListener();
  atEnd(context, () => source.stop());
  source.restore(stored);
  source.start(listener);
  return { listener, lines, source };
}

test('it is absent without a warning, also where its parent is missing, and is read when it comes', async (context) => {
  const directory = path.join(await createServicesDirectory(context), 'deeper');
  const { listener, lines, source } = listen(context, directory);
  assert.equal(await listener.nextAbsence(), `${directory} does not exist`);
  const again = listener.nextAbsence();
  source.refresh();
  await again;
  assert.deepEqual([listener.failures, listener.readings, lines], [[], [], []]);

  const told = listener.nextReading(({ apps }) => apps.length === 1);
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, 'a.yml'), appText('a', 21_000));
  assert.deepEqual(namesOf(await told), ['a']);
  // From now on it is a source as any other: what vanishes is missed.
  const count = listener.absences.length;
  const failed = listener.nextFailure();
  await rename(directory, `${directory}.away`);
  assert.match(await failed, /this directory does not exist; create it/);
  assert.equal(listener.absences.length, count);
});

test('where its apps were in force before the last stop, it has vanished', async (context) => {
  const directory = await createServicesDirectory(context);
  const { listener } = listen(context, directory, [appOf('shop', 21_000)]);
  assert.match(await listener.nextFailure(), /this directory does not exist; create it/);
  assert.deepEqual(listener.absences, []);
});

test('a link that leads nowhere, and a file in its place, are failures', async (context) => {
  const directory = await createServicesDirectory(context);
  await symlink(`${directory}.missing`, directory);
  assert.match(await listen(context, directory).listener.nextFailure(), /this directory does not exist/);
  const inFile = path.join(`${directory}.file`, 'services');
  await writeFile(`${directory}.file`, '');
  assert.match(await listen(context, inFile).listener.nextFailure(), /this is not a directory/);
});
