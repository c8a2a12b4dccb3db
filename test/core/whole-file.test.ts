import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { readWholeFile, readWholeFileSync, readWholeInput, UnreadableFile } from '../../src/core/whole-file.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';

const LIMIT = 100_000;
/** Each of the three, as one that returns a promise. */
const READERS = [
  readWholeFile,
  readWholeInput,
  async (file: string, maxBytes: number) => readWholeFileSync(file, maxBytes),
] as const;

function place(context: TestContext): string {
  return path.join(temporaryFolder(context, 'whole-file'), 'file');
}

test('a text is read whole, up to the very limit', async (context) => {
  const file = place(context);
  for (const text of ['', 'a', 'ä'.repeat(LIMIT / 2)]) {
    await writeFile(file, text);
    for (const read of READERS) assert.equal(await read(file, LIMIT), text);
  }
});

test('one byte more is refused, and 5 GB cost nothing', async (context) => {
  const file = place(context);
  await writeFile(file, 'x'.repeat(LIMIT + 1));
  const before = process.memoryUsage().rss;
  for (const size of [LIMIT + 1, 5_000_000_000]) {
    await truncate(file, size);
    for (const read of READERS)
      await assert.rejects(read(file, LIMIT), new UnreadableFile(`it has more than the ${LIMIT} bytes that are read`));
  }
  assert.ok(process.memoryUsage().rss - before < 50_000_000);
});

test('a file whose size says nothing is read to its end, or refused behind the limit', async () => {
  const text = readFileSync('/proc/self/status', 'utf8');
  assert.match(text, /VmHWM/);
  for (const read of READERS) {
    assert.match(await read('/proc/self/status', LIMIT), /VmHWM/);
    await assert.rejects(read('/proc/self/status', 100), UnreadableFile);
  }
});

test('a directory and a pipe are refused as files; an input may be a pipe, and its end is waited for', async (context) => {
  const pipe = place(context);
  const folder = `${pipe}.d`;
  await mkdir(folder);
  execFileSync('mkfifo', [pipe]);
  for (const read of [READERS[0], READERS[2]]) {
    await assert.rejects(read(folder, LIMIT), new UnreadableFile('it is a directory'));
    await assert.rejects(read(pipe, LIMIT), new UnreadableFile('it is not a regular file'));
  }
  await assert.rejects(readWholeInput(folder, LIMIT), new UnreadableFile('it is a directory'));
  const writer = spawn('sh', ['-c', `(echo a; sleep 0.1; echo b) > ${pipe}`]);
  atEnd(context, () => writer.kill());
  assert.equal(await readWholeInput(pipe, LIMIT), 'a\nb\n');
  const endless = spawn('sh', ['-c', `exec yes > ${pipe}`]);
  atEnd(context, () => endless.kill('SIGKILL'));
  await assert.rejects(readWholeInput(pipe, LIMIT), UnreadableFile);
});

test('what the file system says is said', async (context) => {
  for (const read of READERS) await assert.rejects(read(place(context), LIMIT), { code: 'ENOENT' });
});
