/** What everybody types wrong some day: unknown commands, unknown options, no command at all. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Command, CommanderError } from 'commander';
import { CommandFailure, EXIT_CODES } from '../../src/cli/exit-codes.js';
import { createProgram } from '../../src/cli/program.js';
import { runCli } from '../support/node/run-cli.js';
import { runCliHere } from '../support/node/run-cli-here.js';
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

/** Without a process of its own. @returns the exit code and what was said */
async function refusalOf(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const said: string[] = [];
  const terminal = { ...describingContext.terminal, warn: (line: string) => void said.push(line) };
  try {
    await (await createProgram({ ...describingContext, terminal, env }, words)).parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommandFailure) return `${error.exitCode} ${error.message} ${error.hint}`;
    if (error instanceof CommanderError) return `${EXIT_CODES.usage} ${said.join('\n')}`;
    throw error;
  }
  return assert.fail(`${words.join(' ')} was not refused`);
}

test('a time without a unit is refused by commands, with what to write', async () => {
  const alloc = ['slot', 'alloc', 'shop', '--consul', 'http://127.0.0.1:1'];
  for (const [words, env] of [
    [['status', '--watch', '2'], {}],
    [['drain', 'shop', '--wait', '2'], {}],
    [['maint', 'shop', '--wait', '2'], {}],
    [['demo', '--duration', '2'], {}],
    [['edge', 'run', '--site', '/nowhere', '--lame-duck', '2'], {}],
    [['edge', 'run', '--site', '/nowhere', '--drain-timeout', '2'], {}],
    [[...alloc, '--quarantine', '2'], {}],
    [alloc, { AUTOPROXY_QUARANTINE: '2' }],
  ] as const) {
    assert.match(await refusalOf(words, env), /^64 .*it has no unit: write 2s or 2ms\./s);
  }
});

test('a watch without a pause is refused, with what to write', async () => {
  for (const time of ['0s', '0ms', '99ms'])
    assert.match(await refusalOf(['status', '--watch', time]), /^64 .*'--watch \[TIME\]'.* write 100ms or more\./s);
});

test('a required option that is missing ends with 64; a misspelt one is named as it was written', async () => {
  for (const [words, flag, misspelt] of [
    [['app', 'import', '/nowhere', '--registry', '/nowhere'], '--pod', '--pods'],
    [['edge', 'render', '--registry', '/nowhere', '--site', '/nowhere'], '--out', '--outt'],
  ] as const) {
    assert.match(
      await refusalOf(words),
      new RegExp(`^64 error: required option '${flag} <.+>' not specified\nRun "autoproxy `),
    );
    assert.match(
      await refusalOf([...words, misspelt, 'x']),
      new RegExp(`^64 error: unknown option '${misspelt}'\n\\(Did you mean ${flag}\\?\\)`),
    );
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
    const { exitCode, stdout, stderr } = await runCliHere([...words, '--help']);
    assert.deepEqual([exitCode, stderr], [0, '']);
    // Times have a unit.
    assert.doesNotMatch(stdout, /default: \d{4,}\)/);
    // What nobody could write is no default.
    assert.doesNotMatch(stdout, /default: (\[|\{|""|null|undefined)/);
    assert.match(stdout, /Examples?:\n {2}(eval "\$\()?autoproxy /);
  });
}

test('the first word alone decides what is loaded; without a command, all are there for help', async () => {
  const namesFor = async (...argv: string[]): Promise<string[]> =>
    (await createProgram(describingContext, argv)).commands.map((command) => command.name());
  assert.deepEqual(await namesFor('healthcheck', '--admin', '127.0.0.1:1'), ['healthcheck']);
  for (const word of ['--version', '-V']) assert.deepEqual(await namesFor(word), []);
  const all = program.commands.map((command) => command.name());
  for (const argv of [[], ['--help'], ['help', 'node'], ['chekc']]) assert.deepEqual(await namesFor(...argv), all);
});

test('a node that runs loads none of the commands below it', async () => {
  const below = async (...words: string[]): Promise<string[]> => {
    const [node] = (await createProgram(describingContext, ['node', ...words])).commands;
    return (node?.commands ?? []).map((command) => command.name());
  };
  for (const words of [[], ['--pod', 'alpha'], ['--docker', 'unix:///run/docker.sock']])
    assert.deepEqual(await below(...words), []);
  for (const words of [['--help'], ['--pod', 'alpha', '-h'], ['drain'], ['ready', 'n1'], ['drian']])
    assert.deepEqual(await below(...words), ['drain', 'ready']);
});
