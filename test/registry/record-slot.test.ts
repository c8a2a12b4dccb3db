/** Slots by themselves: recorded for what stands outside the definitions, and freed by a person. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { DirectoryRegistry } from '../../src/registry/directory.js';
import { putApp } from '../../src/registry/put-app.js';
import { freeSlot, recordSlot } from '../../src/registry/record-slot.js';
import { RegistryFailure } from '../../src/registry/registry.js';
import { temporaryFolder } from '../support/at-end.js';
import { NOON, putOptions, smallApp } from './put-options.js';

function failsWith(message: string, hint: string) {
  return (error: unknown) => {
    assert.ok(error instanceof RegistryFailure);
    assert.deepEqual([error.message, error.hint], [message, hint]);
    return true;
  };
}

test(`a slot is recorded once, however often it is asked for, and only one`, async (context) => {
  const registry = new DirectoryRegistry(temporaryFolder(context, 'registry'));
  assert.equal(await recordSlot(registry, 'shop', 21_034, putOptions()), 21_034);
  assert.equal(await recordSlot(registry, 'shop', 21_034, putOptions()), 21_034);
  assert.equal(await recordSlot(registry, 'shop', null, putOptions()), 21_034);
  await assert.rejects(
    recordSlot(registry, 'shop', 21_040, putOptions()),
    failsWith('shop: its slot is 21034; 21040 was asked for', 'leave the port out to keep its slot'),
  );
  const given = await recordSlot(registry, 'till', null, putOptions());
  assert.ok(given >= 10_000 && given % 2 === 0 && given !== 21_034, String(given));
  assert.deepEqual((await registry.slots.list()).slots.length, 2);
});

test(`a slot that an app uses is recorded where it is, also where kernels take ports from`, async (context) => {
  const registry = new DirectoryRegistry(temporaryFolder(context, 'registry'));
  await registry.put('shop', smallApp('shop', 'slot: 40000\n').text, null, null);
  assert.equal(await recordSlot(registry, 'shop', null, putOptions()), 40_000);
  await assert.rejects(
    recordSlot(registry, 'till', 40_004, putOptions()),
    failsWith('till: slot 40004 is a port that kernels give to outgoing connections', 'leave the slot out to get one'),
  );
});

test('a slot that another app uses without a record is not given away, nor are its neighbors', async (context) => {
  const registry = new DirectoryRegistry(temporaryFolder(context, 'registry'));
  await registry.put('shop', smallApp('shop', 'slot: 21034\n').text, null, null);
  for (const [port, why] of [
    [21_033, 'overlaps slot 21034 of shop'],
    [21_034, 'belongs to shop'],
    [21_035, 'overlaps slot 21034 of shop'],
  ] as const) {
    await assert.rejects(
      recordSlot(registry, 'till', port, putOptions()),
      failsWith(`till: slot ${port} ${why}`, 'leave the slot out to get one'),
    );
  }
  assert.equal(await recordSlot(registry, 'till', 21_036, putOptions()), 21_036);
});

test(`a slot is freed into quarantine when no app uses it, or may`, async (context) => {
  const registry = new DirectoryRegistry(temporaryFolder(context, 'registry'));
  const { chances } = putOptions();
  await assert.rejects(
    freeSlot(registry, 21_034, chances),
    failsWith('slot 21034 is not taken', 'autoproxy slot ls lists the taken slots'),
  );
  await putApp(registry, smallApp('shop', 'slot: 21034\n'), putOptions());
  await assert.rejects(
    freeSlot(registry, 21_034, chances),
    failsWith('slot 21034 is in use by shop', 'remove the app: autoproxy app rm shop'),
  );
  await registry.slots.claim(21_040, 'shop', null);
  assert.equal(await freeSlot(registry, 21_040, chances), 'shop', 'it is one too many');
  assert.deepEqual(await registry.slots.list(), {
    slots: [{ port: 21_034, app: 'shop' }],
    freed: [{ port: 21_040, app: 'shop', freedAt: NOON }],
    problems: [],
  });
});

test('an app that got another slot in the meantime has that one alone', async (context) => {
  const registry = new DirectoryRegistry(temporaryFolder(context, 'registry'));
  const claim = registry.slots.claim.bind(registry.slots);
  context.mock.method(registry.slots, 'claim', async (...parameters: Parameters<typeof claim>) => {
    const isClaimed = await claim(...parameters);
    if (parameters[0] !== 21_040) await putApp(registry, smallApp('shop', 'slot: 21040\n'), putOptions());
    return isClaimed;
  });
  assert.equal(await recordSlot(registry, 'shop', null, putOptions()), 21_040);
  assert.deepEqual((await registry.slots.list()).slots, [{ port: 21_040, app: 'shop' }]);
});

test('a slot that is freed while others write: what its app has come to use stays, and the person is told', async (context) => {
  const registry = new DirectoryRegistry(temporaryFolder(context, 'registry'));
  const { chances } = putOptions();
  const list = registry.list.bind(registry);
  const told = failsWith('slot 21034 was changed by somebody else meanwhile', 'look again: autoproxy slot ls');
  const races: readonly (() => Promise<unknown>)[] = [
    () => registry.put('shop', smallApp('shop', 'slot: 21034\n').text, null, null),
    () => registry.slots.free(21_034, 'shop', NOON),
  ];
  for (const race of races) {
    await registry.slots.claim(21_034, 'shop', null);
    const looks = context.mock.method(registry, 'list', async () => {
      looks.mock.restore();
      const before = await list();
      await race();
      return before;
    });
    await assert.rejects(freeSlot(registry, 21_034, chances), told);
    const shop = await registry.get('shop');
    assert.equal(await registry.slots.get(21_034), shop === null ? null : 'shop');
    if (shop !== null) await registry.remove('shop', shop.version);
  }
});

test(`a slot that keeps changing is given up`, async (context) => {
  const registry = new DirectoryRegistry(temporaryFolder(context, 'registry'));
  let looks = 0;
  // Each time that the writer looks again, another one has recorded a slot for the app.
  context.mock.method(registry.slots, 'list', async () => {
    looks += 1;
    const slots = looks % 2 === 0 ? [{ port: 20_000 + looks, app: 'shop' }] : [];
    return { slots, freed: [], problems: [] };
  });
  await assert.rejects(
    recordSlot(registry, 'shop', 21_034, putOptions()),
    failsWith('shop: its slot kept changing', 'find out who else writes it, and try again'),
  );
  assert.equal(looks, 40);
  assert.equal(await registry.slots.get(21_034), null);
});

test('a slot of an app whose definition is invalid is not freed', async (context) => {
  const directory = temporaryFolder(context, 'registry');
  const registry = new DirectoryRegistry(directory);
  await registry.slots.claim(21_034, 'shop', null);
  writeFileSync(path.join(directory, 'shop.yml'), 'name: shop\npods: 3\n');
  await assert.rejects(freeSlot(registry, 21_034, putOptions().chances), (error) => {
    assert.ok(error instanceof RegistryFailure);
    assert.equal(error.message, 'slot 21034 belongs to shop, whose definition is invalid');
    assert.match(error.hint ?? '', /^fix that first: \/.*\/shop\.yml:2:7: error: /);
    return true;
  });
  await assert.rejects(putApp(registry, smallApp('shop'), putOptions()), (error) => {
    assert.ok(error instanceof RegistryFailure);
    assert.equal(error.message, 'shop: its present definition in the registry is invalid');
    assert.match(error.hint ?? '', /^fix or remove it first: \/.*\/shop\.yml:2:7: error: /);
    return true;
  });
});
