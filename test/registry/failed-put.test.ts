/** A put that fails leaves no slot behind that it has claimed, whatever it was that failed. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { ConsulRegistry } from '../../src/registry/consul.js';
import { putApp, removeApp } from '../../src/registry/put-app.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { startConsulFor } from '../support/consul/consul.js';
import { onSmallDisk } from '../support/machine/small-disk.js';
import { runCli } from '../support/node/run-cli.js';
import { NOON, putOptions, smallApp } from './put-options.js';
import { consulSettings, REGISTRY_KINDS } from './registries.js';

const EMPTY = { slots: [], freed: [], problems: [] };

test('directory: a definition that cannot be written', async (context) => {
  const directory = temporaryFolder(context, 'registry');
  const definition = path.join(temporaryFolder(context, 'definition'), 'shop.yml');
  const { text } = smallApp('shop', `env: {LONG: ${'x'.repeat(30_000)}}\n`);
  await writeFile(definition, text);
  // Room for the record of the slot, and not for the entry of its history.
  const put = ['app', 'put', definition, '--registry', directory];
  const whatIsLeft = 'node=$1 cli=$2; shift 2; "$node" "$cli" "$@"; echo "$?"; find . -type f';
  const { stdout, stderr } = await runCli(put, {}, [
    ...onSmallDisk(directory, { kilobytes: 24 }),
    ...['sh', '-c', `cd "$0" && ${whatIsLeft}`, directory],
  ]);
  assert.match(stderr, /the registry \S+ is full: nothing was written to \S+history\/shop\n {2}→ make room/);
  assert.equal(stdout, '1\n', 'the command fails, and no file is there');
});

test('Consul: a definition that is larger than a value may be', async (context) => {
  const { url } = await startConsulFor(context);
  const registry = new ConsulRegistry(consulSettings(url));
  atEnd(context, () => registry.close());
  const names = Array.from({ length: 20 }, (_, index) => `  V${index}: ${'x'.repeat(30_000)}\n`);
  const large = smallApp('shop', `env:\n${names.join('')}`);
  await assert.rejects(putApp(registry, large, putOptions()), /at most 524288 bytes/);
  assert.deepEqual(await registry.slots.list(), EMPTY);
});

test('Consul: a token that may write slots and no apps', async (context) => {
  const master = '11111111-2222-3333-4444-555555555555';
  const config = `acl { enabled = true  default_policy = "deny"  tokens { master = "${master}" } }`;
  const agent = await startConsulFor(context, { config, token: master });
  const rules = ['slots', 'freed'].map((part) => `key_prefix "autoproxy/${part}/" { policy = "write" }`);
  const Rules = ['key_prefix "autoproxy/" { policy = "read" }', ...rules].join('\n');
  await agent.put('/v1/acl/policy', { Name: 'allocator', Rules });
  const token = JSON.parse(await agent.put('/v1/acl/token', { Policies: [{ Name: 'allocator' }] }));
  const registry = new ConsulRegistry(consulSettings(agent.url, token.SecretID));
  atEnd(context, () => registry.close());
  await assert.rejects(putApp(registry, smallApp('shop'), putOptions()), /lacks the right/);
  assert.deepEqual(await registry.slots.list(), EMPTY);
});

for (const kind of REGISTRY_KINDS) {
  test(`${kind.name}: what was in quarantine goes back into it`, async (context) => {
    const registry = (await kind.prepare(context)).open();
    const shop = smallApp('shop', 'slot: 21034\nedge: {routes: [{host: www.one.example}]}\n');
    await putApp(registry, shop, putOptions());
    await removeApp(registry, 'shop', { ...putOptions(), isDryRun: false });
    // Between the look at the routes and the writing of the app another one takes its route.
    const rival = smallApp('rival', 'slot: 21040\nedge: {routes: [{host: www.one.example}]}\n');
    const claim = registry.slots.claim.bind(registry.slots);
    context.mock.method(registry.slots, 'claim', async (port: number, app: string, freedAt: number | null) => {
      if (app === 'shop') await registry.put('rival', rival.text, null, null);
      return claim(port, app, freedAt);
    });
    const later = { random: () => 0, wallTime: () => NOON + 1_000 };
    await assert.rejects(putApp(registry, shop, putOptions({ chances: later })), /is a route of rival already/);
    const { slots, freed } = await registry.slots.list();
    assert.deepEqual([slots, freed], [[], [{ port: 21_034, app: 'shop', freedAt: NOON }]]);
  });

  test(`${kind.name}: a write that comes late uses no slot that was freed meanwhile`, async (context) => {
    const registry = (await kind.prepare(context)).open();
    const { text } = smallApp('shop', 'slot: 21034\n');
    assert.equal(await registry.put('shop', text, null, 21_034), false);
    await registry.slots.claim(21_034, 'till', null);
    assert.equal(await registry.put('shop', text, null, 21_034), false);
    assert.equal(await registry.get('shop'), null);
    await registry.slots.free(21_034, 'till', null);
    await registry.slots.claim(21_034, 'shop', null);
    assert.equal(await registry.put('shop', text, null, 21_034), true);
  });

  test(`${kind.name}: a claim holds against the quarantine that it has judged, and no other`, async (context) => {
    const { slots } = (await kind.prepare(context)).open();
    await slots.claim(21_034, 'shop', null);
    await slots.free(21_034, 'shop', NOON);
    // Judged before the slot was taken and freed.
    assert.equal(await slots.claim(21_034, 'till', null), false);
    assert.equal(await slots.claim(21_034, 'till', NOON - 1), false);
    assert.deepEqual((await slots.list()).freed, [{ port: 21_034, app: 'shop', freedAt: NOON }]);
    assert.equal(await slots.claim(21_034, 'till', NOON), true);
    assert.deepEqual((await slots.list()).freed, []);
  });

  test(`${kind.name}: who frees a slot at the same time as others takes none from its next owner`, async (context) => {
    const place = await kind.prepare(context);
    const [one, two, three] = [place.open().slots, place.open().slots, place.open().slots];
    for (let turn = 0; turn < 30; turn += 1) {
      assert.equal(await one.claim(20_000, 'shop', null), true);
      const frees = [one.free(20_000, 'shop', null), two.free(20_000, 'shop', null)];
      while (!(await three.claim(20_000, 'till', null))) await Promise.race(frees);
      assert.deepEqual((await Promise.all(frees)).toSorted(), [false, true]);
      assert.equal(await three.get(20_000), 'till');
      await three.free(20_000, 'till', null);
    }
  });
}
