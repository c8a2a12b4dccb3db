import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ClientConnection } from '../../src/admin/client-connection.js';
import { atEnd } from '../support/at-end.js';
import { startDeafInstance } from '../support/traffic/deaf-instance.js';
import { writeWithoutEnd } from '../support/traffic/endless-sender.js';
import { failsAs, HOST, startListener } from './client-parts.js';

function connectTo(context: TestContext, address: string, options: { timeoutMs?: number } = {}): ClientConnection {
  const connection = new ClientConnection({ address, ...options });
  atEnd(context, () => connection.close());
  return connection;
}

test('nothing listens: said with the address and what to do', async (context) => {
  const address = await startListener(context, '').then((taken) => taken.replace(HOST, '127.0.93.3'));
  await assert.rejects(
    connectTo(context, address).ask('GET', '/state'),
    failsAs('unreachable', new RegExp(`^nothing listens on ${address}$`)),
  );
});

test('who does not answer is left after a time', async (context) => {
  const address = await startListener(context, null);
  const connection = connectTo(context, address, { timeoutMs: 50 });
  await assert.rejects(connection.ask('GET', '/state'), failsAs('timeout', /did not answer within 0\.05 s$/));
});

test('who cannot be connected to is left after that time, however long the node may wait with its answer', async (context) => {
  const { host, port } = await startDeafInstance(context);
  const connection = connectTo(context, `${host}:${port}`, { timeoutMs: 50 });
  const [waitMs, askedAt] = [10_000, performance.now()];
  await assert.rejects(connection.ask('GET', '/events', waitMs), failsAs('timeout', /did not answer within 0\.05 s$/));
  assert.ok(performance.now() - askedAt < waitMs);
});

test('an answer that breaks off is none', async (context) => {
  for (const bytes of ['', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{']) {
    const address = await startListener(context, bytes);
    await assert.rejects(
      connectTo(context, address).ask('GET', '/state'),
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
  const connection = connectTo(context, `${HOST}:${port}`);
  await assert.rejects(connection.ask('GET', '/state'), failsAs('unreachable', /other side closed$/));
});

test('who closes waits no more for an answer', async (context) => {
  const connection = connectTo(context, await startListener(context, null), { timeoutMs: 60_000 });
  const asked = connection.ask('GET', '/state');
  connection.close();
  await assert.rejects(asked, failsAs('unreachable', /^no answer from /));
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
  const connection = connectTo(context, `${HOST}:${port}`, { timeoutMs: 30_000 });
  await assert.rejects(
    connection.ask('GET', '/state'),
    failsAs('foreign', /has more than the 67108864 bytes that are read/),
  );
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
      () => new ClientConnection({ address }),
      failsAs('unreachable', /is not an address with a port$/),
      address,
    );
  }
});
