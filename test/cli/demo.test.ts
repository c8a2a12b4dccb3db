/** The demo without a terminal: it plays its script, no request fails, and nothing is left behind. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { runCli } from '../support/node/run-cli.js';

test('the scripted demo bleeds, comes back, fails no request and cleans up', async () => {
  const { exitCode, stdout, stderr } = await runCli(['demo', '--script', '--duration', '5s']);
  assert.deepEqual([exitCode, stderr], [0, ''], stdout);
  assert.match(stdout, /\* stopped shop 127\.[\d.]+:\d+ on a1\n/);
  assert.match(stdout, /\* stopped all instances of shop on a1/);
  assert.match(stdout, /a1 shop {2}instances [01]\/3 .* bleed [1-9]\d*\/s\n/);
  assert.match(stdout, /\* restarted /);
  assert.match(stdout, /\nclients: \d+ requests, 0 failed, \d+ lost with a killed instance\n$/);
  const directory = /files in (\S+)/.exec(stdout)?.[1] ?? '';
  assert.ok(directory !== '' && !existsSync(directory), `${directory} is still there`);
});
