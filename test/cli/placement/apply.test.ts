/** How `autoproxy apply` ends where the engine says no in the middle, or nothing any more. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../../support/at-end.js';
import type { ScriptedEngine } from '../../support/docker/scripted-engine.js';
import { runCliHere } from '../../support/node/run-cli-here.js';
import { engineOf, SHOP } from './engine-of-one-service.js';

function apply(context: TestContext, engine: ScriptedEngine, text = SHOP) {
  return run(context, engine, ['apply', 'shop', '--timeout', '1s'], text);
}

function run(context: TestContext, engine: ScriptedEngine, words: readonly string[], text: string) {
  const registry = temporaryFolder(context, 'apps');
  writeFileSync(path.join(registry, 'shop.yml'), text);
  return runCliHere([...words, '--registry', registry, '--docker', engine.url, '--no-image-check']);
}

test('what ends an apply after its begin says how it goes on', async (context) => {
  const engine = await engineOf(context);
  engine.answers.set('/services/id/update', () => ({ status: 403, body: '{"message": "not today"}' }));
  const { exitCode, stderr } = await apply(context, engine);
  assert.match(stderr, /refuses the update of service shop-alpha \(not today\)/);
  assert.match(stderr, /→ what was begun goes on; autoproxy apply waits for it, and makes the rest/);
  assert.equal(exitCode, 1);
});

test('a rollout whose claim was taken away while its process stood still changes nothing more', async (context) => {
  const engine = await engineOf(context);
  const now = new Date().toISOString();
  const own = {
    ...{ ID: 'own', Version: { Index: 1 }, CreatedAt: now, UpdatedAt: now },
    Spec: { Name: 'autoproxy-apply-1', Labels: { 'com.autoproxy.apply': 'shop' } },
  };
  let lists = 0;
  engine.answers.set('/configs/create', () => ({ status: 201, body: '{"ID": "own"}' }));
  engine.answers.set('/configs', () => {
    lists += 1;
    return { body: JSON.stringify(lists === 1 ? [own] : []) };
  });
  engine.answers.set('/configs/own', () => ({ status: 404, body: '{}' }));
  engine.answers.set('/info', () => ({ body: JSON.stringify({ SystemTime: now }) }));
  const { exitCode, stderr } = await apply(context, engine);
  assert.match(stderr, /this rollout stood still for over 20 s, and another one has begun since/);
  assert.match(stderr, /→ the rest was not begun; autoproxy plan shows what is left to do/);
  assert.equal(exitCode, 1);
  assert.ok(!engine.requests.some((request) => request.includes('/services/id/update')));
});

test('app put --apply --json says what was written, also when the rollout does not come to its end', async (context) => {
  const engine = await engineOf(context);
  engine.answers.set('/services/id/update', () => ({ body: '{}' }));
  const file = path.join(temporaryFolder(context, 'file'), 'shop.yml');
  writeFileSync(file, SHOP.replace('shop:2', 'shop:3'));
  const { exitCode, stdout } = await run(
    context,
    engine,
    ['app', 'put', file, '--apply', '--json', '--no-node-check'],
    SHOP,
  );
  assert.equal(exitCode, 1, 'the service did not become what was asked for');
  assert.deepEqual(
    JSON.parse(stdout).apps.map(({ app, kind }: { app: string; kind: string }) => [app, kind]),
    [['shop', 'changed']],
  );
});

test('an engine that falls silent after the begin is waited for until --timeout, and the exit code is that of a deadline', async (context) => {
  const engine = await engineOf(context);
  engine.answers.set('/services/id/update', () => {
    engine.answers.set('/services', () => 'broken');
    return { body: '{}' };
  });
  const { exitCode, stderr } = await apply(context, engine);
  assert.match(stderr, /asked again until the end of --timeout: .*broke the connection off/);
  assert.match(stderr, /shop-alpha: it is not done in time, and goes on: .*broke the connection off/);
  assert.equal(exitCode, 3);
});

test('a worker names the machines of its Swarm that are asked instead, without the port of Swarm', async (context) => {
  const engine = await engineOf(context);
  const message = "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state.";
  engine.answers.set('/services', () => ({ status: 503, body: JSON.stringify({ message }) }));
  const body = JSON.stringify({ Swarm: { RemoteManagers: [{ Addr: '10.91.0.11:2377' }] } });
  engine.answers.set('/info', () => ({ body }));
  const { exitCode, stderr } = await apply(context, engine);
  assert.match(stderr, /with --docker or DOCKER_HOST; its managers are on 10\.91\.0\.11$/m);
  assert.equal(exitCode, 1);
});

test('plan and apply warn of a spread over a label that no node of the pod has', async (context) => {
  const text = `${SHOP}placement: {spread: nosuchlabel}\n`;
  const engine = await engineOf(context);
  engine.answers.set('/services/id/update', () => ({ status: 403, body: '{}' }));
  const words =
    /^autoproxy: shop: placement\.spread: nosuchlabel keeps no instances apart in the pod alpha: no node there/m;
  const plan = await run(context, engine, ['plan', 'shop'], text);
  assert.match(plan.stderr, words);
  assert.equal(plan.exitCode, 2);
  const document = await run(context, engine, ['plan', 'shop', '--json'], text);
  assert.equal(document.stderr, '', 'programs read one document');
  assert.equal(JSON.parse(document.stdout).warnings.length, 1);
  assert.match((await apply(context, engine, text)).stderr, words);
});

test('a dry run of an undo says what the Swarm lacks for it', async (context) => {
  const engine = await engineOf(context);
  const registry = temporaryFolder(context, 'apps');
  const at = ['--registry', registry];
  const file = path.join(temporaryFolder(context, 'file'), 'shop.yml');
  for (const text of [`${SHOP}env: {KEY: {from: "file:/run/secrets/gone"}}\n`, SHOP]) {
    writeFileSync(file, text);
    assert.equal((await runCliHere(['app', 'put', file, ...at])).exitCode, 0);
  }
  const undo = ['rollout', 'undo', 'shop', '--dry-run', ...at, '--docker', engine.url, '--no-image-check'];
  const { exitCode, stdout, stderr } = await runCliHere(undo);
  assert.match(stdout, /^shop: version 1 would be written again/);
  assert.match(stderr, /reads the secret gone, which Swarm does not have/);
  assert.equal(exitCode, 1);
  const document = JSON.parse((await runCliHere([...undo, '--json'])).stdout);
  assert.deepEqual([document.restored.version, document.isDryRun], [1, true]);
  assert.equal(
    JSON.parse((await runCliHere(['rollout', 'history', 'shop', '--json', ...at])).stdout).versions.length,
    2,
  );
});
