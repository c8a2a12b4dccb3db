/** The form (lint and format) is a test, so that it cannot be forgotten. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

test('biome finds nothing to say about form and lint', () => {
  const biome = path.join(ROOT, 'node_modules/.bin/biome');
  const { status, stdout, stderr } = spawnSync(biome, ['check', '--error-on-warnings', '--colors=off', '.'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  assert.equal(status, 0, `run "npx biome check --write ." and mend what is left:\n${stdout}${stderr}`);
});
