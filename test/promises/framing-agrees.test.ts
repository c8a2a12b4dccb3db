/**
 * Whatever clients send, the instance reads what the proxy believes to have sent: random streams, most of them with a
 * wound or two, go through real sockets to an instance that is Node's own parser (llhttp) at its strictest. It must
 * refuse nothing, and see exactly as many requests as were sent to it.
 *
 * Longer runs: FUZZ_SEED=12345 FUZZ_MS=60000 node --test dist/test/promises/framing-agrees.test.js
 */
import assert from 'node:assert/strict';
import { createServer, METHODS } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { escapeText } from '../http1/case-file.js';
import { generateRequests } from '../http1/message-generator.js';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { SeededRandom } from '../support/seeded-random.js';

const FIRST_SEED = Number(process.env.FUZZ_SEED ?? 1);
/** On a busy machine too. */
const LEAST_REQUESTS = 100;
const TIME_MS = Number(process.env.FUZZ_MS ?? 4_000);
/** llhttp knows a closed set of methods; ours is open, as RFC 9110 9.1 has it. */
const KNOWN = new Set(METHODS);

test('an instance sees the requests that were sent to it, no fewer and no more', async (context) => {
  let asked: string[] = [];
  let problem: string | null = null;
  let received = '';
  const server = createServer({ insecureHTTPParser: false }, (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.resume();
    // A body that never ends in order is cut by the proxy.
    request.on('error', () => undefined);
    request.on('end', () => response.end('ok'));
  });
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    const name = `[${connections}]`;
    // Beside the parser, which takes bytes from the handle itself unless somebody else listens.
    socket.on('data', (bytes: Buffer) => {
      received += name + bytes.latin1Slice();
    });
  });
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  server.on('upgrade', (request, socket) => {
    asked.push(`${request.method} ${request.url}`);
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code?.startsWith('HPE_') === true && error.code !== 'HPE_INVALID_EOF_STATE') {
      const { rawPacket } = error as { readonly rawPacket?: Buffer };
      problem ??= `${error.code} in ${escapeText(rawPacket?.latin1Slice() ?? '')}`;
    }
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, ownAddress(), resolve));
  atEnd(context, () => {
    server.closeAllConnections();
    server.close();
  });
  const { address: host, port } = server.address() as AddressInfo;
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf({ host, port })], retries: 0 } });
  const sent = (): number => plane.counters.instances[`${host}:${port}`]?.requests ?? 0;

  const end = performance.now() + TIME_MS;
  let streams = 0;
  let total = 0;
  for (let seed = FIRST_SEED; performance.now() < end || total < LEAST_REQUESTS; seed += 1) {
    const random = new SeededRandom(seed);
    const stream = generateRequests(random);
    asked = [];
    problem = null;
    received = '';
    plane.accessLog.length = 0;
    const before = sent();
    const client = await plane.connect();
    await client.writePieces(random.once(2) ? [stream] : random.cut(stream, 60)).catch(() => undefined);
    client.socket.end();
    await client.ended();
    client.close();
    await eventually('the client is gone', () => plane.counters.openConnections === 0);
    if (hasUnknownMethod(plane.accessLog)) continue;
    const expected = sent() - before;
    const where = (): string =>
      `seed ${seed}\n came: ${escapeText(stream)}\n sent: ${escapeText(received)}\n seen: ${asked}`;
    await eventually(
      `the instance has seen ${expected} requests: ${where()}`,
      () => asked.length >= expected || problem !== null,
    );
    assert.equal(problem, null, `the instance refuses what it got: ${where()}`);
    assert.equal(asked.length, expected, where());
    streams += 1;
    total += expected;
  }
  context.diagnostic(`${streams} streams, ${total} requests, from seed ${FIRST_SEED}`);
});

/** Whether the proxy read a method that llhttp does not know; wounds make them. */
function hasUnknownMethod(accessLog: readonly string[]): boolean {
  return accessLog.some((line) => !KNOWN.has(/"(\S+) \S+ HTTP\/1\.[01]"\n$/.exec(line)?.[1] ?? 'GET'));
}
