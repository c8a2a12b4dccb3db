/** An apply whose reader or terminal goes away: it goes on, or ends as by Ctrl-C, and never as a success that it was not. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { atEnd, temporaryFolder } from '../../support/at-end.js';
import { eventually } from '../../support/eventually.js';
import { CLI_ENTRY } from '../../support/node/run-cli.js';
import { runCliHere } from '../../support/node/run-cli-here.js';
import { engineOf, SERVICE, SHOP } from './engine-of-one-service.js';

/** `autoproxy apply shop` beside an engine that answers the update when the test says so. */
async function startApply(context: TestContext) {
  const engine = await engineOf(context);
  let answer = (): void => {};
  const after = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let isAsked = false;
  const registry = temporaryFolder(context, 'apps');
  writeFileSync(path.join(registry, 'shop.yml'), SHOP);
  const { stdout } = await runCliHere(['plan', 'shop', '--format', 'json', '--registry', registry]);
  const [wanted] = JSON.parse(stdout) as readonly object[];
  const updated = { ...SERVICE, Version: { Index: 2 }, Spec: wanted, UpdateStatus: { State: 'updating' } };
  engine.answers.set('/services/id/update', () => {
    isAsked = true;
    engine.answers.set('/services', () => ({ body: JSON.stringify([updated]) }));
    return { body: '{}', after };
  });
  const now = new Date().toISOString();
  const Spec = { Name: 'autoproxy-apply-1', Labels: { 'com.autoproxy.apply': 'shop' } };
  const own = { ID: 'own', Version: { Index: 1 }, CreatedAt: now, UpdatedAt: now, Spec };
  engine.answers.set('/configs/create', () => ({ status: 201, body: '{"ID": "own"}' }));
  engine.answers.set('/configs', () => ({ body: JSON.stringify([own]) }));
  engine.answers.set('/configs/own', () => ({ status: 204, body: '' }));
  engine.answers.set('/info', () => ({ body: JSON.stringify({ SystemTime: now }) }));
  const words = [
    'apply',
    'shop',
    '--timeout',
    '2s',
    '--registry',
    registry,
    '--docker',
    engine.url,
    '--no-image-check',
  ];
  const child = spawn(process.execPath, [CLI_ENTRY, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  atEnd(context, () => child.kill('SIGKILL'));
  const said = { stderr: '' };
  child.stderr.on('data', (text: Buffer) => {
    said.stderr += text.toString();
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  await eventually('the update is asked for', () => isAsked);
  const hasReleased = (): boolean => engine.requests.some((request) => /^DELETE \S*\/configs\/own$/.test(request));
  return { child, said, ended, answer, hasReleased };
}

test('`apply | head -1` goes on without its reader, and ends with its own exit code', async (context) => {
  const { child, ended, answer, hasReleased } = await startApply(context);
  child.stdout.destroy();
  answer();
  assert.equal(await ended, 3, 'no task ran in time');
  assert.ok(hasReleased());
});

test('a terminal that is closed ends it as Ctrl-C does', async (context) => {
  const { child, said, ended, hasReleased } = await startApply(context);
  child.kill('SIGHUP');
  assert.equal(await ended, 1);
  assert.match(said.stderr, /interrupted: what was begun goes on/);
  assert.ok(hasReleased());
});
