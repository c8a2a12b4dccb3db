import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { removeHalfWritten, replaceFile } from '../../src/core/durable-file.js';
import { temporaryFolder } from '../support/at-end.js';

test('the new file has the mode that was asked for, not that of the old file, and nothing stays beside it', async (context) => {
  const folder = temporaryFolder(context, 'durable');
  const file = path.join(folder, 'state.json');
  writeFileSync(file, 'old');
  chmodSync(file, 0o666);
  await replaceFile(file, 'new', 0o600);
  assert.equal(readFileSync(file, 'utf8'), 'new');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['state.json']);
});

test('writers of one file at once leave one whole content', async (context) => {
  const folder = temporaryFolder(context, 'durable');
  const file = path.join(folder, 'state.json');
  const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000));
  await Promise.all(contents.map((content) => replaceFile(file, content, 0o600)));
  assert.ok(contents.includes(readFileSync(file, 'utf8')));
  assert.deepEqual(readdirSync(folder), ['state.json']);
});

test('what cannot be put in place is said and leaves nothing behind', async (context) => {
  const folder = temporaryFolder(context, 'durable');
  // A directory of that name cannot be replaced by a file.
  const file = path.join(folder, 'state.json', 'inner');
  await replaceFile(path.join(folder, 'other'), 'x', 0o600);
  await assert.rejects(replaceFile(file, 'new', 0o600), { code: 'ENOENT' });
  assert.deepEqual(readdirSync(folder), ['other']);
});

test('what a killed writer left is removed, and no file of anybody else', async (context) => {
  const folder = temporaryFolder(context, 'durable');
  for (const name of ['.state.json.1f0c.tmp', 'state.json.tmp', '.other.json.1f0c.tmp', 'state.json']) {
    writeFileSync(path.join(folder, name), '');
  }
  await removeHalfWritten(path.join(folder, 'state.json'));
  assert.deepEqual(readdirSync(folder).sort(), ['.other.json.1f0c.tmp', 'state.json', 'state.json.tmp']);
});
