/** `top` on a real terminal: it draws in place, and gives the screen back at each of its ends. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { atEnd } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { startNode } from '../support/node/node-process.js';
import { CLI_ENTRY } from '../support/node/run-cli.js';
import { appText } from '../support/node/services-directory.js';

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';

test('q, SIGTERM and SIGINT end it with 0, and the screen is as it was', async (context) => {
  const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot) }));
  for (const end of ['q', 'SIGTERM', 'SIGINT'] as const) {
    // util-linux; `exec` keeps the process id that is printed.
    const command = `stty rows 20 cols 70; echo pid $$; exec ${process.execPath} ${CLI_ENTRY} top --watch 100ms --admin ${node.admin}`;
    const terminal = spawn('script', ['-qec', `sh -c '${command}'`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    atEnd(context, () => void terminal.kill('SIGKILL'));
    let shown = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
    const closed = new Promise((resolve) => terminal.once('close', resolve));
    await eventually('two tables were drawn', () => shown.split('\x1b[H').length > 3);
    if (end === 'q') terminal.stdin.write('q');
    else process.kill(Number(/pid (\d+)/.exec(shown)?.[1]), end);
    assert.equal(await closed, 0, end);
    const screen = shown.slice(shown.indexOf(ENTER));
    assert.ok(screen.startsWith(ENTER) && screen.endsWith(LEAVE), `${end}: ${JSON.stringify(shown.slice(-200))}`);
    const table =
      screen
        .split('\x1b[H')
        .at(-1)
        ?.replace(/\x1b\[[0-9;?]*[A-Za-z]|\r/g, '') ?? '';
    assert.match(table, /^test-node: ready for .*\n\nAPP .*\nshop +0\/0 /);
    assert.ok(
      table
        .split('\n')
        .slice(1)
        .every((line) => line.length <= 70),
      table,
    );
  }
});
