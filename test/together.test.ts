/** Without arguments `npm test` runs each file, whether alone or in a group. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from './support/at-end.js';
import { groupsOf, writeGroup } from './together.js';

test('each file runs once: in a group of its folder, or alone', () => {
  const many = Array.from({ length: 30 }, (_, index) => `proxy/part-${index}.test.js`);
  const long = 'config/options-behave.test.js';
  const slower = Array.from({ length: 5 }, (_, index) => `registry/part-${index}.test.js`);
  const names = ['promises/roll.test.js', long, ...many, ...slower, 'state/diff.test.js', 'docs.test.js'];
  const { groups, alone } = groupsOf(names);
  assert.deepEqual(alone, ['promises/roll.test.js', long, 'docs.test.js']);
  assert.deepEqual(
    groups.map(({ name, files }) => [name, files.length]),
    [
      ['registry-0', 4],
      ['registry-1', 1],
      ['proxy-2', 12],
      ['proxy-3', 12],
      ['proxy-4', 6],
      ['state-5', 1],
    ],
  );
  assert.deepEqual([...groups.flatMap(({ files }) => files), ...alone].sort(), names.toSorted());
});

test('no test of a group begins before its file is read to the end', (context) => {
  const folder = temporaryFolder(context, 'group');
  const file = "import { test } from 'node:test';\ntest('NAME', () => new Late());\nclass Late {}\n";
  const files = ['one.mjs', 'two.mjs'];
  for (const name of files) writeFileSync(path.join(folder, name), file.replace('NAME', name));
  const program = writeGroup({ name: 'late', files }, folder, folder);
  const said = execFileSync(process.execPath, ['--test-reporter=tap', program], { encoding: 'utf8', env: {} });
  assert.match(said, /^# pass 3$/m);
});
