/** What commands show on narrow screens: nothing is wider than the screen, and nothing is cut that goes to a pipe. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { CLI_ENTRY } from '../support/node/run-cli.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { appText } from '../support/node/services-directory.js';

/** `top` without a screen ends after one table; on one it is seen in top.test.ts. */
const COMMANDS = [
  'status',
  'status --instances',
  'ps',
  'stats',
  'stats far-too-long-a-name',
  'sessions',
  'events',
].concat('why far-too-long-a-name', 'config', 'doctor');

function startWide(context: Parameters<typeof startNode>[0]): Promise<RunningNode> {
  return startNode(context, (_host, slot) => ({
    'shop.yml': `${appText('far-too-long-a-name', slot, ['127.0.0.1:9', '127.0.0.1:11'])}${appText('shop', slot + 2)}`,
  }));
}

/** A word is never broken, so that it can be copied. */
function isBreakable(line: string): boolean {
  return line.trim().includes(' ');
}

test('no line is wider than a screen of 40, 60 or 80 columns', async (context) => {
  const { admin } = await startWide(context);
  for (const columns of [40, 60, 80])
    for (const command of COMMANDS) {
      const { stdout } = await runCliHere([...command.split(' '), '--admin', admin], {}, columns);
      const wide = stdout.split('\n').filter((line) => [...line].length > columns && isBreakable(line));
      assert.deepEqual(wide, [], `${command} at ${columns}`);
    }
});

test('what goes to a pipe is as wide as it is', async (context) => {
  const { admin } = await startWide(context);
  const { stdout } = await runCliHere(['status', '--admin', admin]);
  assert.match(stdout, /^workers .*; sources .*; neighbors none$/m);
  assert.match(stdout, /^far-too-long-a-name +\d+ +\d\/2 /m);
});

for (const columns of [40, 0])
  test(`status on a real terminal of ${columns} columns`, async (context) => {
    const { admin } = await startWide(context);
    const command = `stty cols ${columns}; exec ${process.execPath} ${CLI_ENTRY} status --admin ${admin}`;
    const shown = execFileSync('script', ['-qec', `sh -c '${command}'`, '/dev/null'], { encoding: 'utf8' });
    const lines = shown.replace(/\x1b\[[0-9;?]*[A-Za-z]|\r/g, '').split('\n');
    const most = Math.max(...lines.map((line) => line.length));
    assert.ok(columns === 0 ? most > 40 : most <= 40, shown);
  });
