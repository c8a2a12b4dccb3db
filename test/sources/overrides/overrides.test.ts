import assert from 'node:assert/strict';
import { readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { overridesFromJson } from '../../../src/sources/overrides/override-list.js';
import { Overrides } from '../../../src/sources/overrides/overrides.js';
import { temporaryFolder } from '../../support/at-end.js';
import { FakeClock } from '../../support/fake-clock.js';
import { testClock } from '../../support/node/services-directory.js';
import { createRecordingLog } from '../../support/recording-log.js';

const INSTANCE = '127.0.0.1:1';

async function createFile(context: TestContext): Promise<string> {
  const directory = temporaryFolder(context, 'overrides');
  return path.join(directory, 'overrides.json');
}

function create(file: string | null): Overrides {
  return new Overrides({ file, clock: testClock });
}

test('a decision is in force at once and outlives a restart, with who and when', async (context) => {
  const file = await createFile(context);
  const overrides = create(file);
  await overrides.load();
  let changes = 0;
  const end = overrides.onChange(() => {
    changes += 1;
  });
  const saved = overrides.set('checkout', INSTANCE, 'drain', 'anna');
  assert.equal(overrides.list()[0]?.state, 'drain');
  assert.equal(changes, 1);
  assert.deepEqual(await saved, { isSaved: true });
  end();

  const next = create(file);
  await next.load();
  assert.deepEqual(next.list(), overrides.list());
  assert.equal(next.list()[0]?.by, 'anna');
  assert.ok(Math.abs(Date.parse(next.list()[0]?.at ?? '') - Date.now()) < 60_000);
  assert.equal(changes, 1);
});

test('of decisions in one moment the last is what stays on the disk, and no temporary file does', async (context) => {
  const file = await createFile(context);
  const overrides = create(file);
  const saves: Promise<unknown>[] = [];
  for (let index = 0; index < 50; index += 1) {
    saves.push(overrides.set('a', null, index % 2 === 0 ? 'drain' : 'maint', `${index}`));
  }
  await Promise.all(saves);
  assert.deepEqual(overridesFromJson(await readFile(file, 'utf8')), {
    overrides: overrides.list(),
    weights: [],
    unread: [],
  });
  assert.equal(overrides.list()[0]?.by, '49');
  assert.deepEqual(await readdir(path.dirname(file)), ['overrides.json']);
});

for (const [what, text] of [
  ['cut in half', '{"version": 1, "overr'],
  ['of a newer version', '{"version": 7, "overrides": []}'],
  ['empty', ''],
] as const) {
  test(`a file that is ${what} is set aside, not lost, and stops nothing`, async (context) => {
    const file = await createFile(context);
    await writeFile(file, text);
    const overrides = create(file);
    await overrides.load();
    assert.deepEqual(overrides.list(), []);
    const aside = (await readdir(path.dirname(file))).filter((name) => name.startsWith('overrides.json.refused-'));
    assert.equal(aside.length, 1);
    assert.equal(await readFile(path.join(path.dirname(file), aside[0] ?? ''), 'utf8'), text);
    const { isPart, aside: kept } = overrides.unread ?? {};
    assert.deepEqual([isPart, kept], [false, path.join(path.dirname(file), aside[0] ?? '')]);
    assert.deepEqual(await overrides.set('a', null, 'drain', 'anna'), { isSaved: true });
  });
}

test('an entry that cannot be read costs no other decision, and the file as it was is kept beside it', async (context) => {
  const file = await createFile(context);
  const entryOf = (app: string, state: string): string =>
    `{"app": "${app}", "instance": null, "state": "${state}", "by": "anna", "at": "2026-01-01T00:00:00.000Z"}`;
  const text = `{"version": 1, "overrides": [${entryOf('a', 'DRAIN')}, ${entryOf('b', 'off')}, 7, ${entryOf('c', 'maint')}]}`;
  await writeFile(file, text);
  const { log, lines } = createRecordingLog();
  const overrides = new Overrides({ file, clock: testClock, log });
  await overrides.load();
  assert.deepEqual(
    overrides.list().map(({ app, state }) => [app, state]),
    [
      ['a', 'drain'],
      ['c', 'maint'],
    ],
  );
  const [said] = lines;
  assert.match(said?.msg ?? '', /^some overrides are invalid/);
  assert.match(String(said?.unread), /overrides\.1\.state: .*,overrides\.2: /);
  await overrides.set('d', null, 'drain', 'anna');
  assert.equal(await readFile(String(said?.copy), 'utf8'), text);
  const { isPart, aside, reason } = overrides.unread ?? {};
  assert.deepEqual([isPart, aside], [true, said?.copy]);
  assert.match(reason ?? '', /^overrides\.1\.state: .*, and 1 more$/);
});

test('a file that the system does not let the node read is out of the way of the next decision', async (context) => {
  const file = await createFile(context);
  // As with one that another user owns; root may read that.
  await symlink(path.basename(file), file);
  const { log, lines } = createRecordingLog();
  const overrides = new Overrides({ file, clock: testClock, log });
  await overrides.load();
  assert.match(overrides.unread?.reason ?? '', /^ELOOP: /);
  assert.equal(lines[0]?.movedTo, overrides.unread?.aside);
  await overrides.set('a', null, 'drain', 'anna');
  assert.deepEqual((await readdir(path.dirname(file))).sort(), [
    'overrides.json',
    path.basename(overrides.unread?.aside ?? ''),
  ]);
});

test('a file larger than all decisions of a node is set aside unread', async (context) => {
  const file = await createFile(context);
  await writeFile(file, '');
  await truncate(file, 5_000_000_000);
  const overrides = create(file);
  await overrides.load();
  assert.deepEqual(overrides.list(), []);
  const aside = (await readdir(path.dirname(file))).filter((name) => name.startsWith('overrides.json.refused-'));
  assert.equal(aside.length, 1);
});

test('where nothing can be written the decision is in force and said not to be saved', async (context) => {
  const file = await createFile(context);
  await rm(path.dirname(file), { recursive: true });
  const overrides = create(file);
  await overrides.load();
  const saved = await overrides.set('a', null, 'maint', 'anna');
  assert.equal(overrides.list()[0]?.state, 'maint');
  assert.ok(!saved.isSaved);
  assert.match(saved.reason, /overrides\.json: ENOENT/);
  await overrides.end();
});

test('a disk that takes nothing leaves the last file whole', async (context) => {
  const file = await createFile(context);
  const overrides = create(file);
  await overrides.set('a', null, 'drain', 'anna');
  const before = await readFile(file, 'utf8');
  const directory = path.dirname(file);
  await rename(directory, `${directory}.away`);
  const saved = await overrides.set('a', null, 'maint', 'anna');
  assert.ok(!saved.isSaved);
  assert.match(saved.reason, /ENOENT/);
  await rename(`${directory}.away`, directory);
  assert.equal(await readFile(file, 'utf8'), before);
  assert.equal(overrides.list()[0]?.state, 'maint');
  await overrides.end();
});

test('a decision that the disk did not take is saved when there is room, without another decision', async (context) => {
  const file = await createFile(context);
  const { log, lines } = createRecordingLog();
  const clock = new FakeClock();
  const overrides = new Overrides({ file, clock, log });
  const directory = path.dirname(file);
  await rename(directory, `${directory}.away`);
  for (const state of ['drain', 'maint'] as const) assert.ok(!(await overrides.set('a', null, state, 'anna')).isSaved);
  assert.deepEqual(clock.waits(), [5_000]);
  await rename(`${directory}.away`, directory);
  await clock.advance(5_000);
  assert.deepEqual(clock.waits(), []);
  await overrides.end();
  assert.deepEqual(overridesFromJson(await readFile(file, 'utf8')), {
    overrides: overrides.list(),
    weights: [],
    unread: [],
  });
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    [
      'decisions of operators are in force but not saved: a restart forgets them; saving is tried again',
      'the decisions of operators are on the disk again',
    ],
  );
});

test('nothing is written after the end', async (context) => {
  const file = await createFile(context);
  const clock = new FakeClock();
  const overrides = new Overrides({ file, clock });
  const directory = path.dirname(file);
  await rename(directory, `${directory}.away`);
  await overrides.set('a', null, 'drain', 'anna');
  await overrides.end();
  assert.deepEqual(clock.waits(), []);
  await rename(`${directory}.away`, directory);
});

test('without a state directory decisions are in force for this run', async () => {
  const overrides = create(null);
  await overrides.load();
  const saved = await overrides.set('a', null, 'drain', 'anna');
  assert.ok(!saved.isSaved);
  assert.equal(overrides.list().length, 1);
});
