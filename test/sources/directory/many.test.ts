/** A services directory of very many files: few are read at once, few are looked at again, and there is a limit. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { utimesSync, writeFileSync } from 'node:fs';
import { mkdir, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DirectorySource, type DirectorySourceOptions } from '../../../src/sources/directory/directory-source.js';
import { atEnd } from '../../support/at-end.js';
import {
  appText,
  createServicesDirectory,
  namesOf,
  RecordingListener,
  testClock,
} from '../../support/node/services-directory.js';

const PROGRAM = fileURLToPath(new URL('hoarding-program.js', import.meta.url));

async function prepare(context: TestContext, count: number): Promise<string> {
  const directory = await createServicesDirectory(context);
  await mkdir(directory);
  for (let index = 0; index < count; index += 1) {
    const name = `a${String(index).padStart(5, '0')}`;
    writeFileSync(path.join(directory, `${name}.yml`), appText(name, 2 * index + 1));
  }
  return directory;
}

function start(context: TestContext, directory: string, options: Partial<DirectorySourceOptions> = {}) {
  const source = new DirectorySource({ directory, clock: testClock, rescanMs: 20, ...options });
  atEnd(context, () => source.stop());
  const listener = new RecordingListener();
  const first = listener.nextReading();
  source.start(listener);
  return { listener, first, file: (name: string) => path.join(directory, name) };
}

test('of more files than the limit the first by name are read, and the problem names the limit', async (context) => {
  const directory = await prepare(context, 8);
  const { first, listener, file } = start(context, directory, { maxFiles: 5 });
  const state = await first;
  assert.deepEqual(namesOf(state), ['a00000', 'a00001', 'a00002', 'a00003', 'a00004']);
  assert.match(state.problems[0]?.message ?? '', /^there are 8 service files, and 5 are read; .* is a00005\.yml$/);

  // One that comes before all others by name takes nothing away that serves.
  const counted = listener.nextReading(({ problems }) => problems[0]?.message.startsWith('there are 9 ') === true);
  await writeFile(file('a.yml'), appText('a', 101));
  assert.deepEqual(namesOf(await counted), ['a00000', 'a00001', 'a00002', 'a00003', 'a00004']);

  const replaced = listener.nextReading(({ apps }) => apps.some(({ name }) => name === 'a'));
  await unlink(file('a00002.yml'));
  assert.deepEqual(namesOf(await replaced), ['a', 'a00000', 'a00001', 'a00003', 'a00004']);

  const whole = listener.nextReading(({ problems }) => problems.length === 0);
  for (const name of ['a00000', 'a00001', 'a00003', 'a00004']) await unlink(file(`${name}.yml`));
  assert.deepEqual(namesOf(await whole), ['a', 'a00005', 'a00006', 'a00007']);
});

test('a change without a notification is noticed among many files too, without a new name in the directory', async (context) => {
  const directory = await prepare(context, 1_300);
  const { first, listener, file } = start(context, directory, { isWatching: false });
  assert.equal((await first).apps.length, 1_300);
  const changed = listener.nextReading(({ apps }) => apps.some(({ slot }) => slot === 60_001));
  await writeFile(file('a01299.yml'), appText('a01299', 60_001));
  utimesSync(file('a01299.yml'), new Date(), new Date(Date.now() - 60_000));
  assert.equal((await changed).apps.length, 1_300);
});

for (const [what, left] of [
  ['nothing can be opened', 0],
  ['a few files can be opened', 3],
] as const) {
  test(`while ${what}, for want of descriptors, the directory is read later`, async (context) => {
    const directory = await prepare(context, 60);
    const child = spawn('prlimit', ['--nofile=64', process.execPath, PROGRAM, directory, String(left)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    atEnd(context, () => child.kill('SIGKILL'));
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      said.push(line);
      const { isFull, apps, problem } = JSON.parse(line);
      if (isFull !== false || apps !== 60) continue;
      assert.equal(problem, null);
      break;
    }
    assert.match(said[0] ?? '', left === 0 ? /EMFILE/ : /EMFILE|"apps":60/);
  });
}
