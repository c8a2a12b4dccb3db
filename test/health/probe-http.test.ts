import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { ProbeResult } from '../../src/health/probe.js';
import { probeHttp } from '../../src/health/probe-http.js';
import { probeTcp } from '../../src/health/probe-tcp.js';
import type { ProxyVersion } from '../../src/model/app.js';
import { decodeHeader } from '../../src/proxy-protocol/decode.js';
import { freePort, ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { startDeafInstance } from '../support/traffic/deaf-instance.js';
import { writeWithoutEnd } from '../support/traffic/endless-sender.js';

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
  atEnd(context, async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const target = { host, port: address.port, check: { ...CHECK, timeoutMs }, sendProxy };
  let result = await probeHttp(target);
  for (let index = 1; index < times; index += 1) result = await probeHttp(target);
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
    assert.deepEqual([result.code, result.status], [hasPassed ? 'L7OK' : 'L7STS', Number(status.slice(0, 3))]);
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
  assert.match((await ask(context, endless(ok, 'x-more: yes\r\n'.repeat(100)))).detail, /more fields than/);
  const interim = await ask(context, endless('', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(100)), { timeoutMs: 300 });
  assert.deepEqual([interim.hasPassed, interim.detail], [false, 'no answer within 300ms']);
  await Promise.all(ends);
});

test('a sender whose body does not look like a head is not cut off in the middle of it', async (context) => {
  const ended: Socket[] = [];
  const sockets: Socket[] = [];
  const answer = (socket: Socket): void => {
    sockets.push(socket);
    socket.once('end', () => ended.push(socket));
    // Head and body in one packet: what stands behind the head is no head.
    socket.write(`${OK}Content-Length: 9\r\n\r\nhello\n`);
  };
  // The second check is answered over a connection that was opened after the first one was answered.
  const { hasPassed, connections } = await ask(context, answer, { times: 2 });
  assert.deepEqual([hasPassed, connections], [true, 2]);
  assert.ok(!ended.includes(sockets[0] as Socket));
  // All that was promised came.
  const [first] = sockets;
  const closed = once(first as Socket, 'close');
  first?.end('abc');
  assert.deepEqual(await closed, [false]);
});

test('a body that stalls does not hold the check', async (context) => {
  const stalled = (socket: Socket): void => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx');
  };
  const startedAt = performance.now();
  assert.ok((await ask(context, stalled, { timeoutMs: 30_000 })).hasPassed);
  assert.ok(performance.now() - startedAt < 10_000);
});

test('a 1xx does not count as the answer', async (context) => {
  const early = (socket: Socket): void => {
    socket.end('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n');
  };
  assert.equal((await ask(context, early)).detail, 'status 503');
});

test('no answer fails at the timeout', async (context) => {
  const result = await ask(context, () => {}, { timeoutMs: 100 });
  assert.equal(result.hasPassed, false);
  assert.deepEqual([result.detail, result.code], ['no answer within 100ms', 'L7TOUT']);
});

const OK = 'HTTP/1.1 200 OK\r\n';

