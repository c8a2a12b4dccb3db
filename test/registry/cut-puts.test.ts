/** Puts that are in the way of others, or are cut short: what they say, and what they leave. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DirectoryRegistry } from '../../src/registry/directory.js';
import { putApp, removeApp } from '../../src/registry/put-app.js';
import { RegistryFailure } from '../../src/registry/registry.js';
import { temporaryFolder } from '../support/at-end.js';
import { putOptions, smallApp } from './put-options.js';

function failsWith(message: string, hint: string | null) {
  return (error: unknown) => {
    assert.ok(error instanceof RegistryFailure);
    assert.deepEqual([error.message, error.hint], [message, hint]);
    return true;
  };
}

const GIVEN_UP = failsWith('shop: it kept changing during the write', 'find out who else writes it, and try again');

test(`a put and a removal that lose each time give up, and leave nothing`, async (context) => {
  const registry = new DirectoryRegistry(temporaryFolder(context, 'registry'));
  const put = context.mock.method(registry, 'put', async () => false);
  await assert.rejects(putApp(registry, smallApp('shop', 'slot: 21034\n'), putOptions()), GIVEN_UP);
  assert.equal(put.mock.callCount(), 20);
  assert.deepEqual((await registry.slots.list()).slots, []);
  put.mock.restore();

  await putApp(registry, smallApp('shop', 'slot: 21034\n'), putOptions());
  const remove = context.mock.method(registry, 'remove', async () => false);
  await assert.rejects(removeApp(registry, 'shop', { ...putOptions(), isDryRun: false }), GIVEN_UP);
  assert.equal(remove.mock.callCount(), 20);
  assert.deepEqual((await registry.slots.list()).slots, [{ port: 21_034, app: 'shop' }]);
});

test(`a slot that cannot be freed after a failure is named with the failure`, async (context) => {
  const registry = new DirectoryRegistry(temporaryFolder(context, 'registry'));
  const left = 'slot 21034 stays recorded for shop: put the app again, or free the slot: autoproxy slot free 21034';
  const shop = smallApp('shop', 'slot: 21034\n');
  let failure: Error = new RegistryFailure('the disk is full', 'make room');
  let unfreed: Error = new RegistryFailure('no answer');
  context.mock.method(registry, 'put', async () => {
    throw failure;
  });
  const free = context.mock.method(registry.slots, 'free', async () => {
    throw unfreed;
  });
  await assert.rejects(putApp(registry, shop, putOptions()), failsWith('the disk is full', `make room; ${left}`));
  failure = new RegistryFailure('the disk is full');
  await assert.rejects(putApp(registry, shop, putOptions()), failsWith('the disk is full', null));
  free.mock.restore();
  await registry.slots.free(21_034, 'shop', null);
  context.mock.method(registry.slots, 'free', async () => {
    throw unfreed;
  });
  await assert.rejects(putApp(registry, shop, putOptions()), failsWith('the disk is full', left));
  await clear();

  // A fault of the program is told as it is.
  unfreed = new TypeError('a fault');
  await assert.rejects(putApp(registry, shop, putOptions()), failsWith('the disk is full', null));
  await clear();
  [failure, unfreed] = [new TypeError('another fault'), new RegistryFailure('no answer')];
  await assert.rejects(putApp(registry, shop, putOptions()), /^TypeError: another fault$/);

  async function clear(): Promise<void> {
    context.mock.restoreAll();
    await registry.slots.free(21_034, 'shop', null);
    context.mock.method(registry, 'put', async () => {
      throw failure;
    });
    context.mock.method(registry.slots, 'free', async () => {
      throw unfreed;
    });
  }
});

test(`a route that another app took meanwhile: a new app goes, a changed one is as it was`, async (context) => {
  const registry = new DirectoryRegistry(temporaryFolder(context, 'registry'));
  const route = 'edge: {routes: [{host: www.one.example}]}\n';
  const rival = smallApp('rival', `slot: 21040\n${route}`).text;
  await putApp(registry, smallApp('shop', 'slot: 21034\nimage: shop:1 # first\n'), putOptions());
  const before = await registry.get('shop');
  const real = registry.put.bind(registry);
  let hasCome = false;
  context.mock.method(registry, 'put', async (...parameters: Parameters<typeof real>) => {
    if (!hasCome) await real('rival', rival, null, null);
    hasCome = true;
    return real(...parameters);
  });
  const clash = /shop: www\.one\.example prefix \/ is a route of rival already/;
  await assert.rejects(putApp(registry, smallApp('shop', `slot: 21034\n${route}`), putOptions()), clash);
  assert.deepEqual(
    [(await registry.get('shop'))?.text, (await registry.get('shop'))?.definition.edge],
    [before?.text, null],
  );
  assert.deepEqual((await registry.slots.list()).slots, [{ port: 21_034, app: 'shop' }]);

  await registry.remove('rival', (await registry.get('rival'))?.version ?? '');
  hasCome = false;
  const late = /till: www\.one\.example prefix \/ is a route of rival already/;
  await assert.rejects(putApp(registry, smallApp('till', `slot: 21050\n${route}`), putOptions()), late);
  assert.equal(await registry.get('till'), null);
  assert.deepEqual((await registry.slots.list()).slots, [{ port: 21_034, app: 'shop' }]);
});

test('a version that somebody else wrote over it meanwhile is not withdrawn', async (context) => {
  const registry = new DirectoryRegistry(temporaryFolder(context, 'registry'));
  const route = 'edge: {routes: [{host: www.one.example}]}\n';
  const real = registry.put.bind(registry);
  const later = smallApp('shop', 'slot: 21034\nimage: shop:9\n').text;
  context.mock.method(registry, 'put', async (...parameters: Parameters<typeof real>) => {
    await real('rival', smallApp('rival', `slot: 21040\n${route}`).text, null, null);
    const isWritten = await real(...parameters);
    await real('shop', later, (await registry.get('shop'))?.version ?? '', null);
    return isWritten;
  });
  const clash = /shop: www\.one\.example prefix \/ is a route of rival already/;
  await assert.rejects(putApp(registry, smallApp('shop', `slot: 21034\n${route}`), putOptions()), clash);
  assert.equal((await registry.get('shop'))?.text, later);
});

test(`a document keeps its form, with the slot that it got`, async (context) => {
  const registry = new DirectoryRegistry(temporaryFolder(context, 'registry'));
  const written = async (text: string): Promise<string> => {
    const { definition } = smallApp('shop', 'slot: 10000\n');
    await putApp(registry, { definition, text }, putOptions());
    const stored = await registry.get('shop');
    await removeApp(registry, 'shop', { ...putOptions(), isDryRun: false });
    return stored?.text ?? '';
  };
  const yaml = '# mine\nname: shop\npods: [alpha]\nprotocol: http # plain\n';
  assert.equal((await written(`---\n${yaml}`)).trim(), `${yaml}slot: 10000`);
  assert.equal((await written(`${yaml}slot: 7\n`)).trim(), `${yaml}slot: 10000`);
  assert.equal((await written(`${yaml}translated_port: 7\n`)).trim(), `${yaml}translated_port: 10000`);
  assert.equal((await written(`\n${yaml}slot: 10000\n\n`)).trim(), `${yaml}slot: 10000`);
  assert.equal(
    (await written(' {"name": "shop", "pods": ["alpha"], "protocol": "http"}\n')).trim(),
    '{"name": "shop", "pods": ["alpha"], "protocol": "http", "slot": 10000}',
  );
  const odd = 'name:   shop\npods:  [ alpha ]\nprotocol:  http\nslot:   10000\n';
  assert.equal(await written(odd), odd, 'what has its slot stays to the letter');
  const long = `name: shop\npods: [alpha]\nprotocol: http\nimage: ${'a/'.repeat(60)}shop\n`;
  assert.equal((await written(long)).trim(), `${long}slot: 10000`);
});
