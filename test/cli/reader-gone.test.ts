/** Who reads a command's output may end first, as `| head` does: nothing that it started is left behind. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { atEnd } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { startNode } from '../support/node/node-process.js';
import { CLI_ENTRY } from '../support/node/run-cli.js';
import { appText } from '../support/node/services-directory.js';

/** Of all processes whose arguments name `directory`. */
function pidsNaming(directory: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(directory);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Runs `autoproxy WORDS… REDIRECTIONS | head -LINES` in a shell. @returns what head let through, and the exit code before it */
function untilHead(words: readonly string[], redirections: string, lines: number) {
  const line = `{ "$0" "$@" ${redirections}; echo "$?" >&3; } | head -${lines}`;
  const child = spawn('sh', ['-c', line, process.execPath, CLI_ENTRY, ...words], {
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
  });
  const parts = { text: '', exitCode: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    parts.text += text;
  });
  child.stdio[3]?.on('data', (text: Buffer) => {
    parts.exitCode += text.toString();
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  return { parts, ended, child };
}

test('`autoproxy demo | head -3` ends both nodes and removes their files', async (context) => {
  const { parts, ended, child } = untilHead(['demo'], '', 3);
  let directory = '';
  atEnd(context, () => {
    child.kill('SIGKILL');
    if (directory !== '') for (const pid of pidsNaming(directory)) process.kill(pid, 'SIGKILL');
  });
  await ended;
  directory = /files in (\S+)/.exec(parts.text)?.[1] ?? '';
  // The second line comes when both nodes serve.
  assert.equal(parts.text.split('\n').length, 4);
  assert.notEqual(directory, '');
  assert.equal(parts.exitCode, '0\n');
  assert.deepEqual(pidsNaming(directory), []);
  assert.equal(existsSync(directory), false);
});

test('a full disk behind standard output is named, and one behind standard error changes nothing', async () => {
  const full = untilHead(['--help'], '>/dev/full', 1);
  await full.ended;
  assert.equal(full.parts.exitCode, '1\n');
  const told = untilHead(['--help'], '2>&1 >/dev/full', 9);
  await told.ended;
  assert.match(told.parts.text, /^autoproxy: standard output cannot be written: .*ENOSPC.*\n$/);
  const silent = untilHead(['chekc'], '2>/dev/full', 1);
  await silent.ended;
  assert.equal(silent.parts.exitCode, '64\n');
});

test('a command whose complaints nobody reads ends with its own exit code', async () => {
  const { parts, ended } = untilHead(['chekc'], '2>&1 >/dev/null', 0);
  await ended;
  assert.equal(parts.exitCode, '64\n');
});

test('what shows things until it is ended ends with its reader', async (context) => {
  const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, []) }));
  atEnd(context, () => {
    for (const pid of pidsNaming(node.admin)) if (pid !== node.pid) process.kill(pid, 'SIGKILL');
  });
  // More lines than any of them prints at once.
  for (const [lines, words] of [
    [60, ['status', '--watch', '100ms']],
    [20, ['ps', '--watch', '100ms']],
    [200, ['config', '--watch', '100ms']],
    [200, ['why', 'shop', '--watch', '100ms']],
    [60, ['doctor', '--watch', '100ms']],
    [1, ['events', '--follow']],
  ] as const) {
    const { parts } = untilHead([...words, '--admin', node.admin], '', lines);
    let changes = 0;
    // Each change is an event, so that there is something to write.
    const hasEnded = async (): Promise<boolean> => {
      changes += 1;
      await node.write('shop.yml', appText('shop', node.slot, [`127.0.0.1:${changes}`]));
      return parts.exitCode !== '';
    };
    await eventually(`${words.join(' ')} ends`, hasEnded);
    assert.equal(parts.text.trimEnd().split('\n').length, lines, words.join(' '));
    // Nothing listens at the instances, which `doctor` may have found by then.
    assert.match(parts.exitCode, words[0] === 'doctor' ? /^[01]\n$/ : /^0\n$/, words.join(' '));
  }
});
