/**
 * What answers in Consul's place may never come to an end, may come to it as slowly as it likes, or may be another thing
 * than it seems. Each costs a bounded time and a bounded part of the memory, and the failure says where and which bound.
 */
import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ConsulConnection } from '../../src/consul/connection.js';
import { ConsulFailure } from '../../src/consul/failure.js';
import { readFrom, readKeys, readNodeServices } from '../../src/consul/reads.js';
import { consulSettings } from '../registry/registries.js';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { writeWithoutEnd } from '../support/traffic/endless-sender.js';

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-consul-index: 7\r\n';
const DEADLINE_MS = 1_500;
const MAX_BYTES = 4 * 1_048_576;
/** Of the test's own sender too. */
const MAX_GROWTH_BYTES = 100 * 1_048_576;

type Answer = (socket: Socket) => void;

function withoutEnd(head: string, piece: string | Buffer): Answer {
  return (socket) => {
    socket.write(head);
    writeWithoutEnd(socket, piece);
  };
}

async function serve(context: TestContext, answer: Answer): Promise<ConsulConnection> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  const host = ownAddress();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as { port: number };
  const connection = new ConsulConnection(consulSettings(`http://${host}:${port}`));
  atEnd(context, () => {
    connection.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return connection;
}

async function failureOf(connection: ConsulConnection, { what, call } = readNodeServices('n1')) {
  let peak = 0;
  const before = process.memoryUsage().rss;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss - before);
  }, 10);
  const startedAt = performance.now();
  try {
    const asked = connection.call((consul, identity) => call(consul, identity), {
      what,
      maxBytes: MAX_BYTES,
      deadlineMs: DEADLINE_MS,
    });
    const failure = await asked.then(
      () => assert.fail('it was taken for an answer'),
      (error: unknown) => error,
    );
    assert.ok(failure instanceof ConsulFailure, String(failure));
    return { kind: failure.kind, message: failure.message, peak, tookMs: performance.now() - startedAt };
  } finally {
    clearInterval(timer);
  }
}

const chunk = (bytes: number): string => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`;

const ENDLESS: readonly (readonly [what: string, answer: Answer, kind: ConsulFailure['kind'], said: RegExp])[] = [
  [
    'a body without end',
    withoutEnd(`${HEAD}\r\n[`, Buffer.alloc(65_536, '1')),
    'oversize',
    /more than the 4194304 bytes/,
  ],
  [
    'a body in chunks without end',
    withoutEnd(`${HEAD}transfer-encoding: chunked\r\n\r\n`, chunk(60_000)),
    'oversize',
    /for the services of node n1 is cut off: it has more than the 4194304 bytes that are read/,
  ],
  [
    'chunks of one byte without end',
    withoutEnd(`${HEAD}transfer-encoding: chunked\r\n\r\n`, chunk(1).repeat(10_000)),
    'late',
    /did not come to the end of an answer \(\d+ bytes so far\) in 1\.5 s/,
  ],
  [
    'a length that no memory holds',
    withoutEnd(`${HEAD}content-length: 99999999999\r\n\r\n`, Buffer.alloc(65_536, '1')),
    'oversize',
    /4194304/,
  ],
  ['fields without end', withoutEnd(HEAD, 'x-more: yes\r\n'.repeat(100)), 'malformed', /Header overflow/],
  ['one field without end', withoutEnd(`${HEAD}x-more: `, 'y'.repeat(10_000)), 'malformed', /Header overflow/],
  [
    'interim responses without end',
    withoutEnd('', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(100)),
    'late',
    /said nothing for 1\.5 s/,
  ],
  [
    'trailers without end',
    withoutEnd(`${HEAD}transfer-encoding: chunked\r\n\r\n${chunk(1)}0\r\n`, 'x-more: yes\r\n'.repeat(100)),
    'malformed',
    /Header overflow/,
  ],
  [
    'a chunk extension without end',
    withoutEnd(`${HEAD}transfer-encoding: chunked\r\n\r\n1;a=`, 'y'.repeat(10_000)),
    'malformed',
    /is unusable/,
  ],
];

for (const [what, answer, kind, said] of ENDLESS)
  test(`${what} is cut off`, async (context) => {
    const failure = await failureOf(await serve(context, answer));
    assert.equal(failure.kind, kind, failure.message);
    assert.match(failure.message, said);
    assert.ok(failure.tookMs < DEADLINE_MS + 500, `after ${failure.tookMs} ms`);
    assert.ok(failure.peak < MAX_GROWTH_BYTES, `it took ${failure.peak} bytes`);
    context.diagnostic(`${Math.round(failure.peak / 1_048_576)} MB, ${Math.round(failure.tookMs)} ms`);
  });

test('an answer that drips is given up at the deadline, in its head and in its body', async (context) => {
  for (const [start, said] of [
    [`${HEAD}x-more: `, /said nothing for 1\.5 s/],
    [`${HEAD}content-length: 1000\r\n\r\n[`, /did not come to the end of an answer \(\d+ bytes so far\) in 1\.5 s/],
  ] as const) {
    const connection = await serve(context, (socket) => {
      socket.write(start);
      const timer = setInterval(() => socket.write('1'), 50);
      socket.once('close', () => clearInterval(timer));
    });
    const { kind, message, tookMs } = await failureOf(connection);
    assert.equal(kind, 'late');
    assert.match(message, said);
    assert.ok(tookMs < DEADLINE_MS + 500, `after ${tookMs} ms`);
  }
});

test('a compressed answer is not unpacked, since nobody asked for one', async (context) => {
  const bomb = gzipSync(Buffer.alloc(64 * 1_048_576));
  const connection = await serve(context, (socket) => {
    socket.write(`${HEAD}content-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`);
    socket.write(bomb);
  });
  const { kind, message, peak } = await failureOf(connection);
  assert.equal(kind, 'malformed');
  assert.match(message, /is compressed \(gzip\)/);
  assert.ok(peak < 64 * 1_048_576, `it took ${peak} bytes`);
});

test('an answer as large as it may be is read, in pieces of any size', async (context) => {
  const text = JSON.stringify([{ Key: 'autoproxy/apps/a', Value: 'x'.repeat(4_000_000), ModifyIndex: 3 }]);
  const connection = await serve(context, (socket) => {
    socket.write(`${HEAD}content-length: ${text.length}\r\n\r\n`);
    for (let start = 0; start < text.length; start += 99_991) socket.write(text.slice(start, start + 99_991));
  });
  const { value } = await readFrom(connection, readKeys('autoproxy/apps/'), {
    index: 0,
    waitMs: 0,
    consistency: 'stale',
  });
  assert.equal(value[0]?.text.length, 3_000_000);
});
