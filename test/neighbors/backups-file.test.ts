import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { BackupsFile, parseBackups } from '../../src/neighbors/backups-file.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { FakeClock } from '../support/fake-clock.js';
import { createRecordingLog } from '../support/recording-log.js';

async function createWorld(context: TestContext) {
  const file = path.join(temporaryFolder(context, 'backups'), 'backups.txt');
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  const lists: (readonly string[])[] = [];
  const neighbors = new BackupsFile({ file, clock, log });
  atEnd(context, () => neighbors.stop());
  return {
    file,
    lines,
    lists,
    neighbors,
    async start() {
      neighbors.start((list) => lists.push(list));
      await looked(clock);
    },
    /** The next look, with all that it reads. */
    async look() {
      await clock.advance(2_000);
      await looked(clock);
    },
  };
}

/** A look is over when the timer of the next one is set. */
async function looked(clock: FakeClock): Promise<void> {
  while (clock.waits().length === 0) await clock.advance(0);
}

test('one address a line; comments, blanks and CRLF are understood', () => {
  assert.deepEqual(parseBackups('# nodes\r\n10.0.0.1\r\n\r\n  10.0.0.2  # a2\nfd00::3\n'), {
    addresses: ['10.0.0.1', '10.0.0.2', 'fd00::3'],
    badLines: [],
  });
});

test('bad lines are named with their place, the others count', async (context) => {
  const { file, lines, lists, start } = await createWorld(context);
  await writeFile(file, '10.0.0.1\nnode-2\n10.0.0.300\n10.0.0.4:80\n\x1b[31m\n');
  await start();
  assert.deepEqual(lists, [['10.0.0.1']]);
  assert.deepEqual(
    lines.map(({ msg }) => msg.slice(file.length)),
    ['node-2', '10.0.0.300', '10.0.0.4:80', '\\u001b[31m'].map(
      (_text, index) => `:${index + 2}:1: error: this is not an IP address (write one address per line)`,
    ),
  );
});

test('a change is seen at the next look', async (context) => {
  const { file, lists, start, look } = await createWorld(context);
  await writeFile(file, '10.0.0.1\n');
  await start();
  await writeFile(file, '10.0.0.1\n10.0.0.2\n');
  await look();
  await look();
  assert.deepEqual(lists, [['10.0.0.1'], ['10.0.0.1', '10.0.0.2']]);
});

test('a node without the file has no problem, and takes it up when it comes', async (context) => {
  const { file, lines, lists, start, look } = await createWorld(context);
  await start();
  await look();
  assert.deepEqual(lines, []);
  await writeFile(file, '10.0.0.1\n');
  await look();
  assert.deepEqual(lists, [['10.0.0.1']]);
});

test('emptied or removed, the last good list stays and it is said once', async (context) => {
  const { file, lines, lists, start, look } = await createWorld(context);
  await writeFile(file, '10.0.0.1\n');
  await start();
  await writeFile(file, '');
  for (let index = 0; index < 4; index += 1) await look();
  assert.deepEqual(lists, [['10.0.0.1']]);
  assert.equal(lines.length, 1);
  assert.match(lines[0]?.msg ?? '', /has no address; the last good list stays/);
  await rm(file);
  for (let index = 0; index < 4; index += 1) await look();
  assert.deepEqual(lists, [['10.0.0.1']]);
  assert.equal(lines.length, 2);
  assert.match(String(lines[1]?.reason), /ENOENT/);
});

test('a list that is half-written names no wrong node', async (context) => {
  const { file, lists, start, look } = await createWorld(context);
  await writeFile(file, '10.0.0.12\n10.0.0.13\n');
  await start();
  await writeFile(file, '10.0.0.12\n10.0.0.1');
  await look();
  assert.equal(lists.length, 1);
  await writeFile(file, '10.0.0.12\n10.0.0.13\n10.0.0.14\n');
  await look();
  assert.deepEqual(lists.at(-1), ['10.0.0.12', '10.0.0.13', '10.0.0.14']);
  assert.equal(lists.length, 2);
});

test('a shorter list is believed when it is seen twice', async (context) => {
  const { file, lists, start, look } = await createWorld(context);
  await writeFile(file, '10.0.0.12\n10.0.0.13\n');
  await start();
  await writeFile(file, '10.0.0.12\n');
  await look();
  assert.equal(lists.length, 1);
  await look();
  assert.deepEqual(lists.at(-1), ['10.0.0.12']);
});

test('a file that is too large and a pipe are not read as lists', async (context) => {
  const { file, lines, lists, start, look } = await createWorld(context);
  await writeFile(file, '10.0.0.1\n'.repeat(10_000));
  await start();
  await look();
  await rm(file);
  execFileSync('mkfifo', [file]);
  await look();
  await look();
  assert.deepEqual(lists, []);
  assert.deepEqual(
    lines.map(({ reason }) => reason),
    ['it has more than the 65536 bytes that are read', 'it is not a regular file'],
  );
});

test('refresh looks at once, and one chain of looks goes on', async (context) => {
  const { file, lists, neighbors, start, look } = await createWorld(context);
  await writeFile(file, '10.0.0.1\n');
  await start();
  await writeFile(file, '10.0.0.2\n');
  neighbors.refresh();
  await look();
  assert.deepEqual(lists.at(-1), ['10.0.0.2']);
});
