import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { ProbeResult } from '../../src/health/probe.js';
import { createHttpProbe } from '../../src/health/probe-http.js';
import type { ProxyVersion } from '../../src/model/app.js';
import { decodeHeader } from '../../src/proxy-protocol/decode.js';
import { freePort, ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { writeWithoutEnd } from '../support/endless-sender.js';

const CHECK = { path: '/health', intervalMs: 1_000, timeoutMs: 2_000, rise: 2, fall: 3 };

interface Answered extends ProbeResult {
  readonly request: string;
  readonly connections: number;
}

/** Asks a server that answers each request head with `answer`, `times` times. */
async function ask(
  context: TestContext,
  answer: (socket: Socket) => void,
  { timeoutMs = CHECK.timeoutMs, times = 1, sendProxy = 'none' as ProxyVersion } = {},
): Promise<Answered> {
  const host = ownAddress();
  const sockets = new Set<Socket>();
  let request = '';
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    let head = '';
    socket.on('data', (bytes) => {
      head += bytes.toString('latin1');
      if (!head.endsWith('\r\n\r\n')) return;
      request = head;
      answer(socket);
    });
  });
  server.listen({ host, port: 0 });
  await once(server, 'listening');
  const { probe, close } = createHttpProbe();
  atEnd(context, async () => {
    await close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const target = { host, port: address.port, check: { ...CHECK, timeoutMs }, sendProxy };
  let result = await probe(target);
  for (let index = 1; index < times; index += 1) result = await probe(target);
  return { ...result, request, connections };
}

function answerWith(status: string, body = ''): (socket: Socket) => void {
  return (socket) => socket.end(`HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
}

for (const [status, hasPassed] of [
  ['200 OK', true],
  ['204 No Content', true],
  ['301 Moved Permanently', true],
  ['399 Odd', true],
  ['400 Bad Request', false],
  ['404 Not Found', false],
  ['503 Service Unavailable', false],
] as const) {
  test(`${status} ${hasPassed ? 'passes' : 'fails'}`, async (context) => {
    const result = await ask(context, answerWith(status));
    assert.equal(result.hasPassed, hasPassed);
    assert.equal(result.detail, `status ${status.slice(0, 3)}`);
  });
}

test('it asks for the path with GET, its host and a name', async (context) => {
  const { request } = await ask(context, answerWith('200 OK'));
  assert.match(request, /^GET \/health HTTP\/1\.1\r\n/);
  assert.match(request, /\r\nhost: 127\.[\d.]+:\d+\r\n/i);
  assert.match(request, /\r\nuser-agent: autoproxy-check\r\n/i);
  assert.match(request, /\r\nconnection: close\r\n/i);
});

test('each check has a connection of its own', async (context) => {
  const keepAlive = (socket: Socket): void => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  };
  const { hasPassed, connections } = await ask(context, keepAlive, { times: 3 });
  assert.ok(hasPassed);
  assert.equal(connections, 3);
});

test('a redirect is not followed', async (context) => {
  const { hasPassed, connections } = await ask(context, (socket) =>
    socket.end('HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n'),
  );
  assert.ok(hasPassed);
  assert.equal(connections, 1);
});

test('a large body changes nothing', async (context) => {
  assert.deepEqual((await ask(context, answerWith('200 OK', 'x'.repeat(300_000)))).hasPassed, true);
});

test('a body without end is left soon after its status, and fields or interim responses without end fail', async (context) => {
  const ends: Promise<unknown>[] = [];
  const endless =
    (head: string, piece: string) =>
    (socket: Socket): void => {
      ends.push(new Promise((resolve) => socket.once('close', resolve)));
      socket.write(head);
      writeWithoutEnd(socket, piece);
    };
  const ok = 'HTTP/1.1 200 OK\r\n';
  assert.equal((await ask(context, endless(`${ok}\r\n`, 'x'.repeat(65_536)))).detail, 'status 200');
  assert.match((await ask(context, endless(ok, 'x-more: yes\r\n'.repeat(100)))).detail, /Headers Overflow/);
  const interim = await ask(context, endless('', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(100)), { timeoutMs: 300 });
  assert.deepEqual([interim.hasPassed, interim.detail], [false, 'no answer within 300ms']);
  await Promise.all(ends);
});

test('a body that stalls does not hold the check', async (context) => {
  const stalled = (socket: Socket): void => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx');
  };
  const startedAt = performance.now();
  assert.ok((await ask(context, stalled, { timeoutMs: 30_000 })).hasPassed);
  assert.ok(performance.now() - startedAt < 10_000);
});

test('a 1xx is no answer', async (context) => {
  const early = (socket: Socket): void => {
    socket.end('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n');
  };
  assert.equal((await ask(context, early)).detail, 'status 503');
});

test('no answer fails at the timeout', async (context) => {
  const result = await ask(context, () => {}, { timeoutMs: 100 });
  assert.equal(result.hasPassed, false);
  assert.equal(result.detail, 'no answer within 100ms');
});

test('what is no HTTP fails', async (context) => {
  assert.equal((await ask(context, (socket) => socket.end('SSH-2.0-x\r\n'))).hasPassed, false);
});

test('a connection that closes without an answer fails', async (context) => {
  assert.equal((await ask(context, (socket) => socket.end())).hasPassed, false);
});

for (const [sendProxy, version] of [
  ['v1', 1],
  ['v2', 2],
] as const) {
  test(`a check of what demands a PROXY header begins with one, ${sendProxy}, that speaks for nobody`, async (context) => {
    const { hasPassed, request } = await ask(context, answerWith('200 OK'), { sendProxy });
    assert.equal(hasPassed, true);
    const bytes = Buffer.from(request, 'latin1');
    const decoded = decodeHeader(bytes, 0, bytes.length);
    assert.ok(decoded.state === 'complete');
    assert.deepEqual([decoded.header.version, decoded.header.source], [version, null]);
    assert.match(request.slice(decoded.header.length), /^GET \/health HTTP\/1\.1\r\n/);
  });
}

test('a closed port fails, with the reason', async (context) => {
  const host = ownAddress();
  const { probe, close } = createHttpProbe();
  atEnd(context, close);
  const result = await probe({ host, port: await freePort(host), check: CHECK });
  assert.equal(result.hasPassed, false);
  assert.equal(result.detail, 'connection refused');
});

test('a path that no request can have fails, and throws nothing', async (context) => {
  const { probe, close } = createHttpProbe();
  atEnd(context, close);
  const result = await probe({ host: ownAddress(), port: 1, check: { ...CHECK, path: '/a b' } });
  assert.equal(result.hasPassed, false);
});
