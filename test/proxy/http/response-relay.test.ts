/** A client of HTTP/1.0 knows no chunks: it gets the content, and the end of the connection for its end. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import type { RawConnection } from '../../support/traffic/raw-connection.js';
import { ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const CHUNKS = '5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: u\r\n\r\n';

/** @returns the client, and the instance's side that has its request */
async function ask(context: TestContext, request: string) {
  const instance = await ScriptedInstance.start(context, () => {});
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write(request);
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  return { plane, client, upstream };
}

async function assertPlain(client: RawConnection): Promise<void> {
  const text = await client.ended();
  const [head = '', ...rest] = text.split('\r\n\r\n');
  assert.match(head, /^HTTP\/1\.1 200 OK\r\n/);
  assert.doesNotMatch(head, /transfer-encoding|content-length/i);
  assert.match(head, /\r\nconnection: close/i);
  assert.deepEqual(rest, ['hello world']);
}

test('chunks that come with the head are taken off', async (context) => {
  const { plane, client, upstream } = await ask(context, 'GET / HTTP/1.0\r\n\r\n');
  upstream.write(HEAD + CHUNKS);
  await assertPlain(client);
  assert.equal(plane.counters.responses[2], 1);
});

test('chunks are taken off wherever they are cut, and the connection to the instance is kept', async (context) => {
  const { plane, client, upstream } = await ask(context, 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  await upstream.writePieces([HEAD, ...CHUNKS]);
  await assertPlain(client);
  const next = await plane.connect();
  next.write('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
  await upstream.until((text) => text.includes('GET /next '), 'the next request on the same connection');
  upstream.write(HEAD + CHUNKS);
  const { body, fields } = await next.response();
  assert.deepEqual([body, fields.get('transfer-encoding')], ['hello world', 'chunked'], 'HTTP/1.1 gets them');
});
