/**
 * Drain: a worker that goes finishes what it has begun. It accepts no more; what is under way ends, with
 * `Connection: close`; an idle client gets some seconds in which a request that was already on its way is still answered;
 * what is left at the deadline is cut and counted.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../support/fake-clock.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import type { RawConnection } from '../support/traffic/raw-connection.js';
import { okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const DEADLINE_MS = 20_000;

/** Answers all but /held, which a test answers itself. */
function script(connection: RawConnection): void {
  connection.socket.on('data', (bytes: Buffer) => {
    if (!bytes.includes('/held')) connection.write(okResponse('ok'));
  });
}

interface Served {
  readonly plane: TestPlane;
  readonly clock: FakeClock;
  readonly instance: ScriptedInstance;
}

async function start(context: test.TestContext): Promise<Served> {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context, script);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] }, clock });
  return { plane, clock, instance };
}

/** A request that the instance has and does not answer yet. */
async function hold(
  plane: TestPlane,
  instance: ScriptedInstance,
): Promise<{ client: RawConnection; upstream: RawConnection }> {
  const client = await plane.connect();
  const before = instance.connections.length;
  client.write('GET /held HTTP/1.1\r\nHost: a\r\n\r\n');
  const upstream = await instance.connection(before);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  return { client, upstream };
}

test('what is under way ends, and its connection with it', async (context) => {
  const { plane, instance } = await start(context);
  const { client, upstream } = await hold(plane, instance);
  const drained = plane.plane.drain(DEADLINE_MS);
  await assert.rejects(plane.connect(), { code: 'ECONNREFUSED' });
  await assert.rejects(plane.connectHealth(), { code: 'ECONNREFUSED' });
  upstream.write(okResponse('finished'));
  const { body, fields } = await client.response();
  assert.equal(body, 'finished');
  assert.equal(fields.get('connection'), 'close');
  await client.ended();
  client.close();
  assert.equal(await drained, 0);
});

test('an idle client is answered once more within the grace, and closed after it', async (context) => {
  const { plane, clock } = await start(context);
  const [asking, silent] = [await plane.connect(), await plane.connect()];
  for (const client of [asking, silent]) {
    client.write(GET);
    assert.equal((await client.response()).body, 'ok');
  }
  const drained = plane.plane.drain(DEADLINE_MS);
  await clock.advance(4_900);
  asking.write(GET);
  const { status, fields } = await asking.response();
  assert.equal(status, 200);
  assert.equal(fields.get('connection'), 'close');
  await clock.advance(200);
  assert.equal(await silent.ended(), '');
  assert.equal(silent.error, null, 'in order');
  asking.close();
  silent.close();
  assert.equal(await drained, 0);
});

test('what is left at the deadline is cut and counted', async (context) => {
  const { plane, clock, instance } = await start(context);
  const held = [await hold(plane, instance), await hold(plane, instance)];
  const drained = plane.plane.drain(DEADLINE_MS);
  await clock.advance(DEADLINE_MS + 1);
  assert.equal(await drained, 2);
  for (const { client, upstream } of held) {
    assert.equal(await client.ended(), '');
    await upstream.ended();
    client.close();
  }
});

test('pipelined requests that are here when the drain begins: the first is answered, the others were never begun', async (context) => {
  const { plane, instance } = await start(context);
  const client = await plane.connect();
  client.write(`GET /held HTTP/1.1\r\nHost: a\r\n\r\n${GET}${GET}`);
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  const drained = plane.plane.drain(DEADLINE_MS);
  upstream.write(okResponse('first'));
  const { body, fields } = await client.response();
  assert.equal(body, 'first');
  assert.equal(fields.get('connection'), 'close');
  assert.equal(await client.ended(), '');
  assert.equal(plane.counters.requests, 1);
  client.close();
  assert.equal(await drained, 0);
});

test('a client that has its whole answer and has not closed yet is not cut', async (context) => {
  const { plane } = await start(context);
  const answered = await plane.connect();
  answered.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.equal((await answered.response()).body, 'ok');
  await answered.ended();
  assert.equal(plane.counters.openConnections, 1);
  const drained = plane.plane.drain(DEADLINE_MS);
  plane.plane.endDrain();
  assert.equal(await drained, 0);
});
