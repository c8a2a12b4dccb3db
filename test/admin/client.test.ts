import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { AdminClient, AdminClientError, type AdminClientErrorKind } from '../../src/admin/client.js';
import { atEnd } from '../support/at-end.js';
import { startDeafInstance } from '../support/traffic/deaf-instance.js';
import { writeWithoutEnd } from '../support/traffic/endless-sender.js';
import { STATE, startAdmin, WHY } from './node-double.js';

const HOST = '127.0.93.2';

function createClient(
  context: TestContext,
  address: string,
  options: { timeoutMs?: number; by?: string } = {},
): AdminClient {
  const client = new AdminClient({ address, ...options });
  atEnd(context, () => client.close());
  return client;
}

/** A listener that answers every connection with the same bytes, or with none. @param afterMs how late */
async function startListener(context: TestContext, bytes: string | null, afterMs = 0): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    atEnd(context, () => socket.destroy());
    if (bytes !== null) socket.once('data', () => setTimeout(() => socket.end(bytes, 'latin1'), afterMs));
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  atEnd(context, () => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return `${HOST}:${address.port}`;
}

function jsonBytes(status: number, document: unknown): string {
  const body = JSON.stringify(document);
  return `HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
}

function failsAs(kind: AdminClientErrorKind, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof AdminClientError, String(error));
    assert.equal(error.kind, kind, error.message);
    assert.match(error.message, message);
    assert.notEqual(error.hint, '');
    return true;
  };
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

test('nothing listens: said with the address and what to do', async (context) => {
  const address = await startListener(context, '').then((taken) => taken.replace(HOST, '127.0.93.3'));
  await assert.rejects(
    createClient(context, address).readState(),
    failsAs('unreachable', new RegExp(`^nothing listens on ${address}$`)),
  );
});

test('who does not answer is left after a time', async (context) => {
  const address = await startListener(context, null);
  const client = createClient(context, address, { timeoutMs: 50 });
  await assert.rejects(client.readState(), failsAs('timeout', /did not answer within 0\.05 s$/));
});

test('who cannot be connected to is left after that time, however long the node may wait with its answer', async (context) => {
  const { host, port } = await startDeafInstance(context);
  const client = createClient(context, `${host}:${port}`, { timeoutMs: 50 });
  const [waitMs, askedAt] = [10_000, performance.now()];
  await assert.rejects(client.readEvents({ waitMs }), failsAs('timeout', /did not answer within 0\.05 s$/));
  assert.ok(performance.now() - askedAt < waitMs);
});

test('a node may wait with its answer for as long as it was told', async (context) => {
  const address = await startListener(context, jsonBytes(200, { version: 1, events: [] }), 3 * 50);
  const client = createClient(context, address, { timeoutMs: 50 });
  assert.deepEqual((await client.readEvents({ waitMs: 60_000 })).events, []);
});

test('an answer that breaks off is none', async (context) => {
  for (const bytes of ['', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{']) {
    const address = await startListener(context, bytes);
    await assert.rejects(
      createClient(context, address).readState(),
      failsAs('unreachable', new RegExp(`^no answer from ${address}: other side closed$`)),
      bytes,
    );
  }
});

test('an answer whose connection is reset is none either', async (context) => {
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{');
      // So that the client has the head by then.
      setTimeout(() => socket.resetAndDestroy(), 50);
    });
  }).listen(0, HOST);
  await once(server, 'listening');
  atEnd(context, () => server.close());
  const { port } = server.address() as { port: number };
  const client = createClient(context, `${HOST}:${port}`);
  await assert.rejects(client.readState(), failsAs('unreachable', /other side closed$/));
});

test('who closes waits no more for an answer', async (context) => {
  const client = createClient(context, await startListener(context, null), { timeoutMs: 60_000 });
  const asked = client.readState();
  client.close();
  await assert.rejects(asked, failsAs('unreachable', /^no answer from /));
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

test('an answer without end is cut off at what a node may say', async (context) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    atEnd(context, () => socket.destroy());
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      writeWithoutEnd(socket, Buffer.alloc(1_048_576, '1'));
    });
  }).listen(0, HOST);
  await once(server, 'listening');
  atEnd(context, () => server.close());
  const { port } = server.address() as { port: number };
  const client = createClient(context, `${HOST}:${port}`, { timeoutMs: 30_000 });
  await assert.rejects(client.readState(), failsAs('foreign', /has more than the 67108864 bytes that are read/));
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

test('an address that is none is refused at once', () => {
  for (const address of [
    '',
    '1936',
    '127.0.0.1',
    '127.0.0.1:0',
    '127.0.0.1:99999',
    'a b:80',
    'x@y:80',
    '::1:1936',
    '127.0.0.1:80/x',
  ]) {
    assert.throws(
      () => new AdminClient({ address }),
      failsAs('unreachable', /is not an address with a port$/),
      address,
    );
  }
});
