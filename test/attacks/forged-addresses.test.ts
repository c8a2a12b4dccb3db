/**
 * Forged addresses: X-Forwarded-* and the bleed mark say who asked, over what, and whether another node sent it.
 * A client that may write them itself passes for somebody else, or for HTTPS. Protocol and port are kept from trusted
 * addresses alone; X-Forwarded-For is a list, whose last entry is ours; the mark asks for no second hop and gives nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BLEED_MARK_NAME } from '../../src/http1/fields.js';
import { encodeV1, encodeV2 } from '../../src/proxy-protocol/encode.js';
import type { SlotSnapshot, Snapshot } from '../../src/snapshot/snapshot.js';
import { ownAddress } from '../support/addresses.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf, neighborOf } from '../support/node/snapshots.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const FORGED =
  'X-Forwarded-For: 192.0.2.66\r\nX-Forwarded-Proto: https\r\nx-forwarded-port: 443\r\n' +
  `${BLEED_MARK_NAME}: node-9\r\n${BLEED_MARK_NAME.toLowerCase()}: node-8\r\n`;

async function fieldsAtInstance(
  context: test.TestContext,
  slot: Partial<SlotSnapshot>,
  snapshot: Partial<Snapshot> = {},
): Promise<{ readonly received: string; readonly plane: TestPlane }> {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)], ...slot }, snapshot });
  const client = await plane.connect();
  client.write(`GET / HTTP/1.1\r\nHost: a\r\n${FORGED}\r\n`);
  const upstream = await instance.connection(0);
  const received = await upstream.until((text) => text.endsWith('\r\n\r\n'));
  upstream.write(okResponse(''));
  await client.response();
  client.close();
  return { received, plane };
}

test('a stranger says neither protocol nor port, and its mark is removed', async (context) => {
  const { received, plane } = await fieldsAtInstance(context, {});
  assert.doesNotMatch(received, /https|443\r|bled/i);
  assert.ok(received.includes(`\r\nX-Forwarded-Port: ${plane.port}\r\n`));
  assert.ok(received.includes('\r\nX-Forwarded-Proto: http\r\n'));
  assert.equal(received.match(/x-forwarded-p/gi)?.length, 2, 'each once');
});

test('a trusted proxy says protocol and port; its mark is removed too', async (context) => {
  const { received } = await fieldsAtInstance(context, { trustedProxies: ['127.0.0.0/8'] });
  assert.ok(received.includes('\r\nX-Forwarded-Proto: https\r\n'));
  assert.ok(received.includes('\r\nx-forwarded-port: 443\r\n'));
  assert.equal(received.match(/x-forwarded-p/gi)?.length, 2, 'each once');
  assert.doesNotMatch(received, /bled/i);
});

test('a mark of any sender asks for no second hop, and the sender gets just that', async (context) => {
  const neighbor = await ScriptedInstance.start(context);
  // The neighbor is reached at the slot's own port: the plane takes the port of the scripted one.
  const plane = await TestPlane.start(context, {
    slot: { port: neighbor.port, neighbors: [neighborOf(neighbor.host)] },
  });
  for (const mark of ['node-9', '']) {
    const client = await plane.connect();
    client.write(`GET / HTTP/1.1\r\nHost: a\r\n${BLEED_MARK_NAME}: ${mark}\r\n\r\n`);
    assert.equal((await client.response()).status, 503);
    client.close();
  }
  assert.equal(neighbor.connections.length, 0);
});

test('a mark opens no internal app, from the address of a neighbor either: its containers have the same', async (context) => {
  const client = ownAddress();
  for (const protocol of ['http', 'tcp'] as const) {
    const instance = await ScriptedInstance.start(context);
    const plane = await TestPlane.start(context, {
      slot: { protocol, instances: [instanceOf(instance)], internal: true },
      snapshot: { peers: [client], internalNetworks: ['127.0.0.1/32'] },
    });
    // TCP is reset at once, perhaps before the client has noticed that it was connected.
    const attacker = await plane.connect(client).catch(() => null);
    attacker?.write(`GET / HTTP/1.1\r\nHost: a\r\n${FORGED}\r\n`);
    if (protocol === 'http') assert.equal((await attacker?.response())?.status, 403);
    else assert.equal((await attacker?.ended()) ?? '', '');
    attacker?.close();
    assert.equal(plane.counters.errors.FORBIDDEN, 1);
    assert.equal(instance.connections.length, 0);
  }
});

test('an app that becomes internal is so on connections that are open already', async (context) => {
  const instance = await ScriptedInstance.start(
    context,
    answering((head) => okResponse(head)),
  );
  const plane = await TestPlane.start(context, {
    slot: { instances: [instanceOf(instance)] },
    snapshot: { internalNetworks: ['10.0.0.0/8'] },
  });
  const client = await plane.connect();
  for (const [internal, status] of [
    [false, 200],
    [true, 403],
    [false, 200],
  ] as const) {
    await plane.change({ internal });
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal((await client.response()).status, status);
  }
  client.close();
});

test('a client with a mark of its own does not choose X-Forwarded-For alone', async (context) => {
  const instance = await ScriptedInstance.start(
    context,
    answering((head) => okResponse(head)),
  );
  const balancer = ownAddress();
  const plane = await TestPlane.start(context, {
    slot: { instances: [instanceOf(instance)], acceptProxy: true, trustedProxies: ['127.0.0.0/8'] },
    snapshot: { peers: [balancer] },
  });
  const ends = { source: { address: '198.51.100.7', port: 40_000 }, destination: { address: '192.0.2.1', port: 443 } };
  for (const header of [encodeV1(ends), encodeV2(ends)]) {
    const client = await plane.connect(balancer);
    client.write(Buffer.concat([header, Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${FORGED}\r\n`)]));
    const { body } = await client.response();
    assert.deepEqual(body.match(/x-forwarded-for: [^\r]*/gi), [
      'X-Forwarded-For: 192.0.2.66',
      'X-Forwarded-For: 198.51.100.7',
    ]);
    client.close();
  }
});

test('a neighbor that is in no network of trusted_proxies may not send a PROXY header', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const neighbor = ownAddress();
  const plane = await TestPlane.start(context, {
    slot: { instances: [instanceOf(instance)], acceptProxy: true, trustedProxies: ['10.0.0.0/8'] },
    snapshot: { peers: [neighbor] },
  });
  const attacker = await plane.connect(neighbor);
  attacker.write(encodeV2({ source: { address: '10.0.0.1', port: 1 }, destination: { address: '10.0.0.2', port: 2 } }));
  assert.equal(await attacker.ended(), '');
  assert.equal(plane.counters.errors.PROXY_HEADER_REFUSED, 1);
});
