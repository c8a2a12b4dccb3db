/** The examples are files that people copy, so they pass the strictest check. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCli } from './support/run-cli.js';

test('autoproxy check has nothing to say about examples/services', async () => {
  const directory = fileURLToPath(new URL('../../examples/services', import.meta.url));
  const { exitCode, stdout } = await runCli(['check', directory, '--strict']);
  assert.deepEqual([exitCode, stdout], [0, '2 files, 3 apps: 0 errors, 0 warnings\n']);
});
