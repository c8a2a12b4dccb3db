/** The scripts of `completion` in real shells: what a person gets who holds the tab key. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { bashScript } from '../../src/cli/completion/bash-script.js';
import { completedCommands } from '../../src/cli/completion/command-tree.js';
import { fishScript } from '../../src/cli/completion/fish-script.js';
import { zshScript } from '../../src/cli/completion/zsh-script.js';
import { createProgram } from '../../src/cli/program.js';
import { temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { findProgram, installPackages } from '../support/machine/components.js';
import { startNode } from '../support/node/node-process.js';
import { CLI_ENTRY } from '../support/node/run-cli.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { appText } from '../support/node/services-directory.js';
import { describingContext } from './describing-context.js';

type Shell = 'bash' | 'fish';

/** Types a line in a shell that has read its script, and returns what stands to choose, or the line that it became. */
const TYPED: Readonly<Record<Shell, (script: string, line: string) => readonly string[]>> = {
  bash: (script, line) => [
    '-c',
    `source "$1"; COMP_WORDS=($2); [[ $2 == *' ' ]] && COMP_WORDS+=('')
     COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _autoproxy; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ...['bash', script, line],
  ],
  fish: (script, line) => ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', script, line],
};

/** zsh completes in its line editor alone: types there, and waits until what is expected is on the screen. */
const TYPED_IN_ZSH = `zmodload zsh/zpty; zpty shell zsh -fi; typeset out
zpty -w shell "PS1=REA''DY; stty -echo; autoload -U compinit; compinit -D -u; setopt no_beep; source $1; print BEG''IN"
zpty -r -m shell out '*BEGIN*READY*'
zpty -w -n shell "$2"$'\\t\\t'
zpty -r -m shell out "*$3*" && print seen`;

async function shellWith(context: TestContext, shell: Shell, env: Readonly<Record<string, string>> = {}) {
  const { program, script, environment } = await prepareShell(context, shell);
  return (line: string): string[] => {
    const result = spawnSync(program, TYPED[shell](script, line), {
      encoding: 'utf8',
      env: { ...environment, ...env },
      timeout: 20_000,
    });
    assert.equal(result.stderr, '');
    return result.stdout.split('\n').map((text) => text.split('\t')[0]?.trim() ?? '');
  };
}

/** The shell, its script, and a PATH with the command. */
async function prepareShell(context: TestContext, shell: string) {
  if (findProgram(shell) === null) await installPackages([shell]);
  const program = findProgram(shell);
  assert.notEqual(program, null, `${shell} was installed and is not there`);
  const folder = temporaryFolder(context, 'completion');
  const script = path.join(folder, `autoproxy.${shell}`);
  const { exitCode, stdout, stderr } = await runCliHere(['completion', shell]);
  assert.deepEqual([exitCode, stderr], [0, '']);
  writeFileSync(script, stdout);
  const command = path.join(folder, 'autoproxy');
  writeFileSync(command, `#!/bin/sh\nexec ${process.execPath} ${CLI_ENTRY} "$@"\n`);
  chmodSync(command, 0o755);
  const environment = { PATH: `${folder}:${process.env.PATH}`, HOME: folder, TERM: 'xterm' };
  return { program: program ?? shell, script, environment };
}

for (const shell of ['bash', 'fish'] as const) {
  test(`${shell} completes commands, commands below them, options and their values`, async (context) => {
    const typed = await shellWith(context, shell);
    assert.deepEqual(
      typed('autoproxy sta')
        .filter((word) => word !== '')
        .sort(),
      ['stats', 'status'],
    );
    assert.deepEqual(
      typed('autoproxy edge r')
        .filter((word) => word !== '')
        .sort(),
      ['render', 'route', 'run'],
    );
    assert.deepEqual(
      typed('autoproxy ps --w').filter((word) => word !== ''),
      ['--watch'],
    );
    assert.deepEqual(
      typed('autoproxy completion ')
        .filter((word) => word !== '')
        .sort(),
      ['bash', 'fish', 'zsh'],
    );
  });
}

test('app names come from the node, and nothing comes while none answers', async (context) => {
  const node = await startNode(context, (_host, slot) => ({
    'two.yml': `${appText('shop', slot)}${appText('cart', slot + 2)}`,
  }));
  const typed = await shellWith(context, 'bash', { AUTOPROXY_ADMIN: node.admin });
  // On a busy machine the node may take longer than a person who holds the tab key.
  await eventually('the app is offered', () => typed('autoproxy why s').join().replaceAll(',', '') === 'shop');
  const alone = await shellWith(context, 'bash', { AUTOPROXY_ADMIN: '127.0.0.1:1' });
  assert.deepEqual(
    alone('autoproxy why s').filter((word) => word !== ''),
    [],
  );
});

test('zsh completes commands and options', async (context) => {
  const { program, script, environment } = await prepareShell(context, 'zsh');
  const shown = [
    ['autoproxy edge ren', 'der'],
    ['autoproxy sta', 'status*-- show what the node serves'],
    ['autoproxy ps --w', 'atch'],
  ].map(([line = '', expected = '']) => {
    const words = ['-fc', TYPED_IN_ZSH, 'zsh', script, line, expected];
    return spawnSync(program, words, { encoding: 'utf8', env: environment, timeout: 20_000 }).stdout;
  });
  assert.deepEqual(shown, ['seen\n', 'seen\n', 'seen\n']);
});

test('the scripts that the build made are those of the commands', async () => {
  const commands = completedCommands(await createProgram(describingContext));
  for (const [shell, text] of [
    ['bash', bashScript(commands)],
    ['zsh', zshScript(commands)],
    ['fish', fishScript(commands)],
  ] as const)
    assert.equal((await runCliHere(['completion', shell])).stdout, text);
});

test('another shell is a wrong command line', async () => {
  const { exitCode, stderr } = await runCliHere(['completion', 'tcsh']);
  assert.deepEqual([exitCode, /write bash, zsh, fish/.test(stderr)], [64, true]);
});
