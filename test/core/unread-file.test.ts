/** A file that could not be read is out of the way of the next write, and known until somebody takes it. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { UnreadRecord } from '../../src/core/unread-file.js';
import { temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';

const NAME = 'kept.json';
const ASIDE = `${NAME}.refused-2024-01-01T00-00-01-000Z`;

function create(context: TestContext) {
  const directory = temporaryFolder(context, 'unread');
  const file = path.join(directory, NAME);
  const clock = new FakeClock();
  return { directory, file, clock, record: new UnreadRecord(file, clock), aside: path.join(directory, ASIDE) };
}

/** Each look ends with the next one to come, or with nothing to look for. */
async function look({ clock, record }: Pick<ReturnType<typeof create>, 'clock' | 'record'>): Promise<void> {
  await clock.advance(5_000);
  await eventually('it was looked', async () => clock.waits().length === 1 || record.unread === null);
}

test('it is moved aside, and known until it is not there any more', async (context) => {
  const parts = create(context);
  const { directory, file, clock, record, aside } = parts;
  assert.equal(record.unread, null);
  await writeFile(file, '{');
  const atMs = clock.wallTime();
  assert.equal(await record.setAside('it is not JSON'), aside);
  assert.deepEqual(await readdir(directory), [ASIDE]);
  assert.equal(await readFile(aside, 'utf8'), '{');
  const known = { file, reason: 'it is not JSON', atMs, isPart: false, aside };
  assert.deepEqual(record.unread, known);
  for (let count = 0; count < 3; count += 1) await look(parts);
  assert.deepEqual(record.unread, known);
  await rm(aside);
  await look(parts);
  assert.deepEqual([record.unread, clock.waits()], [null, []]);
});

test('a link that leads nowhere is moved as well', async (context) => {
  const { directory, file, record, aside } = create(context);
  await symlink(NAME, file);
  assert.equal(await record.setAside('ELOOP'), aside);
  assert.deepEqual(await readdir(directory), [ASIDE]);
});

test('of a file that was read in part a copy is kept, and the file stays', async (context) => {
  const { directory, file, record, aside } = create(context);
  await writeFile(file, '[1, "x"]');
  assert.equal(await record.keepCopy('1: not a number'), aside);
  assert.equal(record.unread?.isPart, true);
  assert.deepEqual((await readdir(directory)).sort(), [NAME, ASIDE]);
  assert.equal(await readFile(aside, 'utf8'), '[1, "x"]');
});

test('where it can be put nowhere it is known for good', async (context) => {
  const { clock, record } = create(context);
  assert.equal(await record.setAside('EIO'), null);
  assert.equal(record.unread?.aside, null);
  assert.deepEqual(clock.waits(), []);
});
