/** `autoproxy rollout history` and `undo` over both registries, without a manager. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { numbersFrom } from '../../../src/cli/rollout/versions.js';
import { parseAppDefinitions } from '../../../src/documents/app-definition-document.js';
import { engineSpec, templateOf } from '../../../src/placement/engine-spec.js';
import { wantedServices } from '../../../src/placement/wanted-services.js';
import { REGISTRY_KINDS } from '../../registry/registries.js';
import { temporaryFolder } from '../../support/at-end.js';
import type { CliResult } from '../../support/node/run-cli.js';
import { runCliHere } from '../../support/node/run-cli-here.js';

const shop = (image: string, more = ''): string => `name: shop # the till
pods: [alpha]
protocol: http
native_port: 8080
image: ${image}
${more}`;

interface Commands {
  run(...words: readonly string[]): Promise<CliResult>;
  put(text: string, ...words: readonly string[]): Promise<void>;
}

function commands(context: TestContext, place: readonly string[]): Commands {
  const folder = temporaryFolder(context, 'definitions');
  const run = (...words: readonly string[]): Promise<CliResult> =>
    runCliHere([...words, ...place], { SUDO_USER: 'ops' });
  return {
    run,
    async put(text, ...words) {
      const file = path.join(folder, 'shop.yml');
      writeFileSync(file, text);
      const { exitCode, stderr } = await run('app', 'put', file, ...words);
      assert.equal(exitCode, 0, stderr);
    },
  };
}

for (const kind of REGISTRY_KINDS) {
  test(`${kind.name}: the versions of an app, and the way back`, async (context) => {
    const { run, put } = commands(context, (await kind.prepare(context)).arguments);
    await put(shop('shop:1', 'slot: 21034\n'));
    await put(shop('shop:2', 'env: {LEVEL: secret-1}\n'));
    const history = await run('rollout', 'history', 'shop');
    assert.deepEqual([history.exitCode, history.stderr], [0, '']);
    const lines = history.stdout.split('\n').map((line) => line.trim().replace(/ +/g, ' '));
    assert.equal(lines[0], 'VERSION WRITTEN BY WHAT IMAGE CHANGED');
    assert.match(lines[1] ?? '', /^1 20\S+Z ops@\S+ put shop:1 -$/);
    assert.match(lines[2] ?? '', /^\* 2 20\S+Z ops@\S+ put shop:2 image, env\.LEVEL$/);
    assert.doesNotMatch(history.stdout, /secret-1/, 'values of the environment stay out of lists');

    const first = await run('rollout', 'history', 'shop', '--show', '1');
    assert.match(first.stdout, /^name: shop # the till\n[\s\S]*image: shop:1\nslot: 21034\n$/);
    const missing = await run('rollout', 'history', 'shop', '--show', '7');
    assert.equal(missing.exitCode, 1);
    assert.match(missing.stderr, /shop: version 7 is not kept\n {2}→ these versions are kept: 1, 2\n/);

    const plan = await run('rollout', 'undo', 'shop', '--no-apply', '--dry-run');
    assert.equal(plan.exitCode, 2);
    assert.match(
      plan.stdout,
      /^shop: version 1 would be written again \(put by ops@\S+ at \S+Z\)\nshop: would be changed, on slot 21034\n {2}~ image: shop:2 → shop:1\n {2}- env\.LEVEL\n$/,
    );
    const planned = JSON.parse((await run('rollout', 'undo', 'shop', '--no-apply', '--dry-run', '--json')).stdout);
    const { at, author, ...restored } = planned.restored;
    assert.deepEqual([planned.isDryRun, restored], [true, { version: 1, act: 'put' }]);
    assert.match(`${author} ${at}`, /^ops@\S+ 20\S+Z$/);
    assert.deepEqual(
      planned.apps.map(({ app, kind, slot }: Record<string, unknown>) => [app, kind, slot]),
      [['shop', 'changed', 21_034]],
    );
    const undone = await run('rollout', 'undo', 'shop', '--no-apply');
    assert.deepEqual([undone.exitCode, undone.stderr], [0, '']);
    assert.match((await run('app', 'get', 'shop')).stdout, /^name: shop # the till\n[\s\S]*image: shop:1\n/);
    assert.equal((await run('rollout', 'undo', 'shop', '--no-apply', '--to', '2')).exitCode, 0);
    assert.match((await run('app', 'get', 'shop')).stdout, /image: shop:2\n/);
    const { versions } = JSON.parse((await run('rollout', 'history', 'shop', '--json')).stdout);
    assert.deepEqual(
      (versions as readonly { version: number; act: string; isCurrent: boolean }[]).map(
        ({ version, act, isCurrent }) => `${version} ${act} ${isCurrent}`,
      ),
      ['1 put false', '2 put false', '3 undo false', '4 undo true'],
    );
  });

  test(`${kind.name}: an undo keeps the slot of now, and brings an app back that was removed`, async (context) => {
    const { run, put } = commands(context, (await kind.prepare(context)).arguments);
    await put(shop('shop:1', 'slot: 21034\n'));
    await put(shop('shop:2', 'slot: 21040\n'), '--move-slot');
    const undone = await run('rollout', 'undo', 'shop', '--no-apply');
    assert.match(undone.stdout, /^shop: changed, on slot 21040\n/);
    assert.equal((await run('app', 'rm', 'shop')).exitCode, 0);
    const back = await run('rollout', 'undo', 'shop', '--no-apply');
    assert.equal(back.exitCode, 0, back.stderr);
    assert.match(back.stdout, /^shop: created, on slot 21040\n/);
    assert.match((await run('app', 'get', 'shop')).stdout, /image: shop:1\n/);
  });
}

test('what cannot be undone is said', async (context) => {
  const folder = temporaryFolder(context, 'registry');
  const { run, put } = commands(context, ['--registry', folder]);
  await put(shop('shop:1'));
  const only = await run('rollout', 'undo', 'shop', '--no-apply');
  assert.equal(only.exitCode, 1);
  assert.match(
    only.stderr,
    /shop: no version before this one is kept\n {2}→ autoproxy rollout history shop lists all that are kept; --to N writes one of them again\n/,
  );
  const wrong = await run('rollout', 'undo', 'shop', '--to', 'first');
  assert.equal(wrong.exitCode, 64);
  assert.match(wrong.stderr, /write the number of a version, such as 12/);
  for (const word of ['history', 'undo', 'status']) {
    const unknown = await run('rollout', word, 'shap');
    assert.equal(unknown.exitCode, 1);
    assert.match(unknown.stderr, /has no app shap\n {2}→ did you mean shop\?/);
  }
  // A version of an older program, or one that somebody has edited.
  const text = '# autoproxy: put 2026-01-01T12:00:00.000Z ops@host-1\nname: shop\npods: alpha\n';
  writeFileSync(path.join(folder, 'history/shop/0000000002.yml'), text);
  const unreadable = await run('rollout', 'undo', 'shop', '--no-apply');
  assert.match(unreadable.stderr, /shop: version 2 cannot be read any more\n {2}→ version 2 of shop:/);
  const removed = await run('app', 'rm', 'shop');
  assert.equal(removed.exitCode, 0, removed.stderr);
  const gone = await run('rollout', 'undo', 'shop', '--to', '4', '--no-apply');
  assert.match(gone.stderr, /shop: version 4 is its removal/);
  await put(shop('shop:2'));
  const anew = await run('rollout', 'undo', 'shop', '--no-apply');
  assert.match(anew.stderr, /shop: no version before this one since the app was put again\n {2}→ .*--to N writes one/);
});

test('a definition that somebody wrote by hand is not among the versions, and an undo goes back from it', async (context) => {
  const folder = temporaryFolder(context, 'registry');
  const { run, put } = commands(context, ['--registry', folder]);
  await put(shop('shop:1', 'slot: 21034\n'));
  writeFileSync(path.join(folder, 'shop.yml'), shop('shop:9', 'slot: 21034\n'));
  assert.match((await run('rollout', 'history', 'shop')).stdout, /the definition of now is not among these/);
  assert.equal((await run('rollout', 'undo', 'shop', '--no-apply')).exitCode, 0);
  const { versions } = JSON.parse((await run('rollout', 'history', 'shop', '--json')).stdout);
  assert.deepEqual(
    (versions as readonly { act: string; image: string }[]).map(({ act, image }) => `${act} ${image}`),
    ['put shop:1', 'found shop:9', 'undo shop:1'],
  );
});

test('of versions that make equal tasks, a task has the number of the one that was the newest at its time', () => {
  const text = shop('shop:1');
  const history = [1, 2, 3].map((number) => {
    return {
      number,
      act: 'put',
      at: number * 1_000,
      author: 'ops',
      text: number === 2 ? shop('shop:2') : text,
    } as const;
  });
  const [read] = parseAppDefinitions(text, 'shop', 'registry').apps;
  const wanted = wantedServices(read?.definition ?? assert.fail());
  assert.ok(wanted !== null && 'services' in wanted);
  const [service] = wanted.services;
  const template = templateOf(engineSpec(service ?? assert.fail()));
  const numberOf = numbersFrom(history);
  assert.equal(numberOf('shop-alpha', template), 3);
  assert.equal(numberOf('shop-alpha', template, 3_000), 3);
  assert.equal(numberOf('shop-alpha', template, 2_999), 1);
  assert.equal(numberOf('shop-alpha', template, 500), 1, 'the clock of the manager is behind');
});
