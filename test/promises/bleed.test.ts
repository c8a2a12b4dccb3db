/**
 * Bleed: a node without a usable instance of its own sends the request to a neighboring node, with a mark, and a marked
 * request goes no further. So clients see no difference while one node has an instance left, and when none has, the
 * request makes exactly one hop and comes back as 503 instead of going round.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BLEED_MARK_NAME } from '../../src/http1/fields.js';
import { ownAddress } from '../support/addresses.js';
import { TestPlane } from '../support/node/plane.js';
import { startPod } from '../support/node/pod.js';
import { instanceOf, neighborOf } from '../support/node/snapshots.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const GET = 'GET / HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n';

for (const hostFilter of [null, 'shop.example']) {
  test(`the neighbor serves what this node cannot (host filter: ${hostFilter})`, async (context) => {
    const instance = await ScriptedInstance.start(
      context,
      answering((head) => okResponse(head)),
    );
    const { a, b } = await startPod(context, { hostFilter });
    await b.change({ instances: [instanceOf(instance)] });
    const down = instanceOf({ host: ownAddress(), port: 1 }, { up: false });
    for (const instances of [[], [down]]) {
      await a.change({ instances });
      const client = await a.connect();
      for (let turn = 0; turn < 5; turn += 1) {
        client.write(GET);
        const { status, body } = await client.response();
        assert.equal(status, 200);
        assert.ok(!body.includes(BLEED_MARK_NAME), 'the mark is for nodes alone');
        assert.ok(body.includes('\r\nX-Forwarded-For: 192.0.2.1\r\n'));
        assert.equal(body.match(/x-forwarded-for/gi)?.length, 1, 'who asked is known already');
      }
      client.close();
    }
    assert.equal(a.counters.bled, 10);
    assert.equal(b.counters.bledIn, 10);
    // Back home as soon as there is an instance of its own.
    await a.change({ instances: [instanceOf(instance)] });
    const client = await a.connect();
    client.write(GET);
    assert.equal((await client.response()).status, 200);
    assert.equal(a.counters.bled, 10);
    client.close();
  });

  test(`both nodes empty: one hop, then 503 (host filter: ${hostFilter})`, async (context) => {
    const { a, b } = await startPod(context, { hostFilter });
    const client = await a.connect();
    for (let turn = 1; turn <= 3; turn += 1) {
      client.write(GET);
      const { status, fields } = await client.response();
      assert.equal(status, 503);
      assert.ok(fields.has('retry-after'));
      assert.deepEqual([a.counters.requests, b.counters.requests], [turn, turn]);
      assert.deepEqual([a.counters.bled, b.counters.bled], [turn, 0]);
    }
    client.close();
  });
}

test('the mark names the sender, once', async (context) => {
  const host = ownAddress();
  const neighbor = await ScriptedInstance.start(
    context,
    answering((head) => okResponse(head)),
  );
  const plane = await TestPlane.start(context, {
    bind: host,
    slot: { port: neighbor.port, neighbors: [neighborOf(neighbor.host, { localAddress: host })] },
    snapshot: { node: 'node-a' },
  });
  const client = await plane.connect();
  client.write(GET);
  const { body } = await client.response();
  assert.deepEqual(body.match(new RegExp(`${BLEED_MARK_NAME}.*`, 'gi')), [`${BLEED_MARK_NAME}: node-a`]);
  const [upstream] = neighbor.connections;
  assert.equal(upstream?.socket.remoteAddress, host, 'it comes from the address that neighbors know this node by');
  client.close();
  // A kept-alive connection to a neighbor does not outlive the worker.
  plane.plane.close();
  await upstream?.ended();
});

test('neighbors that do not answer their checks are not used', async (context) => {
  const neighbor = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, {
    slot: { port: neighbor.port, neighbors: [neighborOf(neighbor.host, { up: false })] },
  });
  const client = await plane.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await client.response()).status, 503);
  assert.equal(neighbor.connections.length, 0);
  client.close();
});