/** All that traffic passes, though a strict parser such as Node's own refuses it. */
for (const [name, answer, status] of [
  ['only bare LFs', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n', 200],
  ['a length in a 204', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n', 204],
  ['a length in a 100', `HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n${OK}Content-Length: 0\r\n\r\n`, 200],
  ['the same length twice', `${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi`, 200],
  ['a length and chunks', `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 200],
  ['a folded field', `${OK}X-A: b\r\n c\r\n\r\n`, 200],
  ['a blank before the colon', `${OK}X-A : b\r\n\r\n`, 200],
  ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n', 200],
  ['no reason', 'HTTP/1.1 200\r\n\r\n', 200],
  ['an empty line before it', `\r\n${OK}\r\n`, 200],
  ['a body shorter than its length', `${OK}Content-Length: 9\r\n\r\nhi`, 200],
] as const) {
  test(`${name} passes, as it does for traffic`, async (context) => {
    const { hasPassed, detail } = await ask(context, (socket) => socket.end(answer));
    assert.deepEqual([hasPassed, detail], [true, `status ${status}`]);
  });
}

for (const [name, answer, detail] of [
  ['another protocol', 'SSH-2.0-x\r\n', 'malformed answer: the start line does not end in HTTP/1.x'],
  ['both line ends', `${OK}X-A: b\nX-B: c\r\n\r\n`, 'malformed answer: a line ends in a bare LF or holds a bare CR'],
  ['NUL', `${OK}X-A: \0\r\n\r\n`, 'malformed answer: a field value holds NUL or another control byte'],
  [
    'two lengths',
    `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`,
    'malformed answer: Content-Length must be one decimal number',
  ],
  ['status 000', 'HTTP/1.1 000 Odd\r\n\r\n', 'malformed answer: the status line has no status between 100 and 999'],
  ['status 999', 'HTTP/1.1 999 Odd\r\n\r\n', 'status 999'],
  ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n', 'status 101'],
  ['half a head', OK, 'the connection was closed inside the head of an answer'],
  ['nothing', '', 'the connection was closed before an answer'],
  ['a head of 1 MB', `${OK}X-A: ${'x'.repeat(1_048_576)}`, 'malformed answer: the head is larger than the limit'],
] as const) {
  test(`${name} fails, and the detail is the cause`, async (context) => {
    const result = await ask(context, (socket) => socket.end(answer, 'latin1'));
    assert.deepEqual([result.hasPassed, result.detail], [false, detail]);
    assert.equal(result.code, detail.startsWith('status') ? 'L7STS' : 'L7RSP');
  });
}

test('an answer that comes byte by byte is read once it is whole', async (context) => {
  const drip = (socket: Socket): void => {
    const bytes = [...`${OK}Content-Length: 0\r\n\r\n`];
    const next = (): void => {
      const byte = bytes.shift();
      if (byte !== undefined) socket.write(byte, next);
    };
    next();
  };
  assert.equal((await ask(context, drip)).detail, 'status 200');
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

test('a connect that nobody answers is given up with its check, with a PROXY header or without', async (context) => {
  const { host, port } = await startDeafInstance(context);
  for (const sendProxy of ['none', 'v1'] as const) {
    const result = await probeHttp({ host, port, check: { ...CHECK, timeoutMs: 200 }, sendProxy });
    assert.deepEqual([result.hasPassed, result.detail], [false, 'no answer within 200ms']);
  }
});

test('a connection that is reset fails, and so does one that is reset behind its answer with what it answered', async (context) => {
  assert.equal((await ask(context, (socket) => socket.resetAndDestroy())).detail, 'connection reset');
  const late = await ask(context, (socket) => {
    socket.write(`${OK}Content-Length: 9\r\n\r\n`, () => setImmediate(() => socket.resetAndDestroy()));
  });
  assert.match(late.detail, /^status 200$|^connection reset$/);
});

test('a check whose answer nobody wants ends at once', async (context) => {
  const { host, port } = await startDeafInstance(context);
  for (const probe of [probeHttp, probeTcp]) {
    const abort = new AbortController();
    const asked = probe({ host, port, check: { ...CHECK, timeoutMs: 60_000 } }, abort.signal);
    abort.abort();
    assert.deepEqual(await asked, { hasPassed: false, detail: 'given up' });
  }
});

test('a closed port fails, with the reason', async () => {
  const host = ownAddress();
  const result = await probeHttp({ host, port: await freePort(host), check: CHECK });
  assert.equal(result.hasPassed, false);
  assert.deepEqual([result.detail, result.code], ['connection refused', 'L4CON']);
});

test('a path that no request can have fails, and throws nothing', async () => {
  const result = await probeHttp({ host: ownAddress(), port: 1, check: { ...CHECK, path: '/a b' } });
  assert.deepEqual([result.hasPassed, result.detail], [false, 'the path /a b holds a byte that no request can have']);
});
