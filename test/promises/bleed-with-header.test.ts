/**
 * On slots that demand a PROXY header the bleed carries one: the neighbor's instance hears of the client and not of the
 * node between, and the mark in the header keeps the connection from a second hop.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHeader } from '../../src/proxy-protocol/decode.js';
import { encodeV2 } from '../../src/proxy-protocol/encode.js';
import type { ProxyHeader } from '../../src/proxy-protocol/header.js';
import type { SlotSnapshot } from '../../src/snapshot/snapshot.js';
import { startPod } from '../support/node/pod.js';
import { instanceOf } from '../support/node/snapshots.js';
import type { RawConnection } from '../support/traffic/raw-connection.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const CLIENT = {
  source: { address: '198.51.100.7', port: 40_000 },
  destination: { address: '203.0.113.1', port: 443 },
};
const HEADER = encodeV2(CLIENT);
const DEMANDING: Partial<SlotSnapshot> = { acceptProxy: true, trustedProxies: ['127.0.0.0/8'] };
const REQUEST = 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n';

async function headerOf(connection: RawConnection): Promise<ProxyHeader> {
  await connection.until((text) => text.length > 16);
  const bytes = Buffer.from(connection.text, 'latin1');
  const decoded = decodeHeader(bytes, 0, bytes.length);
  assert.ok(decoded.state === 'complete', decoded.state);
  return decoded.header;
}

test('TCP: the neighbor serves, and its instance hears of the client', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const { a, b } = await startPod(context, { ...DEMANDING, protocol: 'tcp', sendProxy: 'v2' });
  await b.change({ instances: [instanceOf(instance)] });
  const client = await a.connect();
  client.write(Buffer.concat([HEADER, Buffer.from('hello')]));
  const connection = await instance.connection(0);
  await connection.until((text) => text.endsWith('hello'));
  const header = await headerOf(connection);
  assert.deepEqual({ source: header.source, destination: header.destination }, CLIENT);
  assert.equal(header.extras.bledBy, null, 'the mark is for nodes alone');
  connection.write('welcome');
  assert.equal(await client.until((text) => text.length >= 7), 'welcome');
  assert.deepEqual([a.counters.bled, b.counters.bledIn, b.counters.bled], [1, 1, 0]);
  client.close();
});

test('TCP: when both are empty it is one hop, and the end', async (context) => {
  const { a, b } = await startPod(context, { ...DEMANDING, protocol: 'tcp' });
  const client = await a.connect();
  client.write(Buffer.concat([HEADER, Buffer.from('hello')]));
  assert.equal(await client.ended(), '');
  assert.deepEqual([a.counters.bled, b.counters.bledIn], [1, 1]);
  assert.deepEqual([b.counters.bled, a.counters.bledIn], [0, 0]);
});

test('TCP without headers: the neighbor serves, whether client or instance speaks first', async (context) => {
  const instance = await ScriptedInstance.start(context, (connection) => connection.write('220 ready'));
  const { a, b } = await startPod(context, { protocol: 'tcp', trustedProxies: ['127.0.0.0/8'] });
  await b.change({ instances: [instanceOf(instance)] });
  const silent = await a.connect();
  assert.equal(await silent.until((text) => text.length >= 9), '220 ready');
  const client = await a.connect();
  client.write('hello');
  await (await instance.connection(1)).until((text) => text === 'hello');
  assert.deepEqual([a.counters.bled, b.counters.bledIn, b.counters.bled], [2, 2, 0]);
  // Each side ends for itself.
  client.socket.end();
  await (await instance.connection(1)).ended();
  silent.close();
});

test('TCP without headers: when both are empty it is one call, and the end', async (context) => {
  const { a, b } = await startPod(context, { protocol: 'tcp', trustedProxies: ['127.0.0.0/8'] });
  const client = await a.connect();
  client.write('hello');
  assert.equal(await client.ended(), '');
  assert.deepEqual([a.counters.errors.CONNECT_FAILED, b.counters.connections, b.counters.bled], [1, 0, 0]);
});

test('TCP without headers: when the instances of both have just died it is one hop, and the end', async (context) => {
  const { a, b } = await startPod(context, { protocol: 'tcp', trustedProxies: ['127.0.0.0/8'] });
  for (const node of [a, b]) await node.change({ instances: [instanceOf({ host: node.host, port: 1 })] });
  const client = await a.connect();
  client.write('hello');
  assert.equal(await client.ended(), '');
  assert.deepEqual([a.counters.bled, b.counters.bledIn, b.counters.bled, a.counters.bledIn], [1, 1, 0, 0]);
});

test('TCP without headers: clients at the address of a neighbor that is not one of our nodes are bled no further', async (context) => {
  const { a, b } = await startPod(context, { protocol: 'tcp' }, { node: null });
  const client = await a.connect('127.0.0.77');
  client.write('hello');
  assert.equal(await client.ended(), '');
  assert.deepEqual([b.counters.bledIn, b.counters.bled], [1, 0]);
  assert.ok(a.counters.bled <= 1, 'the end may come before the connection is known');
});

test('TCP with headers of version 1, which have no place for a mark: the neighbor serves, one hop', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const { a, b } = await startPod(context, { ...DEMANDING, protocol: 'tcp', sendProxy: 'v2' });
  await a.change({}, { neighborProxy: 'v1' });
  await b.change({ instances: [instanceOf(instance)] }, { neighborProxy: 'v1' });
  const client = await a.connect();
  client.write(Buffer.concat([HEADER, Buffer.from('hello')]));
  const connection = await instance.connection(0);
  await connection.until((text) => text.endsWith('hello'));
  const { source, destination } = await headerOf(connection);
  assert.deepEqual({ source, destination }, CLIENT);
  client.close();
  assert.deepEqual([a.counters.bled, b.counters.bledIn, b.counters.bled], [1, 1, 0]);
});

test('HTTP: the neighbor serves, its instance hears of the client, and clients share no connection', async (context) => {
  const instance = await ScriptedInstance.start(
    context,
    answering((head) => okResponse(head)),
  );
  const { a, b } = await startPod(context, DEMANDING);
  await b.change({ instances: [instanceOf(instance)] });
  for (const last of [7, 8]) {
    const client = await a.connect();
    const header = encodeV2({ ...CLIENT, source: { address: `198.51.100.${last}`, port: 40_000 } });
    client.write(Buffer.concat([header, Buffer.from(REQUEST)]));
    for (let turn = 0; turn < 2; turn += 1) {
      if (turn > 0) client.write(REQUEST);
      const { body } = await client.response();
      assert.equal(body.match(/x-forwarded-for: [^\r]*/gi)?.join(), `X-Forwarded-For: 198.51.100.${last}`);
    }
    client.close();
  }
  assert.equal(b.counters.connections, 2, 'one a client, kept for its second request');
  assert.deepEqual([a.counters.bled, b.counters.bledIn], [4, 4]);
});

test('HTTP: when both are empty it is one hop, and 503', async (context) => {
  const { a, b } = await startPod(context, DEMANDING);
  const client = await a.connect();
  client.write(Buffer.concat([HEADER, Buffer.from(REQUEST)]));
  assert.equal((await client.response()).status, 503);
  assert.deepEqual([a.counters.bled, b.counters.bledIn, b.counters.bled], [1, 1, 0]);
  client.close();
});
