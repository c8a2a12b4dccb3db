/** Editors and templates truncate a file and write it anew; a prefix of YAML is often valid YAML with fewer apps. */
import assert from 'node:assert/strict';
import { appendFile, mkdir, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { MAX_DOCUMENT_BYTES } from '../../../src/documents/service-document.js';
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

const TWO = `${appText('a', 1)}${appText('b', 3)}`;

async function start(context: TestContext): Promise<{ readonly listener: RecordingListener; readonly file: string }> {
  const directory = await createServicesDirectory(context);
  await mkdir(directory);
  const file = path.join(directory, 'a.yml');
  await writeFile(file, TWO);
  const source = new DirectorySource({ directory, clock: testClock, rescanMs: 60_000 });
  atEnd(context, () => source.stop());
  const listener = new RecordingListener();
  const first = listener.nextReading();
  source.start(listener);
  await first;
  return { listener, file };
}

test('a file that is truncated and then written loses nothing in between', async (context) => {
  const { listener, file } = await start(context);
  const handle = await open(file, 'w');
  // Long enough for the source to look at the empty file; what it says of it is that the old apps stay.
  const emptied = await listener.nextReading();
  assert.deepEqual(namesOf(emptied), ['a', 'b']);
  assert.match(emptied.problems[0]?.message ?? '', /is empty; its last good version \(2 apps\) stays in force/);
  const written = listener.nextReading((state) => state.problems.length === 0);
  await handle.writeFile(`${appText('a', 5)}${appText('b', 7)}`);
  await handle.close();
  assert.deepEqual(
    (await written).apps.map(({ slot }) => slot),
    [5, 7],
  );
});

test('a file that is written in pieces is believed when it is whole', async (context) => {
  const { listener, file } = await start(context);
  const handle = await open(file, 'w');
  const whole = `${appText('a', 5)}${appText('b', 7)}${appText('c', 9)}`;
  for (let offset = 0; offset < whole.length; offset += 16) {
    await handle.write(whole.slice(offset, offset + 16));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const done =
    listener.readings.at(-1)?.apps.length === 3 ? null : listener.nextReading((state) => state.apps.length === 3);
  await handle.close();
  await done;
  assert.ok(listener.readings.every((state) => state.apps.length >= 2));
});

test('an app that is really taken out goes after the time to settle', async (context) => {
  const { listener, file } = await start(context);
  const begun = performance.now();
  const told = listener.nextReading();
  await writeFile(file, appText('a', 1));
  assert.deepEqual(namesOf(await told), ['a']);
  assert.ok(performance.now() - begun > 150);
});

test('a broken file keeps its apps and is mended', async (context) => {
  const { listener, file } = await start(context);
  const broken = listener.nextReading();
  await writeFile(file, `${appText('a', 5)}b: {protocol: [\n`);
  const state = await broken;
  assert.deepEqual(
    state.apps.map(({ slot }) => slot),
    [1, 3],
  );
  assert.equal(state.problems[0]?.line, 6);
  const mended = listener.nextReading();
  await writeFile(file, `${appText('a', 5)}${appText('b', 3)}`);
  assert.deepEqual((await mended).problems, []);
});

test('a file that is too large is one problem, however it grows', async (context) => {
  const { listener, file } = await start(context);
  // A look may come between the two steps of a write: it finds the file empty.
  const refused = listener.nextReading(({ problems }) => /^it has more/.test(problems[0]?.message ?? ''));
  await writeFile(file, `# ${'x'.repeat(MAX_DOCUMENT_BYTES)}`);
  const { problems, apps } = await refused;
  assert.deepEqual(
    apps.map(({ name }) => name),
    ['a', 'b'],
  );
  assert.match(problems[0]?.message ?? '', /^it has more than the \d+ bytes that are read; its last good version/);
  const told = listener.readings.length;
  for (const name of ['c', 'd']) {
    await appendFile(file, 'x'.repeat(1_000));
    // The look that finds this file has looked at the large one too.
    const found = listener.nextReading((state) => state.apps.some((app) => app.name === name));
    await writeAtomically(path.join(path.dirname(file), `${name}.yml`), appText(name, name.charCodeAt(0)));
    await found;
  }
  assert.ok(listener.readings.slice(told).every((state) => state.problems[0]?.message === problems[0]?.message));
});
