/** `-` in the place of a file: `check -`, `app put -` and `app import -` read what a pipe, a socket or a person gives them. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { MAX_DOCUMENT_BYTES } from '../../src/documents/service-document.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { CLI_ENTRY, type CliResult, runCli } from '../support/node/run-cli.js';

const SERVICES = 'shop:\n  protocol: http\n  translated_port: 21034\n  instances: ["172.17.0.2:8080"]\n';
const DEFINITION = 'name: shop\npods: [alpha]\nprotocol: http\nslot: 21034\n';

/** A command behind the pipe of `producer`, a line of shell. */
function behind(producer: string, args: readonly string[]): Promise<CliResult> {
  return runCli(args, {}, ['sh', '-c', `${producer} | "$@"`, 'sh']);
}

/** A file with this text. */
function fileWith(context: TestContext, text: string): string {
  const file = path.join(temporaryFolder(context, 'stdin'), 'text.yml');
  writeFileSync(file, text);
  return file;
}

test('check - reads a services file, and calls it <stdin>', async (context) => {
  const good = await behind(`cat ${fileWith(context, SERVICES)}`, ['check', '-']);
  assert.deepEqual(good, { exitCode: 0, stdout: '1 file, 1 app: 0 errors, 0 warnings\n', stderr: '' });
  const bad = await behind(`cat ${fileWith(context, SERVICES.replace('21034', '70000'))}`, ['check', '-', '--json']);
  const { files, problems } = JSON.parse(bad.stdout);
  assert.deepEqual([bad.exitCode, files, problems[0].file, problems[0].line], [1, ['<stdin>'], '<stdin>', 3]);
});

test('app put - and app import - write what they are given', async (context) => {
  const registry = temporaryFolder(context, 'registry');
  const put = await behind(`cat ${fileWith(context, DEFINITION)}`, ['app', 'put', '-', '--registry', registry]);
  assert.deepEqual([put.exitCode, put.stderr], [0, '']);
  assert.match(readFileSync(path.join(registry, 'shop.yml'), 'utf8'), /^name: shop$/m);
  const words = ['app', 'import', '-', '--pod', 'alpha', '--registry', registry];
  const services = SERVICES.replace('shop', 'mail').replace('21034', '21044');
  const imported = await behind(`cat ${fileWith(context, services)}`, words);
  assert.deepEqual([imported.exitCode, imported.stderr], [0, '']);
  assert.match(imported.stdout, /^mail: created, on slot 21044$/m);
});

test('mistakes in a definition stand with their place in <stdin>', async (context) => {
  const words = ['app', 'put', '-', '--registry', temporaryFolder(context, 'registry')];
  const { exitCode, stderr } = await behind(`cat ${fileWith(context, `${DEFINITION}nope: 1\n`)}`, words);
  assert.equal(exitCode, 1);
  assert.match(stderr, /^<stdin>:5:1: error: .*nope/);
});

test('an empty input is an error with a hint, since the program before the pipe may have failed', async (context) => {
  const failure = 'autoproxy: <stdin>: it is empty\n  → did the program before the pipe fail?\n';
  const put = ['app', 'put', '-', '--registry', temporaryFolder(context, 'registry')];
  for (const [producer, words] of [
    ['false', ['check', '-']],
    ['echo', ['check', '-']],
    ['true', put],
  ] as const)
    assert.deepEqual(await behind(producer, words), { exitCode: 1, stdout: '', stderr: failure });
  // Without a standard input there is nothing to read.
  const closed = await runCli(['check', '-'], {}, ['sh', '-c', 'exec "$@" <&-', 'sh']);
  assert.deepEqual(closed, { exitCode: 1, stdout: '', stderr: failure });
});

test('an input that does not end is refused behind the limit', async (context) => {
  const child = spawn(process.execPath, [CLI_ENTRY, 'check', '-'], { stdio: ['pipe', 'inherit', 'pipe'] });
  atEnd(context, () => void child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // It reads no more than it has to.
  child.stdin.on('error', () => {});
  child.stdin.write('x'.repeat(2 * MAX_DOCUMENT_BYTES));
  await eventually('it ends', () => child.exitCode !== null);
  assert.equal(
    stderr,
    `autoproxy: <stdin>: it has more than the ${MAX_DOCUMENT_BYTES} bytes that are read\n  → split it into several files\n`,
  );
});

test('it is read once', async (context) => {
  const words = ['app', 'put', '-', '-', '--registry', temporaryFolder(context, 'registry')];
  const { exitCode, stderr } = await behind('yes', words);
  assert.deepEqual([exitCode, stderr], [64, 'autoproxy: <stdin>: it can be read only once\n  → write - once\n']);
});

test('it may be a socket, as that of a program which ssh or Node starts', async (context) => {
  const child = spawn(process.execPath, [CLI_ENTRY, 'check', '-'], { stdio: ['pipe', 'pipe', 'inherit'] });
  atEnd(context, () => void child.kill('SIGKILL'));
  child.stdin.end(SERVICES);
  let stdout = '';
  for await (const text of child.stdout.setEncoding('utf8')) stdout += text;
  assert.equal(stdout, '1 file, 1 app: 0 errors, 0 warnings\n');
});

test('a person at a terminal is told how to end it', async (context) => {
  const command = `${process.execPath} ${CLI_ENTRY} check -`;
  const terminal = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  atEnd(context, () => void terminal.kill('SIGKILL'));
  let shown = '';
  for await (const text of terminal.stdout.setEncoding('utf8')) {
    if (!shown.includes('Ctrl-D') && `${shown}${text}`.includes('Ctrl-D')) terminal.stdin.write(`${SERVICES}\x04`);
    shown += text;
  }
  assert.match(shown, /reading <stdin>; Ctrl-D ends it/);
  assert.match(shown, /1 file, 1 app: 0 errors, 0 warnings/);
});
