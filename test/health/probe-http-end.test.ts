/** Where an HTTP check leaves from, how much it reads, and that its connection ends with its answer. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { failureFrom } from '../../src/health/probe.js';
import { probeHttp } from '../../src/health/probe-http.js';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';

const CHECK = { path: '/health', intervalMs: 1_000, timeoutMs: 20_000, rise: 2, fall: 3 };
const HEAD = 'HTTP/1.1 200 OK\r\n';

/** @returns the probe, where the server is, and what becomes of the connections that it accepts */
async function startServer(context: TestContext, onRequest: (socket: Socket) => void) {
  const host = ownAddress();
  const remotes: string[] = [];
  const closed: Promise<unknown>[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    remotes.push(socket.remoteAddress ?? '');
    socket.on('error', () => {});
    closed.push(new Promise((resolve) => socket.once('close', resolve)));
    socket.once('data', () => onRequest(socket));
    socket.on('end', () => socket.end());
  });
  server.listen({ host, port: 0 });
  await once(server, 'listening');
  atEnd(context, async () => {
    server.close();
  });
  const { port } = server.address() as { readonly port: number };
  return { host, port, remotes, closed };
}

test('a check leaves from the address that it is given', async (context) => {
  const { host, port, remotes } = await startServer(context, (socket) => socket.end(`${HEAD}\r\n`));
  const localAddress = ownAddress();
  await probeHttp({ host, port, check: CHECK, localAddress });
  await probeHttp({ host, port, check: CHECK, localAddress: null });
  assert.equal(remotes[0], localAddress);
  assert.notEqual(remotes[1], localAddress);
});

test('the connection of a check ends with the body of its answer, at once', async (context) => {
  const { host, port, closed } = await startServer(context, (socket) => socket.end(`${HEAD}\r\nbody`));
  const startedAt = performance.now();
  assert.ok((await probeHttp({ host, port, check: CHECK })).hasPassed);
  await Promise.all(closed);
  assert.ok(performance.now() - startedAt < CHECK.timeoutMs / 2, 'it waited for its timeout');
});

test('a body is read up to its limit, and left beyond', async (context) => {
  let sender: Socket | null = null;
  const { host, port, closed } = await startServer(context, (socket) => {
    sender = socket;
    socket.write(`${HEAD}\r\n`);
  });
  assert.ok((await probeHttp({ host, port, check: CHECK })).hasPassed);
  const socket = sender as Socket | null;
  assert.ok(socket !== null);
  let isClosed = false;
  void closed[0]?.then(() => {
    isClosed = true;
  });
  const write = (bytes: number) => new Promise((resolve) => socket.write('x'.repeat(bytes), resolve));
  await write(65_536);
  // The reader has had the time to read it: another connection has asked, and been answered.
  const second = await startServer(context, (other) => other.end(`${HEAD}\r\n`));
  await probeHttp({ host: second.host, port: second.port, check: CHECK });
  await Promise.all(second.closed);
  assert.ok(!isClosed, 'left within the limit');
  await write(1);
  await Promise.all(closed);
});

test('a head that comes without any line end is refused at its limit', async (context) => {
  const { host, port } = await startServer(context, (socket) => {
    socket.write(`HTTP/1.1 200 ${'x'.repeat(70_000)}`);
  });
  const result = await probeHttp({ host, port, check: CHECK });
  assert.deepEqual([result.hasPassed, result.detail], [false, 'malformed answer: the head is larger than the limit']);
});

test('the node that answered is read from its field, in any case and anywhere in the head', async (context) => {
  const rows: readonly [fields: string, node: string | null][] = [
    ['X-Autoproxy-Node: node-1\r\n', 'node-1'],
    ['a: b\r\nx-autoproxy-node:node-2\r\nc: d\r\n', 'node-2'],
    ['X-X-Autoproxy-Node: node-3\r\n', null],
    ['', null],
  ];
  for (const [fields, node] of rows) {
    const { host, port } = await startServer(context, (socket) => socket.end(`${HEAD}${fields}\r\n`));
    assert.equal((await probeHttp({ host, port, check: CHECK })).node, node, fields);
  }
});

test('a failed connect is told in words, and what this process lacks is known', () => {
  const rows: readonly [code: string, detail: string, isOwn: boolean][] = [
    ['ECONNREFUSED', 'connection refused', false],
    ['ECONNRESET', 'connection reset', false],
    ['EHOSTUNREACH', 'no route to the host', false],
    ['ENETUNREACH', 'no route to the network', false],
    ['ETIMEDOUT', 'no connection in time', false],
    ['EPIPE', 'EPIPE: its own text', false],
    ['EMFILE', 'EMFILE: its own text', true],
  ];
  for (const [code, detail, isOwn] of rows) {
    const error = Object.assign(new Error(`${code}: its own text`), { code });
    assert.deepEqual(failureFrom(error), { hasPassed: false, detail, code: 'L4CON', isOwnFault: isOwn });
  }
});
