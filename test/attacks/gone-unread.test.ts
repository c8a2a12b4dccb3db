/**
 * Clients that are gone while nothing is read from them: libuv tells nobody of a reset then. Each held a descriptor, the
 * bytes that it had sent ahead and a place at an instance until the instance answered, ten minutes at most.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import type { RawConnection } from '../support/traffic/raw-connection.js';
import { ScriptedInstance } from '../support/traffic/scripted-instance.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
/** It is noticed at the next look, once a second, which comes up to a tick late. */
const NOTICED_MS = 1_100;

async function reset(client: RawConnection): Promise<void> {
  client.socket.resetAndDestroy();
  await once(client.socket, 'close');
}

test('a reset behind pipelined bytes frees the instance within a second', async (context) => {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] }, clock });
  const client = await plane.connect();
  client.write(`${GET}G`);
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  await reset(client);
  await clock.advance(NOTICED_MS);
  await upstream.ended();
  await eventually('it is gone', () => plane.counters.openConnections === 0);
  assert.equal(plane.counters.errors.CLIENT_ABORTED, 1);
  assert.equal(plane.counters.inFlight, 0);
});

test('a reset behind an end too', async (context) => {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] }, clock });
  const client = await plane.connect();
  client.socket.end(GET, 'latin1');
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  await clock.advance(NOTICED_MS);
  assert.equal(plane.counters.inFlight, 1, 'an end alone says that it has asked all it wants');
  await reset(client);
  await clock.advance(NOTICED_MS);
  await upstream.ended();
  await eventually('it is gone', () => plane.counters.openConnections === 0);
});

for (const protocol of ['http', 'tcp'] as const) {
  test(`${protocol}: a reset while it waits for an instance gives its place in the queue to others`, async (context) => {
    const clock = new FakeClock();
    const instance = await ScriptedInstance.start(context);
    const slot = { protocol, instances: [instanceOf(instance)], limits: { connections: 1, queue: 10 } };
    const plane = await TestPlane.start(context, { slot, clock });
    const first = await plane.connect();
    const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n1';
    first.write(post);
    await (await instance.connection(0)).until((text) => text.endsWith('1'));
    const second = await plane.connect();
    second.write(post);
    await eventually('it waits', () => plane.counters.queued === 1);
    await reset(second);
    await clock.advance(NOTICED_MS);
    await eventually('it waits no more', () => plane.counters.openConnections === 1 && plane.counters.queued === 0);
    first.close();
  });
}

test('300 floods of pipelined input leave nothing behind', async (context) => {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context, ({ socket }) => socket.on('end', () => socket.end()));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] }, clock });
  const flood = GET + 'x'.repeat(60_000);
  const descriptors = readdirSync('/proc/self/fd').length;
  const { arrayBuffers } = process.memoryUsage();
  for (let round = 0; round < 3; round += 1) {
    const clients = await Promise.all(Array.from({ length: 100 }, () => plane.connect()));
    for (const client of clients) client.write(flood);
    await eventually('all have asked', () => plane.counters.inFlight === 100);
    await Promise.all(clients.map(reset));
    await clock.advance(NOTICED_MS);
    await eventually('all are gone', () => plane.counters.openConnections === 0);
  }
  await eventually('all descriptors are back', () => readdirSync('/proc/self/fd').length <= descriptors);
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  await eventually('300 times 60 KB are free', () => {
    collectGarbage();
    return process.memoryUsage().arrayBuffers < arrayBuffers + 4_000_000;
  });
});

test('no more is kept of what a client sends ahead than one read brings', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  for (let piece = 0; piece < 160; piece += 1) client.write(GET + 'x'.repeat(65_536));
  await (await instance.connection(0)).until((text) => text.endsWith('\r\n\r\n'));
  // The kernel's buffers are full: nobody reads.
  await eventually('it waits', () => client.socket.writableLength > 0);
  assert.ok(plane.counters.bytesIn <= 131_072, `${plane.counters.bytesIn} bytes were read`);
  client.close();
});

test('the kernel is told to ask whether a silent client is still there', async (context) => {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] }, clock });
  const client = await plane.connect();
  client.socket.end(GET, 'latin1');
  await (await instance.connection(0)).until((text) => text.endsWith('\r\n\r\n'));
  const { localPort = 0 } = client.socket;
  const [own, peer] = [plane.port, localPort].map((port) => port.toString(16).toUpperCase().padStart(4, '0'));
  // proc(5), net/tcp: local, remote and state, both queues, then the timer: 02 is that of keep-alive.
  const timerOf = (): string =>
    new RegExp(`:${own} [0-9A-F]{8}:${peer} [0-9A-F]{2} \\S+ (\\d\\d):`).exec(
      readFileSync('/proc/net/tcp', 'latin1'),
    )?.[1] ?? '';
  assert.equal(timerOf(), '00');
  await clock.advance(NOTICED_MS);
  assert.equal(timerOf(), '02');
  client.close();
});
