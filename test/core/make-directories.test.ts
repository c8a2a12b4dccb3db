import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { makeDirectories } from '../../src/core/make-directories.js';
import { temporaryFolder } from '../support/at-end.js';

test('all that is missing of the way is made; what is there stays', async (context) => {
  const folder = temporaryFolder(context, 'made');
  const deep = path.join(folder, 'a/b/c');
  await makeDirectories(deep, 0o700);
  await makeDirectories(deep, 0o755);
  for (const made of [deep, path.dirname(deep)]) assert.equal(statSync(made).mode & 0o777, 0o700);
});

test('it fails with the reason of the system', async (context) => {
  const file = path.join(temporaryFolder(context, 'made'), 'file');
  writeFileSync(file, '');
  await assert.rejects(makeDirectories(file), { code: 'EEXIST' });
  await assert.rejects(makeDirectories(path.join(file, 'below')), { code: 'ENOTDIR' });
  await assert.rejects(makeDirectories('/proc/autoproxy/state'), { code: 'ENOENT' });
});
