import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHeader } from '../../../src/proxy-protocol/decode.js';
import { encodeV2 } from '../../../src/proxy-protocol/encode.js';
import type { ProxyHeader } from '../../../src/proxy-protocol/header.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import type { RawConnection } from '../../support/traffic/raw-connection.js';
import { okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const REQUEST = 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n';

/** The header that a connection began with, and what came behind it. */
function split(connection: RawConnection): { readonly header: ProxyHeader; readonly rest: string } {
  const bytes = Buffer.from(connection.text, 'latin1');
  const decoded = decodeHeader(bytes, 0, bytes.length);
  assert.equal(decoded.state, 'complete', JSON.stringify(connection.text));
  assert.ok(decoded.state === 'complete');
  return { header: decoded.header, rest: connection.text.slice(decoded.header.length) };
}

/** Answers each request; a header in front does not matter to it. */
function answerRequests(connection: RawConnection): void {
  let answered = 0;
  connection.socket.on('data', () => {
    const asked = connection.text.match(/ HTTP\/1\.1\r\n/g)?.length ?? 0;
    for (; answered < asked; answered += 1) connection.write(okResponse('yes'));
  });
}

for (const [sendProxy, version] of [
  ['v1', 1],
  ['v2', 2],
] as const) {
  test(`${sendProxy}: an instance hears first who the client is, once a connection`, async (context) => {
    const instance = await ScriptedInstance.start(context, answerRequests);
    const plane = await TestPlane.start(context, { slot: { sendProxy, instances: [instanceOf(instance)] } });
    const client = await plane.connect();
    for (let turn = 0; turn < 3; turn += 1) {
      client.write(REQUEST);
      assert.equal((await client.response()).body, 'yes');
    }
    assert.equal(instance.connections.length, 1, 'the client has one connection, and it is kept');
    const { header, rest } = split(await instance.connection(0));
    assert.equal(header.version, version);
    assert.deepEqual(header.source, { address: client.socket.localAddress, port: client.socket.localPort });
    assert.equal(rest.match(/^GET \/ HTTP\/1\.1/gm)?.length, 3);
    assert.doesNotMatch(rest, /PROXY/);
    client.close();
  });

  test(`${sendProxy}: a connection is never shared between clients`, async (context) => {
    const instance = await ScriptedInstance.start(context, answerRequests);
    const plane = await TestPlane.start(context, { slot: { sendProxy, instances: [instanceOf(instance)] } });
    const clients = await Promise.all([plane.connect(), plane.connect()]);
    for (const client of [...clients, ...clients]) {
      client.write(REQUEST);
      await client.response();
    }
    assert.equal(instance.connections.length, 2);
    const ports = instance.connections.map((connection) => split(connection).header.source?.port);
    assert.deepEqual(ports.sort(), clients.map(({ socket }) => socket.localPort).sort());
    // What was opened for a client goes with it.
    const [first] = clients;
    first.close();
    await Promise.race(instance.connections.map((connection) => connection.ended()));
    clients[1].close();
  });

  test(`${sendProxy}: a TCP instance hears of the client before its bytes`, async (context) => {
    const instance = await ScriptedInstance.start(context);
    const plane = await TestPlane.start(context, {
      slot: { protocol: 'tcp', sendProxy, instances: [instanceOf(instance)] },
    });
    const client = await plane.connect();
    client.write('hello');
    const connection = await instance.connection(0);
    await connection.until((text) => text.endsWith('hello'));
    const { header, rest } = split(connection);
    assert.deepEqual([header.version, header.source?.port, rest], [version, client.socket.localPort, 'hello']);
    client.close();
  });
}

test('what the balancer said of client and destination goes on to the instance', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, {
    slot: {
      protocol: 'tcp',
      acceptProxy: true,
      trustedProxies: ['127.0.0.0/8'],
      sendProxy: 'v2',
      instances: [instanceOf(instance)],
    },
  });
  const endpoints = {
    source: { address: '2001:db8::7', port: 40_000 },
    destination: { address: '2001:db8::1', port: 443 },
  };
  const balancer = await plane.connect();
  balancer.write(Buffer.concat([encodeV2(endpoints), Buffer.from('hello')]));
  const connection = await instance.connection(0);
  await connection.until((text) => text.endsWith('hello'));
  const { header } = split(connection);
  assert.deepEqual({ source: header.source, destination: header.destination }, endpoints);
  balancer.close();
});

test('a pooled connection without a header is not used once headers are sent', async (context) => {
  const instance = await ScriptedInstance.start(context, answerRequests);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write(REQUEST);
  await client.response();
  await plane.change({ sendProxy: 'v2' });
  client.write(REQUEST);
  await client.response();
  assert.equal(instance.connections.length, 2);
  assert.equal(split(await instance.connection(1)).header.version, 2);
  client.close();
});
