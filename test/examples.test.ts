/** The examples are files that people copy, so they pass the strictest check. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './support/at-end.js';
import { runCli } from './support/node/run-cli.js';

test('autoproxy check has nothing to say about examples/services', async () => {
  const directory = fileURLToPath(new URL('../../examples/services', import.meta.url));
  const { exitCode, stdout } = await runCli(['check', directory, '--strict']);
  assert.deepEqual([exitCode, stdout], [0, '2 files, 3 apps: 0 errors, 0 warnings\n']);
});

test('autoproxy app put takes the definitions of examples/apps', async (context) => {
  const registry = temporaryFolder(context, 'examples');
  const file = fileURLToPath(new URL('../../examples/apps/checkout.yml', import.meta.url));
  const { exitCode, stdout, stderr } = await runCli(['app', 'put', file, '--registry', registry]);
  assert.deepEqual([exitCode, stderr], [0, '']);
  assert.match(stdout, /^checkout: created, on slot \d+\n/);
});
