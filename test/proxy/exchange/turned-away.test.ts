/** Requests that are refused before an instance is looked for: their bytes are known, and they are no sessions of a backend. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { type PlaneOptions, TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { HttpInstance } from '../../support/traffic/http-instance.js';
import type { RawConnection } from '../../support/traffic/raw-connection.js';

const GOOD = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const OTHER_HOST = 'GET / HTTP/1.1\r\nHost: b\r\n\r\n';
const BROKEN = 'GET\r\n\r\n';

interface Sides {
  readonly plane: TestPlane;
  readonly instance: HttpInstance;
}

async function start(context: TestContext, options: PlaneOptions = {}): Promise<Sides> {
  const instance = await HttpInstance.start(context);
  const slot = { hostFilter: 'a', instances: [instanceOf(instance)] };
  return { instance, plane: await TestPlane.start(context, { slot, ...options }) };
}

/** @returns what a request and its response took that an instance got */
async function serveOne(plane: TestPlane): Promise<{ readonly bytesIn: number; readonly bytesOut: number }> {
  const client = await plane.connect();
  client.write(GOOD);
  await client.response();
  client.close();
  await eventually('it has gone', () => plane.counters.openConnections === 0);
  const { bytesIn, bytesOut } = plane.counters;
  return { bytesIn, bytesOut };
}

for (const [name, pieces] of Object.entries({
  'a name of a field that is none': ['GET / HTTP/1.1\r\nHost: a\r\nbad name: x\r\n\r\n'],
  'the same in pieces': ['GET / HTTP/1.1\r\nHo', 'st: a\r\nbad na', 'me: x\r\n\r\n'],
  'a start line that is none, with more behind it': [BROKEN, GOOD, GOOD],
  'a body that is broken': ['POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
  'a head that ends early': ['GET / HT'],
  'a head that ends early, in pieces': ['GET / HTTP/1.1\r\n', 'Host', ': a'],
  'another host': [OTHER_HOST],
  'another host, twice': [OTHER_HOST, OTHER_HOST],
  'another host, with a body that goes on': ['POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 6\r\n\r\nab', 'cdef'],
})) {
  test(`${name}: its bytes are of no backend`, async (context) => {
    const { plane } = await start(context);
    const served = await serveOne(plane);
    const client = await plane.connect();
    await client.writePieces(pieces);
    client.socket.end();
    const answer = await client.ended();
    await eventually('it has gone', () => plane.counters.openConnections === 0);
    const { bytesIn, bytesOut, turnedAwayBytesIn, turnedAwayBytesOut } = plane.counters;
    assert.deepEqual([turnedAwayBytesIn, turnedAwayBytesOut], [pieces.join('').length, answer.length]);
    assert.deepEqual([bytesIn - turnedAwayBytesIn, bytesOut - turnedAwayBytesOut], [served.bytesIn, served.bytesOut]);
  });
}

async function beginHead(plane: TestPlane): Promise<RawConnection> {
  const client = await plane.connect();
  client.write('GET / HT');
  await eventually('it has come', () => plane.counters.bytesIn === 8);
  return client;
}

test('a head that is late: its bytes are of no backend', async (context) => {
  const clock = new FakeClock();
  const { plane } = await start(context, { clock });
  const client = await beginHead(plane);
  await clock.advance(plane.slot.timeouts.requestHeadMs);
  const answer = await client.ended();
  assert.match(answer, /^HTTP\/1\.1 408 /);
  const { turnedAwayBytesIn, turnedAwayBytesOut } = plane.counters;
  assert.deepEqual([turnedAwayBytesIn, turnedAwayBytesOut], [8, answer.length]);
});

test('a client that goes within a head: its bytes are of no backend', async (context) => {
  const { plane } = await start(context);
  const client = await beginHead(plane);
  client.socket.resetAndDestroy();
  await eventually('it has gone', () => plane.counters.errors.HEAD_INCOMPLETE === 1);
  assert.deepEqual([plane.counters.turnedAwayBytesIn, plane.counters.turnedAwayBytesOut], [8, 0]);
});

test('they are not among the most at once', async (context) => {
  const { plane, instance } = await start(context);
  const slow = await plane.connect();
  slow.write(GOOD.replace('/', '/slow'));
  await eventually('it is there', () => instance.slowRequests === 1);
  assert.equal(plane.counters.inFlightPeak, 1);
  for (const [text, status] of [
    [OTHER_HOST, 503],
    [BROKEN, 400],
  ] as const) {
    const client = await plane.connect();
    client.write(text);
    assert.equal((await client.response()).status, status);
  }
  assert.equal(plane.counters.inFlightPeak, 1);
  instance.answerSlow();
  await slow.response();
});
