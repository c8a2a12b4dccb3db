import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants, existsSync, openSync, readSync } from 'node:fs';
import { mkdir, readFile, rename, rmdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { FileTarget } from '../../../src/access-log/targets/file-target.js';
import { temporaryFolder } from '../../support/at-end.js';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { createRecordingLog } from '../../support/recording-log.js';

/** Takes lines as text. */
class TextTarget extends FileTarget {
  write(text: string): void {
    const line = this.begin();
    if (line === null) return;
    line.text(text.replace('\n', ''));
    this.end();
  }
}

function world(context: TestContext, name = 'access.log') {
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  const target = name.startsWith('/') ? name : path.join(temporaryFolder(context, 'lines'), name);
  const said = () => lines.map(({ msg }) => msg.replace('the access log ', ''));
  return { clock, log, lines, target, said, open: () => new TextTarget({ target, clock, log }) };
}

const NOT = 'writing failed; serving continues';
const LOST = 'lines of the access log are lost: this worker ends without them';

test('lines are there after a quarter of a second, in order', async (context) => {
  const { clock, target, open, said } = world(context);
  const file = open();
  for (let line = 0; line < 3_000; line += 1) file.write(`${line} ${'x'.repeat(line % 90)}`);
  await clock.advance(250);
  const read = async (): Promise<string[]> => (await readFile(target, 'utf8')).split('\n').slice(0, -1);
  await eventually('all are written', async () => (await read()).length === 3_000);
  assert.deepEqual(
    (await read()).map((line) => line.split(' ')[0]),
    Array.from({ length: 3_000 }, (_, line) => String(line)),
  );
  assert.deepEqual(said(), []);
});

test('a flush resolves when all is written, and writeNow writes at once', async (context) => {
  const { target, open } = world(context);
  const file = open();
  file.write('one');
  await file.flush(1_000);
  assert.equal(await readFile(target, 'utf8'), 'one\n');
  file.write('two');
  file.writeNow();
  assert.equal(await readFile(target, 'utf8'), 'one\ntwo\n');
});

test('a file that cannot be opened is tried again; what fits is written then, and the log says so once', async (context) => {
  const { clock, target, open, said, lines } = world(context);
  await mkdir(target);
  const file = open();
  for (let line = 0; line < 5_000; line += 1) file.write(`${line} ${'x'.repeat(1_000)}`);
  for (let second = 0; second < 6; second += 1) await clock.advance(1_000);
  assert.deepEqual(said(), [NOT]);
  file.write('one more');
  assert.equal(file.waiting + file.dropped, 5_001);
  assert.match(String(file.failure), /EISDIR/, 'the reason is the error, not that too much waits');
  await rmdir(target);
  for (let second = 0; second < 6; second += 1) await clock.advance(1_000);
  await eventually('it is written', () => said().length === 2);
  assert.deepEqual([said(), file.waiting, file.failure], [[NOT, 'is written again'], 0, null]);
  const written = (await readFile(target, 'utf8')).split('\n').length - 1;
  assert.equal(Number(lines[1]?.lost) + written, 5_001);
});

test('a full disk: said once a minute, and a flush does not wait for it', async (context) => {
  const { clock, open, lines } = world(context, '/dev/full');
  const file = open();
  for (let second = 0; second < 60; second += 1) {
    file.write('a line');
    await clock.advance(1_000);
  }
  await file.flush(600_000);
  assert.equal(file.dropped, 0, 'there may be room before the end');
  assert.deepEqual([file.waiting, file.failure], [60, lines[0]?.reason]);
  file.writeNow();
  assert.equal(file.dropped, 60);
  assert.match(String(lines[0]?.reason), /ENOSPC/);
  // Within the minute, since nobody can ask later; once, though the end of a process comes twice.
  file.writeNow();
  assert.equal(lines.length, 2);
  assert.deepEqual([file.waiting, file.failure], [0, null]);
  const { level, msg, reason, lost, file: place } = lines[1] ?? assert.fail('the loss is said');
  assert.deepEqual([level, msg, lost, place], ['error', LOST, 60, '/dev/full']);
  assert.match(String(reason), /ENOSPC/);
});

test('what a slow reader has not taken at the end counts as dropped, a line that is cut too', async (context) => {
  const { target, open, lines } = world(context);
  execFileSync('mkfifo', [target]);
  const reader = openSync(target, constants.O_RDONLY | constants.O_NONBLOCK);
  const file = open();
  for (let line = 0; line < 3_000; line += 1) file.write(`${line} ${'x'.repeat(line % 90)}`);
  await file.flush(1_000);
  file.writeNow();
  const buffer = Buffer.alloc(1_000_000);
  const text = buffer.latin1Slice(0, readSync(reader, buffer));
  assert.ok(!text.endsWith('\n'), 'the pipe was full inside a line');
  assert.equal(text.split('\n').length - 1 + file.dropped, 3_000);
  assert.deepEqual([lines.length, lines[0]?.msg, lines[0]?.lost], [1, LOST, file.dropped]);
  file.writeNow();
  assert.equal(text.split('\n').length - 1 + file.dropped, 3_000);
});

test('a pipe without a reader holds nobody up, and is written once there is one', async (context) => {
  const { clock, target, open, said } = world(context);
  execFileSync('mkfifo', [target]);
  const file = open();
  file.write('a line');
  await clock.advance(250);
  assert.deepEqual(said(), [NOT]);
  const reader = openSync(target, constants.O_RDONLY | constants.O_NONBLOCK);
  await clock.advance(5_000);
  await eventually('it is written', () => said().length === 2);
  const buffer = Buffer.alloc(100);
  assert.equal(buffer.latin1Slice(0, readSync(reader, buffer)), 'a line\n');
});

test('opened anew, each line is whole in one of the two files, and in the order in which it came', async (context) => {
  const { target, open, said } = world(context);
  const file = open();
  const line = (number: number): string => `${number} ${'x'.repeat(number % 90)}\n`;
  const moved: string[] = [];
  for (let number = 0; number < 5_000; number += 1) {
    file.write(line(number));
    if (number % 1_000 !== 500) continue;
    moved.push(`${target}.${number}`);
    await rename(target, moved.at(-1) ?? '');
    file.reopen();
    // Of two that come close together the second finds the first one under way.
    file.reopen();
    await eventually('the new file is there', () => existsSync(target));
  }
  await file.flush(1_000);
  const texts = await Promise.all([...moved, target].map((name) => readFile(name, 'utf8')));
  for (const text of texts) assert.match(text, /\n$/);
  assert.equal(texts.join(''), Array.from({ length: 5_000 }, (_, number) => line(number)).join(''));
  assert.deepEqual(said(), []);
});

test('what cannot be opened anew is said, and the lines go on into the file that is open', async (context) => {
  const { target, open, lines } = world(context);
  const file = open();
  await rename(target, `${target}.1`);
  await mkdir(target);
  file.reopen();
  file.write('kept');
  await file.flush(1_000);
  assert.equal(await readFile(`${target}.1`, 'utf8'), 'kept\n');
  assert.match(lines[0]?.msg ?? '', /failed; lines still go to the file that was open$/);
  assert.match(String(lines[0]?.reason), /EISDIR/);
  await rmdir(target);
  file.reopen();
  file.write('new');
  await file.flush(1_000);
  assert.equal(await readFile(target, 'utf8'), 'new\n');
});

test('a missing folder is named and not made; lines wait for it', async (context) => {
  const { clock, target, open, lines } = world(context, 'typo/access.log');
  const folder = path.dirname(target);
  const file = open();
  file.write('a line');
  await clock.advance(20_000);
  assert.equal(existsSync(folder), false);
  assert.deepEqual(
    lines.map(({ reason }) => reason),
    [`there is no folder ${folder}; make it, or name another file`],
  );
  await mkdir(folder);
  await clock.advance(5_000);
  await eventually('it is written', () => lines.length === 2);
  assert.equal(await readFile(target, 'utf8'), 'a line\n');
});

test('a folder that is gone when the file is opened anew: said once, and opened when it is there again', async (context) => {
  const { clock, target, open, lines } = world(context, 'access.log');
  const folder = path.dirname(target);
  const file = open();
  await rename(folder, `${folder}.1`);
  file.reopen();
  for (let second = 0; second < 20; second += 1) await clock.advance(1_000);
  assert.deepEqual([lines.length, existsSync(folder)], [1, false]);
  assert.match(String(lines[0]?.reason), /^there is no folder /);
  await rename(`${folder}.1`, folder);
  await rename(target, `${target}.1`);
  await clock.advance(5_000);
  assert.equal(lines[1]?.msg, 'the access log is open anew');
  file.write('new');
  await file.flush(1_000);
  assert.equal(await readFile(target, 'utf8'), 'new\n');
});

test('a link that leads nowhere has its own reason, since its folder is there', async (context) => {
  const { target, open, lines } = world(context);
  await symlink(path.join(path.dirname(target), 'gone/access.log'), target);
  open();
  assert.match(String(lines[0]?.reason), /^ENOENT/);
});
