/** What `apply` may remove: nothing while a document of the registry is in error, since it may be that of any app. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { CommandContext } from '../../../src/cli/command-context.js';
import { placementOf } from '../../../src/cli/placement/planned.js';
import { temporaryFolder } from '../../support/at-end.js';
import { runCliHere } from '../../support/node/run-cli-here.js';

const SHOP = 'name: shop\npods: [alpha]\nimage: shop:1\nprotocol: http\nnative_port: 8080\nhealth: {path: /up}\n';

test('services of apps that are gone are removed, but not beside a document in error', async (context) => {
  const registry = temporaryFolder(context, 'apps');
  const placed = () => placementOf([], { registry }, { env: {} } as CommandContext);
  writeFileSync(path.join(registry, 'shop.yml'), SHOP);
  assert.equal((await placed()).isLookedAt('gone'), true);
  for (const text of ['name: [', 'name: bank\npods: alpha\n']) {
    writeFileSync(path.join(registry, 'bank.yml'), text);
    const { services, refusals, isLookedAt } = await placed();
    assert.deepEqual([isLookedAt('bank'), isLookedAt('gone')], [false, false], text);
    assert.deepEqual(
      services.map(({ name }) => name),
      ['shop-alpha'],
    );
    assert.match(refusals.join(), /bank\.yml/);
    const plan = await runCliHere(['plan', '--format', 'json', '--registry', registry]);
    assert.match(plan.stderr, /bank\.yml/);
    assert.equal(plan.exitCode, 1, 'a green job would hide it');
  }
});

test('an app that is asked for beside a document that cannot be read may be in it: its place is named', async (context) => {
  const registry = temporaryFolder(context, 'apps');
  writeFileSync(path.join(registry, 'all.yml'), 'name: [');
  const { stderr, exitCode } = await runCliHere(['plan', 'shop', '--format', 'json', '--registry', registry]);
  assert.match(stderr, /no app shop, but a document that cannot be read: it may be that of shop\n {2}→ .*all\.yml:1:/);
  assert.equal(exitCode, 1);
  // Where one is meant for each file, its name says which.
  writeFileSync(path.join(registry, 'shop.yml'), '');
  const named = await runCliHere(['plan', 'shop', '--format', 'json', '--registry', registry]);
  assert.match(named.stderr, /the definition of shop is invalid\n {2}→ .*shop\.yml:1:1: error: this is empty/);
  assert.equal(named.exitCode, 1);
});

test('all that cannot be placed is named, the rest is planned, and nothing is removed beside it', async (context) => {
  const registry = temporaryFolder(context, 'apps');
  writeFileSync(path.join(registry, 'shop.yml'), SHOP);
  writeFileSync(path.join(registry, 'bank.yml'), SHOP.replace('shop', 'bank').replace('native_port: 8080\n', ''));
  const long = 'a'.repeat(60);
  writeFileSync(path.join(registry, 'long.yml'), SHOP.replace('shop', long));
  const wanted = await placementOf([], { registry }, { env: {} } as CommandContext);
  assert.deepEqual([wanted.services.map(({ name }) => name), wanted.isLookedAt('gone')], [['shop-alpha'], false]);
  assert.equal(wanted.refusals.length, 2);
  const compose = await runCliHere(['plan', '--format', 'compose', '--registry', registry]);
  assert.match(
    compose.stderr,
    /is too long for the name of a service\n {2}→ .*\n.*bank: it has no native_port\n {2}→ /,
  );
  assert.match(compose.stdout, /shop-alpha:/);
  assert.equal(compose.exitCode, 1);
  const named = await runCliHere(['plan', 'bank', long, 'shop', '--format', 'compose', '--registry', registry]);
  assert.match(named.stderr, /bank: it has no native_port\n(.|\n)*is too long for the name of a service/);
  assert.equal(named.stdout, '');
});

test('app put warns of what apply will refuse', async (context) => {
  const registry = temporaryFolder(context, 'apps');
  const file = path.join(temporaryFolder(context, 'files'), 'bank.yml');
  writeFileSync(file, SHOP.replace('native_port: 8080\n', ''));
  const { exitCode, stderr } = await runCliHere(['app', 'put', file, '--registry', registry]);
  assert.match(stderr, /warning: apply will refuse shop: it has no native_port\n {2}→ /);
  assert.equal(exitCode, 0);
});

test('a named app that the registry lacks may be gone; a name in a document that cannot be read is not', async (context) => {
  const registry = temporaryFolder(context, 'apps');
  writeFileSync(path.join(registry, 'shop.yml'), SHOP);
  const placed = (name: string) => placementOf([name], { registry }, { env: {} } as CommandContext);
  const { gone, isLookedAt, services } = await placed('bank');
  assert.deepEqual([[...gone.keys()], isLookedAt('bank'), isLookedAt('shop'), services], [['bank'], true, false, []]);
  writeFileSync(path.join(registry, 'other.yml'), 'name: [');
  await assert.rejects(placed('bank'), /has no app bank/);
});

test('of two forms of output one is chosen', async (context) => {
  const registry = temporaryFolder(context, 'apps');
  for (const words of [
    ['plan', '--json', '--format', 'compose'],
    ['rollout', 'history', 'shop', '--show', '1', '--json'],
  ]) {
    const { exitCode, stderr } = await runCliHere([...words, '--registry', registry]);
    assert.equal(exitCode, 64, words.join(' '));
    assert.match(stderr, /cannot be used with option '--json'/);
  }
});

test('what many apps lack is said once, with the first of them', async (context) => {
  const registry = temporaryFolder(context, 'apps');
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    writeFileSync(path.join(registry, `${name}.yml`), SHOP.replace('shop', name).replace('health: {path: /up}\n', ''));
  const { warnings } = await placementOf([], { registry }, { env: {} } as CommandContext);
  assert.equal(warnings.length, 1);
  assert.match(warnings.join(), /^a, b, c, d, e and 2 more: without a HEALTHCHECK/);
});
