/**
 * An instance that refuses the connection has seen nothing of the request: it goes to the next instance at once, whatever
 * its method, and the client notices nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort, ownAddress } from '../support/addresses.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

async function refusing(): Promise<{ readonly host: string; readonly port: number }> {
  const host = ownAddress();
  return { host, port: await freePort(host) };
}

test('every method reaches the one instance that listens, however many refuse', async (context) => {
  const alive = await ScriptedInstance.start(context, answering(okResponse('ok', 'Connection: close\r\n')));
  const dead = [await refusing(), await refusing(), await refusing()];
  const plane = await TestPlane.start(context, { slot: { instances: [...dead, alive].map((one) => instanceOf(one)) } });
  const client = await plane.connect();
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'order']) {
    for (let turn = 0; turn < 4; turn += 1) {
      client.write(`${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
      assert.equal((await client.response()).status, 200, method);
    }
  }
  assert.equal(alive.connections.length, 28);
  assert.equal(plane.counters.retries, plane.counters.redispatches, 'each to another instance');
  assert.equal(plane.counters.retries, plane.connectFailures.length);
  assert.deepEqual(plane.counters.errors, {});
  client.close();
});

test('a body that is still on its way follows to the instance that listens', async (context) => {
  const alive = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, {
    slot: { instances: [instanceOf(await refusing()), instanceOf(alive)] },
  });
  const client = await plane.connect();
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
  const upstream = await alive.connection(0);
  await upstream.until((text) => text.endsWith('hello'));
  client.write('world');
  await upstream.until((text) => text.endsWith('\r\n\r\nhelloworld'));
  upstream.write(okResponse('ok'));
  assert.equal((await client.response()).body, 'ok');
  client.close();
});

test('when all refuse: 503 with Retry-After, and the connection lives on', async (context) => {
  const plane = await TestPlane.start(context, {
    slot: { instances: [instanceOf(await refusing()), instanceOf(await refusing())] },
  });
  const client = await plane.connect();
  for (let turn = 0; turn < 3; turn += 1) {
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
    const { status, fields } = await client.response();
    assert.equal(status, 503);
    assert.ok(fields.has('retry-after'));
  }
  assert.equal(plane.counters.inFlight, 0);
  client.close();
});
