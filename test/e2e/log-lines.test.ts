/** The log of a real node and its workers: text on a terminal, JSON elsewhere, and either where it is asked for. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { atEnd, type Ending } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { spawnBound } from '../support/machine/bound-process.js';
import { findPlace, type NodePlace } from '../support/node/node-process.js';
import { CLI_ENTRY, runCli } from '../support/node/run-cli.js';
import { appText, writeAtomically } from '../support/node/services-directory.js';

const TEXT_LINE = /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info |warn |error) (primary|worker 0): [^\p{Cc}]+$/u;

interface Started {
  readonly child: ChildProcess;
  /** All that it said so far. */
  said(): string;
}

async function start(
  context: Ending,
  place: NodePlace,
  more: readonly string[],
  isTerminal: boolean,
): Promise<Started> {
  const { root, host, slot, admin } = place;
  await writeAtomically(path.join(root, 'shop.yml'), appText('shop', slot, []));
  const node = [process.execPath, CLI_ENTRY, 'node', '--services-dir', root, '--state-dir', path.join(root, 'state')];
  const command = [...node, '--bind', host, '--admin', admin, '--workers', '1', '--lame-duck', '0s', ...more];
  // `script` runs it on a terminal of its own, and shows what stands there.
  const started = isTerminal ? ['script', '-qefc', `exec ${command.join(' ')}`, '/dev/null'] : command;
  const child = spawnBound(started, { env: { PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  atEnd(context, () => child.kill('SIGKILL'));
  await eventually('the node is ready', () => said.includes('ready') && said.includes('slots'));
  // HTTP/2 with prior knowledge: the worker says who sent it.
  const client = connect(slot, host, () => client.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'));
  atEnd(context, () => client.destroy());
  await eventually('the worker says something', () => said.includes('worker 0')).catch((error: Error) => {
    throw new Error(`${error.message}; said was:\n${said}`);
  });
  const { pid } = (await (await fetch(`http://${admin}/state`)).json()) as { readonly pid: number };
  process.kill(pid, 'SIGTERM');
  await new Promise((resolve) => child.once('close', resolve));
  return { child, said: () => said };
}

for (const [where, flags, isTerminal] of [
  ['on a terminal', [], true],
  ['where it is asked for', ['--log-format', 'text'], false],
] as const)
  test(`the node and its workers log text ${where}`, async (context) => {
    const place = await findPlace(context);
    const { said } = await start(context, place, flags, isTerminal);
    const lines = said().trimEnd().split(/\r?\n/);
    for (const line of lines) assert.match(line, TEXT_LINE);
    assert.ok(
      lines.some((line) => line.includes(` info  primary: ready bind=${place.host} own=${place.host} slots={"shop":`)),
      said(),
    );
    assert.ok(
      lines.some((line) => line.includes(' warn  worker 0: ')),
      said(),
    );
  });

for (const [where, flags, isTerminal] of [
  ['without a terminal', [], false],
  ['on a terminal where it is asked for', ['--log-format', 'json'], true],
] as const)
  test(`the node and its workers log JSON ${where}`, async (context) => {
    const { said } = await start(context, await findPlace(context), flags, isTerminal);
    const lines = said()
      .trimEnd()
      .split(/\r?\n/)
      .map((line) => JSON.parse(line));
    for (const { time, level } of lines) {
      assert.equal(new Date(time).toISOString(), time);
      assert.match(level, /^(info|warn)$/);
    }
    assert.deepEqual([...new Set(lines.map(({ name }) => name))], ['primary', 'worker 0']);
  });

test('another format is refused by every program that logs, from a flag and from the environment', async () => {
  for (const words of [['node'], ['demo'], ['edge', 'run', '--site', '/nowhere/edge.yml', '--registry', '/nowhere']]) {
    const flag = await runCli([...words, '--log-format', 'xml']);
    assert.equal(flag.exitCode, 64);
    assert.match(flag.stderr, /--log-format: error: "xml" is not one of text, json/);
    const variable = await runCli(words, { AUTOPROXY_LOG_FORMAT: 'jsn' });
    assert.match(
      variable.stderr,
      /AUTOPROXY_LOG_FORMAT: error: "jsn" is not one of text, json \(did you mean "json"\?\)/,
    );
    assert.notEqual(variable.exitCode, 0);
  }
});
