/**
 * Promise: nothing waits for a container that is gone. The network of a container goes with it, so what it had not sent by
 * then comes without an end and without a reset; what it had sent reaches the client first.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { SlotSnapshot } from '../../src/snapshot/snapshot.js';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf, snapshotOf } from '../support/node/snapshots.js';
import type { RawConnection } from '../support/traffic/raw-connection.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const LIFE = '0123456789ab@2026-11-29T11:02:03.1Z';
const GONE = { gone: [{ life: LIFE, host: null }] };
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi';
const UPGRADE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n';
/** After two looks at a connection it is known whether anything came between them. */
const LOOK_MS = 250;

interface Served {
  readonly clock: FakeClock;
  readonly plane: TestPlane;
  /** In the container. */
  readonly mute: ScriptedInstance;
  /** In another one. */
  readonly other: ScriptedInstance;
  /** The container leaves, as after its stop signal. */
  leave(): Promise<void>;
  /** It is gone. */
  go(): Promise<void>;
}

async function start(context: TestContext, slot: Partial<SlotSnapshot> = {}): Promise<Served> {
  const mute = await ScriptedInstance.start(context);
  const other = await ScriptedInstance.start(context, answering(okResponse('other')));
  const instances = [instanceOf(mute, { life: LIFE })];
  const clock = new FakeClock();
  const plane = await TestPlane.start(context, { clock, slot: { instances, ...slot } });
  const leave = () => plane.change({ instances: [instanceOf(other)] });
  const go = async () => {
    await plane.change({ instances: [instanceOf(other)] }, GONE);
    await clock.advance(LOOK_MS);
  };
  return { clock, plane, mute, other, leave, go };
}

/** @returns the client and the instance's end, which has this text */
async function send({ plane, mute }: Served, text: string): Promise<readonly [RawConnection, RawConnection]> {
  const count = mute.connections.length;
  const client = await plane.connect();
  client.write(text);
  const inside = await mute.connection(count);
  await inside.until((got) => got.length >= text.length, 'all of the request');
  return [client, inside];
}

test('a GET that nobody answers goes to another instance, a POST gets 502', async (context) => {
  const served = await start(context);
  const [get] = await send(served, GET);
  const [post] = await send(served, POST);
  await served.go();
  assert.equal((await get.response()).body, 'other');
  assert.equal((await post.response()).status, 502);
  assert.deepEqual(served.plane.counters.errors, { CLOSED_BEFORE_RESPONSE: 1 });
  assert.equal(served.plane.counters.retries, 1);
});

test('what only leaves may take its time, until it is gone', async (context) => {
  const served = await start(context);
  const [client, inside] = await send(served, GET);
  const [late] = await send(served, POST);
  await served.leave();
  await served.clock.advance(60 * LOOK_MS);
  inside.write(okResponse('in time'));
  assert.equal((await client.response()).body, 'in time');
  assert.equal(late.text, '');
  await served.go();
  assert.equal((await late.response()).status, 502);
});

test('an answer that is on its way is taken to its last byte, however long that takes', async (context) => {
  const served = await start(context);
  const [client, inside] = await send(served, GET);
  inside.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n');
  await client.until((text) => text.endsWith('\r\n\r\n'));
  for (const byte of 'answe') {
    inside.write(byte);
    await client.until((text) => text.endsWith(byte));
    await served.clock.advance(LOOK_MS);
  }
  inside.write('r');
  assert.equal((await client.response()).body, 'answer');
  assert.deepEqual(served.plane.counters.errors, {});
});

test('an answer that stops is cut, and the client sees that it is not whole', async (context) => {
  const served = await start(context);
  const [client, inside] = await send(served, GET);
  inside.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nans');
  const [endless, further] = await send(served, GET);
  further.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nans');
  await Promise.all([client, endless].map((one) => one.until((text) => text.includes('ans'))));
  await served.go();
  // An answer without a length is cut by a reset, some time after its last byte.
  await served.clock.advance(5_000);
  await Promise.all([client.ended(), endless.ended()]);
  assert.ok(client.text.endsWith('ans'));
  assert.match(endless.error?.message ?? endless.text, /reset|ECONNRESET|Content-Length/);
  assert.deepEqual(served.plane.counters.errors, { CLOSED_IN_RESPONSE: 2 });
});

test('what a slow client has not taken yet reaches it whole', async (context) => {
  const served = await start(context);
  const [client, inside] = await send(served, GET);
  client.socket.pause();
  // More than the client's side and the node hold: the rest is in the kernel, on the instance's side of the node.
  const body = Buffer.alloc(12_000_000, 'x');
  inside.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
  inside.write(body);
  await eventually('the node has stopped to read', async () => {
    const { writableLength } = inside.socket;
    await new Promise((resolve) => setTimeout(resolve, 20));
    return writableLength > 0 && inside.socket.writableLength === writableLength;
  });
  await served.go();
  await served.clock.advance(10 * LOOK_MS);
  client.socket.resume();
  assert.equal((await client.response()).body.length, body.length);
});

for (const protocol of ['http', 'tcp'] as const) {
  test(`${protocol}: a tunnel ends, quiet or half closed`, async (context) => {
    const served = await start(context, { protocol });
    const tunnels: RawConnection[] = [];
    for (const isHalfClosed of [false, true]) {
      const [client, inside] = await send(served, UPGRADE);
      inside.write(`${SWITCHED}last words`);
      if (isHalfClosed) inside.socket.end();
      await client.until((text) => text.endsWith('last words'));
      tunnels.push(client);
    }
    assert.equal(served.plane.counters.tunnels, 2);
    await served.go();
    await Promise.all(tunnels.map((client) => client.ended()));
    await eventually('both are gone', () => served.plane.counters.tunnels === 0);
  });
}

test('the end of one life, or of one address, is that of no other', async (context) => {
  const served = await start(context);
  const { clock, plane, mute, other } = served;
  const [client, inside] = await send(served, GET);
  const places = [
    { life: LIFE.replace('0123', 'abcd'), host: null },
    { life: LIFE, host: other.host },
  ];
  await plane.change({ instances: [instanceOf(mute, { life: `${LIFE}2` })] }, { gone: places });
  await clock.advance(10 * LOOK_MS);
  inside.write(okResponse('still there'));
  assert.equal((await client.response()).body, 'still there');
  const [next] = await send(served, GET);
  await plane.change({ instances: [instanceOf(other)] }, { gone: [{ life: `${LIFE}2`, host: mute.host }] });
  await clock.advance(LOOK_MS);
  assert.equal((await next.response()).body, 'other');
});

test('an app that is removed waits for no container that goes then', async (context) => {
  const served = await start(context);
  const { clock, plane } = served;
  const [client] = await send(served, POST);
  await plane.plane.apply(snapshotOf({ bind: plane.host, slots: [], ...GONE }));
  await clock.advance(LOOK_MS);
  assert.equal((await client.response()).status, 502);
});

test('a worker that drains hears of it too', async (context) => {
  const served = await start(context);
  const { clock, plane } = served;
  const [client] = await send(served, POST);
  void plane.plane.drain(60_000);
  plane.plane.endGone(GONE.gone);
  await clock.advance(LOOK_MS);
  assert.equal((await client.response()).status, 502);
});
