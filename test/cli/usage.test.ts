/** What everybody types wrong some day: unknown commands, unknown options, no command at all. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.js';
import { runCli } from '../support/run-cli.js';
import { describingContext } from './describing-context.js';

const program = await createProgram(describingContext);

test('an unknown command ends with 64 and names the nearest', async () => {
  const { exitCode, stderr } = await runCli(['chekc']);
  assert.equal(exitCode, 64);
  assert.match(stderr, /unknown command 'chekc'\n\(Did you mean check\?\)\nRun "autoproxy --help"/);
});

test('an unknown option ends with 64 and names the help of its command', async () => {
  const { exitCode, stderr } = await runCli(['check', '--strickt']);
  assert.equal(exitCode, 64);
  assert.match(stderr, /--strickt.*\n\(Did you mean --strict\?\)\nRun "autoproxy check --help"/);
});

test('a time without a unit is refused by commands, with what to write', async () => {
  const place = ['--consul', 'http://127.0.0.1:1'];
  for (const [words, env] of [
    [['status', '--watch', '2'], {}],
    [['drain', 'shop', '--wait', '2'], {}],
    [['maint', 'shop', '--wait', '2'], {}],
    [['demo', '--duration', '2'], {}],
    [['edge', 'run', '--site', '/nowhere', '--lame-duck', '2'], {}],
    [['edge', 'run', '--site', '/nowhere', '--drain-timeout', '2'], {}],
    [['slot', 'alloc', 'shop', '--quarantine', '2', ...place], {}],
    [['slot', 'alloc', 'shop', ...place], { AUTOPROXY_QUARANTINE: '2' }],
  ] as const) {
    const { exitCode, stderr } = await runCli(words, env);
    assert.equal(exitCode, 64, words.join(' '));
    assert.match(stderr, /it has no unit: write 2s or 2ms\./);
  }
});

test('no command prints the help and ends with 64', async () => {
  const { exitCode, stderr } = await runCli([]);
  assert.equal(exitCode, 64);
  assert.match(stderr, /Commands:/);
});

test('--version prints the version of package.json', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  assert.deepEqual(await runCli(['--version']), { exitCode: 0, stdout: `${version}\n`, stderr: '' });
});

/** Commands that hold others have a help of their own, and so have those. */
function wordsOf(command: Command, parents: readonly string[] = []): string[][] {
  return command.commands.flatMap((inner) => {
    const words = [...parents, inner.name()];
    return [words, ...wordsOf(inner, words)];
  });
}

for (const words of wordsOf(program)) {
  test(`autoproxy ${words.join(' ')} --help shows an example and ends with 0`, async () => {
    const { exitCode, stdout, stderr } = await runCli([...words, '--help']);
    assert.deepEqual([exitCode, stderr], [0, '']);
    // Times have a unit.
    assert.doesNotMatch(stdout, /default: \d{4,}\)/);
    assert.match(stdout, /Examples?:\n {2}(eval "\$\()?autoproxy /);
  });
}

test('the first word alone decides what is loaded; without a command, all are there for help', async () => {
  const namesFor = async (...argv: string[]): Promise<string[]> =>
    (await createProgram(describingContext, argv)).commands.map((command) => command.name());
  assert.deepEqual(await namesFor('healthcheck', '--admin', '127.0.0.1:1'), ['healthcheck']);
  const all = program.commands.map((command) => command.name());
  for (const argv of [[], ['--help'], ['help', 'node'], ['chekc']]) assert.deepEqual(await namesFor(...argv), all);
});
