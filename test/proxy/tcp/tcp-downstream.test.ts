import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort, ownAddress } from '../../support/addresses.js';
import { eventually, settledFigure } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { SeededRandom } from '../../support/seeded-random.js';
import { ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const TCP = { protocol: 'tcp' } as const;

/** Connects; the reset may come before the connection is known here. */
async function untilRefused(plane: TestPlane): Promise<void> {
  await plane.connect().then(
    (client) => client.ended(),
    (error: NodeJS.ErrnoException) => assert.equal(error.code, 'ECONNRESET'),
  );
}

test('bytes pass both ways, and each side ends for itself', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { protocol: 'tcp', instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write('ping');
  const upstream = await instance.connection(0);
  await upstream.until((text) => text === 'ping');
  client.socket.end();
  await upstream.ended();
  upstream.write('pong after the end');
  upstream.socket.end();
  assert.equal(await client.ended(), 'pong after the end');
});

test('an instance that speaks first is heard, with a PROXY header in front too', async (context) => {
  const instance = await ScriptedInstance.start(context, (connection) => {
    connection.write('220 ready\r\n');
    connection.socket.on('end', () => connection.socket.end());
  });
  const plane = await TestPlane.start(context, {
    slot: { ...TCP, acceptProxy: true, trustedProxies: ['127.0.0.0/8'], instances: [instanceOf(instance)] },
  });
  const client = await plane.connect();
  client.write('PROXY TCP4 198.51.100.7 192.0.2.1 40000 25\r\n');
  await client.until((text) => text === '220 ready\r\n');
  client.write('P');
  client.write('ASS');
  await (await instance.connection(0)).until((text) => text === 'PASS');
  client.close();
  await eventually('its end is logged', () => plane.accessLog.length === 1);
  assert.match(
    plane.accessLog[0] ?? '',
    /^198\.51\.100\.7:40000 \[[^\]]+\] slot:\d+ shop\/127\.[\d.]+:\d+ 0\/\d+\/\d+ 11 -- 1\/1\/0\/0\/0 0\/0\n$/,
  );
});

test('an instance that refuses is left out at once: the next one gets the client', async (context) => {
  const host = ownAddress();
  const dead = instanceOf({ host, port: await freePort(host) });
  const alive = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { ...TCP, instances: [dead, instanceOf(alive)] } });
  for (let turn = 0; turn < 4; turn += 1) {
    const client = await plane.connect();
    client.write(`hello ${turn}`);
    await (await alive.connection(turn)).until((text) => text === `hello ${turn}`);
    client.close();
  }
  assert.ok(plane.counters.retries > 0);
  assert.deepEqual(plane.counters.errors, {});
});

test('without an instance the client is reset, and the reason counted', async (context) => {
  const plane = await TestPlane.start(context, { slot: TCP });
  await untilRefused(plane);
  assert.equal(plane.counters.errors.NO_INSTANCE, 1);
});

test('at its limit an instance gets the next client when one leaves', async (context) => {
  const instance = await ScriptedInstance.start(context, (connection) => {
    connection.socket.on('end', () => connection.socket.end());
  });
  const plane = await TestPlane.start(context, {
    slot: { ...TCP, limits: { connections: 1, queue: 1 }, instances: [instanceOf(instance)] },
  });
  const first = await plane.connect();
  first.write('first');
  await (await instance.connection(0)).until((text) => text === 'first');
  const second = await plane.connect();
  second.write('second');
  await eventually('the second waits', () => plane.plane.counters().slots.shop?.queued === 1);
  await untilRefused(plane);
  assert.equal(plane.counters.errors.QUEUE_FULL, 1);
  assert.equal(instance.connections.length, 1);
  first.close();
  await (await instance.connection(1)).until((text) => text === 'second');
  second.close();
});

test('who waits too long is reset; who goes while waiting leaves no trace', async (context) => {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, {
    clock,
    slot: { ...TCP, limits: { connections: 1, queue: 10 }, instances: [instanceOf(instance)] },
  });
  const first = await plane.connect();
  first.write('first');
  await (await instance.connection(0)).until((text) => text === 'first');
  const patient = await plane.connect();
  const impatient = await plane.connect();
  const queued = (): number => plane.plane.counters().slots.shop?.queued ?? -1;
  await eventually('both wait', () => queued() === 2);
  impatient.socket.resetAndDestroy();
  await clock.advance(10_200);
  await patient.ended();
  assert.equal(plane.counters.errors.QUEUE_TIMEOUT, 1, 'who goes while waiting waits no more');
  assert.equal(queued(), 0);
  first.close();
});

test('a connection without traffic ends after the tunnel time', async (context) => {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { clock, slot: { ...TCP, instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write('hello');
  await (await instance.connection(0)).until((text) => text === 'hello');
  await clock.advance(3_590_000);
  client.write(' again');
  await (await instance.connection(0)).until((text) => text === 'hello again');
  await clock.advance(3_590_000);
  assert.deepEqual(plane.counters.errors, {});
  await clock.advance(20_000);
  await client.ended();
  assert.equal(plane.counters.errors.TUNNEL_TIMEOUT, 1);
});

test('connections of a drained instance end at moments of their own within the drain time', async (context) => {
  const clock = new FakeClock();
  const random = new SeededRandom(5);
  const instance = await ScriptedInstance.start(context, (connection) => connection.write('welcome'));
  const plane = await TestPlane.start(context, {
    clock,
    random: () => random.next(),
    slot: { ...TCP, instances: [instanceOf(instance)] },
  });
  const clients = await Promise.all(Array.from({ length: 40 }, () => plane.connect()));
  for (const client of clients) {
    await client.until((text) => text === 'welcome');
    client.socket.on('end', () => client.socket.end());
  }
  await plane.change({ instances: [instanceOf(instance, { state: 'drain' })] });
  await clock.advance(14_000);
  assert.equal(plane.counters.openConnections, 40);
  await clock.advance(8_000);
  await eventually('some are closed', () => plane.counters.openConnections < 40);
  const left = await settledFigure(() => plane.counters.openConnections);
  assert.ok(left > 5 && left < 35, `${left} are left half way`);
  await clock.advance(9_000);
  await eventually('all are closed', () => plane.counters.openConnections === 0);
});
