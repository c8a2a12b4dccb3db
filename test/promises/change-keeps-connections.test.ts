/**
 * A change never costs a connection: instances come, go, drain and change their weight while clients keep their
 * connections and send, GETs and POSTs alike. Not one request fails, and each is answered by the table that was in
 * force when it came: an old connection sees a new instance at once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { SeededRandom } from '../support/seeded-random.js';
import type { RawConnection } from '../support/traffic/raw-connection.js';
import { okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const CLIENTS = 50;
const CHANGES = 1_000;

/** Answers each request, which comes in one piece from these clients, with its own name. */
function named(name: string): (connection: RawConnection) => void {
  return (connection) => {
    connection.socket.on('data', () => connection.write(okResponse(name)));
    connection.socket.on('end', () => connection.socket.end());
  };
}

test('1 000 changes under 50 clients: 0 failed requests, 50 connections', async (context) => {
  const random = new SeededRandom(11);
  const instances = await Promise.all(['a', 'b', 'c', 'd'].map((name) => ScriptedInstance.start(context, named(name))));
  const all = instances.map((one) => instanceOf(one));
  const plane = await TestPlane.start(context, { slot: { instances: all } });
  let isDone = false;
  let requests = 0;
  const runClient = async (index: number): Promise<void> => {
    const client = await plane.connect();
    while (!isDone) {
      client.write(
        index % 2 === 0
          ? 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
          : 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
      );
      const response = await client.response();
      assert.equal(response.status, 200);
      assert.equal(response.fields.get('connection'), undefined);
      requests += 1;
    }
    client.close();
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, index) => runClient(index)));
  for (let change = 0; change < CHANGES; change += 1) {
    // One at least stays as it is.
    const kept = random.below(all.length);
    const next = all
      .filter((_, index) => index === kept || !random.once(3))
      .map((one, index) =>
        one === all[kept] || random.once(2)
          ? one
          : {
              ...one,
              state: random.pick(['drain', 'maint', 'ready'] as const),
              weight: index * 50,
              up: random.once(2),
            },
      );
    await plane.change({ instances: next, balance: random.pick(['roundrobin', 'leastconn', 'random', 'source']) });
    await new Promise((resolve) => setImmediate(resolve));
  }
  isDone = true;
  await clients;
  assert.ok(requests > CHANGES);
  assert.equal(plane.counters.connections, CLIENTS);
  assert.deepEqual(plane.counters.errors, {});
  assert.equal(plane.counters.retries, 0);
  assert.equal(plane.counters.inFlight, 0);
});

test('the next request on an old connection is served by the new table', async (context) => {
  const instances = await Promise.all(['a', 'b'].map((name) => ScriptedInstance.start(context, named(name))));
  const [a, b] = instances.map((one) => instanceOf(one));
  assert.ok(a !== undefined && b !== undefined);
  const plane = await TestPlane.start(context);
  const client = await plane.connect();
  for (let turn = 0; turn < 100; turn += 1) {
    const isEven = turn % 2 === 0;
    // In force when `apply` has returned, not when its promise is kept.
    void plane.change({ instances: [isEven ? a : b] });
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal((await client.response()).body, isEven ? 'a' : 'b');
  }
  client.close();
});

test('what a removed instance works on is finished', async (context) => {
  const leaving = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(leaving)] } });
  const client = await plane.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const upstream = await leaving.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  await plane.change({ instances: [] });
  upstream.write(okResponse('finished'));
  assert.equal((await client.response()).body, 'finished');
  // Nobody needs the connection any more.
  await upstream.ended();
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await client.response()).status, 503);
  client.close();
});
