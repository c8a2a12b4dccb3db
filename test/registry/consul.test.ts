/** What only Consul can do to a registry: tokens without rights, documents of others, no answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConsulRegistry } from '../../src/registry/consul.js';
import { putApp } from '../../src/registry/put-app.js';
import { RegistryFailure } from '../../src/registry/registry.js';
import { atEnd } from '../support/at-end.js';
import { startConsulFor } from '../support/consul/consul.js';
import { putOptions, smallApp } from './put-options.js';
import { consulSettings } from './registries.js';

const MASTER = '11111111-2222-3333-4444-555555555555';
const ACL = `acl { enabled = true  default_policy = "deny"  tokens { master = "${MASTER}" } }`;

test('a token without a right is told which right', async (context) => {
  const agent = await startConsulFor(context, { config: ACL, token: MASTER });
  await agent.put('/v1/acl/policy', { Name: 'reader', Rules: 'key_prefix "autoproxy/" { policy = "read" }' });
  const token = async (policies: readonly string[]): Promise<string> => {
    const body = { Policies: policies.map((Name) => ({ Name })) };
    return (JSON.parse(await agent.put('/v1/acl/token', body)) as { readonly SecretID: string }).SecretID;
  };
  const open = (secret: string | null): ConsulRegistry => {
    const registry = new ConsulRegistry(consulSettings(agent.url, secret));
    atEnd(context, () => registry.close());
    return registry;
  };
  await putApp(open(MASTER), smallApp('shop'), putOptions());

  const reader = open(await token(['reader']));
  assert.equal((await reader.list()).apps.length, 1);
  const write = /lacks the right key_prefix "autoproxy\/" \{ policy = "write" \}/;
  await assert.rejects(
    reader.slots.claim(20_000, 'till', null),
    (error) =>
      error instanceof RegistryFailure &&
      write.test(error.message) &&
      /autoproxy\/slots\/20000 and autoproxy\/freed\/20000/.test(error.message),
  );
  await assert.rejects(putApp(reader, smallApp('shop', 'image: a\n'), putOptions()), write);

  // Keys that may not be read are hidden: without a second look the registry would seem to be empty.
  const read = /lacks the right key_prefix "autoproxy\/.*" \{ policy = "read" \}/;
  for (const secret of [null, await token([])]) {
    await assert.rejects(open(secret).list(), read);
    await assert.rejects(open(secret).slots.list(), read);
  }
  await assert.rejects(open('99999999-2222-3333-4444-555555555555').list(), /does not know the token/);
});

test('documents that are none cost their own app, with key and place', async (context) => {
  const agent = await startConsulFor(context);
  const good = 'name: NAME\npods: [alpha]\nprotocol: http\n';
  const documents: Readonly<Record<string, string>> = {
    shop: good.replace('NAME', 'shop'),
    broken: 'name: [',
    other: good.replace('NAME', 'another'),
    two: `${good.replace('NAME', 'two')}---\n${good.replace('NAME', 'three')}`,
    typo: good.replace('NAME', 'typo').replace('http', '80'),
    empty: '',
    noise: '\x01\xff[{'.repeat(100_000),
    consul: good.replace('NAME', 'consul'),
    'a/b': good.replace('NAME', 'b'),
    'a/': '',
  };
  for (const [name, text] of Object.entries(documents)) await agent.put(`/v1/kv/autoproxy/apps/${name}`, text);
  const registry = new ConsulRegistry(consulSettings(agent.url));
  atEnd(context, () => registry.close());
  const { apps, refused, problems } = await registry.list();
  assert.deepEqual(
    apps.map(({ definition }) => definition.name),
    ['shop'],
  );
  assert.deepEqual(refused.toSorted(), ['broken', 'consul', 'empty', 'noise', 'other', 'two', 'typo']);
  assert.equal(problems.find(({ file }) => file.endsWith('a/'))?.message, undefined);
  assert.match(problems.find(({ file }) => file.endsWith('a/b'))?.hint ?? '', /autoproxy\/apps\/b,/);
  for (const name of refused)
    assert.ok(
      problems.some(({ file }) => file === `autoproxy/apps/${name}`),
      name,
    );
  const typo = problems.find(({ app }) => app === 'typo');
  assert.deepEqual([typo?.line, typo?.col], [3, 11]);
  await assert.rejects(
    putApp(registry, smallApp('typo'), putOptions()),
    (error) =>
      error instanceof RegistryFailure &&
      /its present definition in the registry is invalid/.test(error.message) &&
      /autoproxy\/apps\/typo:3:11: error/.test(error.hint ?? ''),
  );
});

test('more than Consul holds in one value is said before it is sent', async (context) => {
  const agent = await startConsulFor(context);
  const registry = new ConsulRegistry(consulSettings(agent.url));
  atEnd(context, () => registry.close());
  await assert.rejects(registry.put('shop', 'x'.repeat(600_000), null, null), /at most 524288 bytes/);
});

test('what answers and is not Consul is named', async (context) => {
  const agent = await startConsulFor(context);
  const registry = new ConsulRegistry(consulSettings(`${agent.url}/ui`));
  atEnd(context, () => registry.close());
  await assert.rejects(registry.list(), RegistryFailure);
});
