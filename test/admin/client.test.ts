import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { AdminClient } from '../../src/admin/client.js';
import type { AdminClientError } from '../../src/admin/client-error.js';
import { atEnd } from '../support/at-end.js';
import { failsAs, jsonBytes, startListener } from './client-parts.js';
import { STATE, startAdmin, WHY } from './node-double.js';

function createClient(
  context: TestContext,
  address: string,
  options: { timeoutMs?: number; by?: string } = {},
): AdminClient {
  const client = new AdminClient({ address, ...options });
  atEnd(context, () => client.close());
  return client;
}

test('it reads the state, and whether the node is ready', async (context) => {
  const { host, port, node } = await startAdmin(context);
  const client = createClient(context, `${host}:${port}`);
  assert.deepEqual(await client.readState(), STATE);
  assert.equal(await client.readNotReady(), null);
  node.notReady = 'no slot is bound: \u001b[2Jshop';
  assert.equal(await client.readNotReady(), 'not ready: no slot is bound: \\u001b[2Jshop');
});

test('it sets states of apps and instances and says who asked, and accepts removals', async (context) => {
  const { host, port, node } = await startAdmin(context);
  const client = createClient(context, `${host}:${port}`, { by: 'ada\u2028@pts/1' });
  const change = await client.setAdminState('checkout', null, 'maint');
  assert.deepEqual(change, { app: 'checkout', instance: null, state: 'maint', saved: true });
  node.outcome = { ok: true, saved: false, reason: 'the disk is full' };
  assert.equal((await client.setAdminState('checkout', '[fd00::2]:80', 'drain')).reason, 'the disk is full');
  assert.deepEqual(node.decisions, [
    { app: 'checkout', instance: null, state: 'maint', by: 'ada\\u2028@pts/1' },
    { app: 'checkout', instance: '[fd00::2]:80', state: 'drain', by: 'ada\\u2028@pts/1' },
  ]);
  await client.acceptRemoval('directory');
  await assert.rejects(
    client.acceptRemoval('directory'),
    failsAs('refused', /source directory has no removal that is held back/),
  );
});

test('it reads why an app is what it is; an unknown one is refused with the nearest', async (context) => {
  const { host, port } = await startAdmin(context);
  const client = createClient(context, `${host}:${port}`);
  assert.deepEqual(await client.readWhy('checkout'), WHY);
  await assert.rejects(client.readWhy('chekout'), (error: AdminClientError) => {
    assert.deepEqual([error.kind, error.status], ['refused', 404]);
    assert.deepEqual([error.message, error.hint], ['there is no app chekout', 'did you mean checkout?']);
    return true;
  });
});

test('what the node refuses is told in its words', async (context) => {
  const { host, port } = await startAdmin(context);
  const client = createClient(context, `${host}:${port}`);
  await assert.rejects(client.setAdminState('chekout', null, 'drain'), failsAs('refused', /^no app is named so$/));
  for (const app of ['..', 'a/b', '%'])
    await assert.rejects(client.setAdminState(app, null, 'drain'), failsAs('refused', /no app/));
});

test('a node may wait with its answer for as long as it was told', async (context) => {
  const address = await startListener(context, jsonBytes(200, { version: 1, events: [] }), 3 * 50);
  const client = createClient(context, address, { timeoutMs: 50 });
  assert.deepEqual((await client.readEvents({ waitMs: 60_000 })).events, []);
});

test('another program that listens there is told apart from a node', async (context) => {
  const strangers = [
    'SSH-2.0-OpenSSH_9.2\r\n',
    jsonBytes(200, { version: 'one' }),
    jsonBytes(200, null),
    'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>',
    'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n',
  ];
  for (const bytes of strangers) {
    const client = createClient(context, await startListener(context, bytes));
    await assert.rejects(client.readState(), failsAs('foreign', /is not an autoproxy node/), bytes);
  }
});

test('a node of another release is named as such', async (context) => {
  const address = await startListener(context, jsonBytes(200, { version: 2, apps: [] }));
  await assert.rejects(createClient(context, address).readState(), failsAs('foreign', /runs another release$/));
});

test('an answer that tries to colour the terminal is escaped', async (context) => {
  const address = await startListener(context, jsonBytes(404, { error: '\u001b[31mgone', hint: 'a\nb' }));
  await assert.rejects(createClient(context, address).acceptRemoval('x'), (error: AdminClientError) => {
    assert.equal(error.message, '\\u001b[31mgone');
    assert.equal(error.hint, 'a\\u000ab');
    return true;
  });
});
