/**
 * Pipelining floods: thousands of requests in one write. A proxy that starts each from within the end of the one before
 * nests its calls as deep as requests wait; one that answers all of them to a client that reads none keeps every answer
 * in memory. Requests are taken one after the other, in a loop, and only while the client takes its answers.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { eventually, settledFigure } from '../support/eventually.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';

const COUNT = 10_000;

async function startServer(
  context: test.TestContext,
  fill = '',
): Promise<{ host: string; port: number; asked: () => number }> {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    response.end(`<${request.url}>${fill}`);
  });
  await new Promise<void>((resolve) => server.listen(0, ownAddress(), resolve));
  atEnd(context, () => {
    server.closeAllConnections();
    server.close();
  });
  const { address, port } = server.address() as AddressInfo;
  return { host: address, port, asked: () => asked };
}

const FLOOD = Array.from({ length: COUNT }, (_, index) => `GET /${index} HTTP/1.1\r\nHost: a\r\n\r\n`).join('');

test('10 000 requests in one write are answered in order', async (context) => {
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(await startServer(context))] } });
  const client = await plane.connect();
  client.write(FLOOD);
  // One after the other, through a server in this process: seconds on a busy machine.
  await eventually('all are answered', () => plane.counters.responses[2] === COUNT, 60_000);
  const text = await client.until(
    (text) => text.endsWith(`</${COUNT - 1}>`) || text.endsWith(`${COUNT - 1}>\r\n0\r\n\r\n`),
  );
  const paths = [...text.matchAll(/<\/(\d+)>/g)].map((match) => Number(match[1]));
  assert.deepEqual(paths, [...paths.keys()]);
  assert.equal(paths.length, COUNT);
  assert.equal(plane.counters.requests, COUNT);
  assert.equal(plane.counters.inFlight, 0);
  client.close();
});

test('10 000 requests that we answer ourselves do not nest', async (context) => {
  const plane = await TestPlane.start(context);
  const client = await plane.connect();
  client.write(FLOOD);
  await eventually('all are answered', () => plane.counters.errors.NO_INSTANCE === COUNT);
  const text = await client.until((text) => text.split('HTTP/1.1 503 ').length === COUNT + 1 && text.endsWith('\n'));
  assert.equal(text.split('\r\nRetry-After: ').length, COUNT + 1);
  assert.equal(plane.counters.inFlight, 0);
  client.close();
});

test('10 000 requests in small pieces do not nest either', async (context) => {
  const plane = await TestPlane.start(context, { slot: { hostFilter: 'b' } });
  const client = await plane.connect();
  for (let start = 0; start < FLOOD.length; start += 997) client.write(FLOOD.slice(start, start + 997));
  await eventually('all are answered', () => plane.counters.errors.HOST_UNKNOWN === COUNT);
  client.close();
});

test('who reads no answers gets no more of them: ours', async (context) => {
  const plane = await TestPlane.start(context);
  const client = await plane.connect();
  client.socket.pause();
  for (let turn = 0; turn < 50; turn += 1) client.write(FLOOD);
  await eventually('it is under way', () => plane.counters.requests > 0);
  // 500 000 answers are 130 MB; what the kernel's buffers hold is a few.
  const bytes = await settledFigure(() => plane.counters.bytesOut);
  assert.ok(bytes < 33_554_432, `${bytes} bytes wait for a client that reads none`);
  const before = plane.counters.requests;
  client.socket.resume();
  await eventually('it goes on when the client reads', () => plane.counters.requests > before + COUNT);
  client.socket.resetAndDestroy();
  await eventually('all is given back', () => plane.counters.openConnections === 0);
  assert.equal(plane.counters.inFlight, 0);
});

test("who reads no answers gets no more of them: an instance's", async (context) => {
  const server = await startServer(context, 'x'.repeat(30_000));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(server)] } });
  const client = await plane.connect();
  client.socket.pause();
  client.write(FLOOD);
  await eventually('it is under way', () => server.asked() > 0);
  const asked = await settledFigure(server.asked);
  assert.ok(asked < 1_500, `${asked} requests were made for a client that reads no answers`);
  client.socket.resetAndDestroy();
  await eventually('all is given back', () => plane.counters.openConnections === 0);
  assert.equal(plane.counters.inFlight, 0);
});

test('nor when each request comes alone', async (context) => {
  const server = await startServer(context, 'x'.repeat(30_000));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(server)] } });
  const client = await plane.connect();
  client.socket.pause();
  const limit = 1_500;
  for (let request = 0; request < limit; request += 1) {
    const before = plane.counters.bytesIn;
    const isAnswered = (): boolean => plane.counters.bytesIn > before && plane.counters.inFlight === 0;
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    // It is not read any more when this takes so long.
    for (let turn = 0; turn < 2_000 && !isAnswered(); turn += 1) await new Promise((resolve) => setImmediate(resolve));
    if (!isAnswered()) break;
  }
  const asked = await settledFigure(server.asked);
  assert.ok(asked < limit, `${asked} requests were made for a client that reads no answers`);
  client.socket.resetAndDestroy();
  await eventually('all is given back', () => plane.counters.openConnections === 0);
});
