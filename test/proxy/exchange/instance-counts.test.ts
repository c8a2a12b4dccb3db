/** What is counted of each instance: requests, answers, bytes, failures and times. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { percentileMs } from '../../../src/metrics/histogram.js';
import type { InstanceCounters } from '../../../src/metrics/instance-counters.js';
import { averageMs, sumMs, TIMES, timedRequests } from '../../../src/metrics/request-times.js';
import { freePort, ownAddress } from '../../support/addresses.js';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { answering, okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const UPGRADE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

function onlyOf(plane: TestPlane): InstanceCounters {
  const [counters] = Object.values(plane.counters.instances);
  assert.ok(counters !== undefined);
  return counters;
}

test('requests, their answers, and the bytes each way', async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('hello')));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  for (let turn = 0; turn < 3; turn += 1) {
    client.write(turn === 1 ? 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody' : GET);
    assert.equal((await client.response()).status, 200);
  }
  const counters = onlyOf(plane);
  const { requests, connections, reuses, responses, bytesIn, bytesOut } = counters;
  assert.deepEqual({ requests, connections, reuses }, { requests: 3, connections: 1, reuses: 2 });
  assert.deepEqual(responses, [0, 0, 3, 0, 0, 0]);
  assert.equal(bytesIn, instance.received.length);
  assert.equal(bytesOut, 3 * okResponse('hello').length);
  assert.equal(timedRequests(counters.times), 3);
  const { sent, connects, times } = plane.counters;
  assert.deepEqual([sent, connects, timedRequests(times)], [3, 1, 3]);
});

test('failures, and to whom a try that is repeated is laid', async (context) => {
  const host = ownAddress();
  const dead = { host, port: await freePort(host) };
  const broken = await ScriptedInstance.start(context, answering('HTTP/1.1 000 Bad\r\n\r\n'));
  const plane = await TestPlane.start(context, { slot: { instances: [dead, broken].map((one) => instanceOf(one)) } });
  const client = await plane.connect();
  for (let turn = 0; turn < 2; turn += 1) {
    client.write(GET);
    assert.equal((await client.response()).status, 502);
  }
  const [ofDead, ofBroken] = [dead, broken].map(({ host: at, port }) => plane.counters.instances[`${at}:${port}`]);
  assert.equal(ofDead?.requests, 0);
  assert.ok((ofDead?.connectFailures ?? 0) >= 1);
  assert.equal(ofDead?.redispatches, plane.counters.redispatches);
  assert.equal(ofBroken?.responseFailures, 2);
  assert.deepEqual(ofBroken?.responses, [0, 0, 0, 0, 0, 0], 'a 502 is our own word');
  assert.equal(plane.counters.responseFailures, 2);
  assert.equal(plane.counters.connectFailures, ofDead?.connectFailures);
});

test('a client that goes and an instance that goes are counted each for itself', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const leaving = await plane.connect();
  leaving.write(GET);
  await (await instance.connection(0)).until((text) => text.endsWith('\r\n\r\n'));
  leaving.socket.resetAndDestroy();
  await eventually('the abort is counted', () => onlyOf(plane).clientAborts === 1);
  const client = await plane.connect();
  client.write(GET);
  const upstream = await instance.connection(1);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
  await client.until((text) => text.endsWith('half'));
  upstream.close();
  await eventually('the cut response is counted', () => onlyOf(plane).serverAborts === 1);
  assert.equal(onlyOf(plane).clientAborts, 1);
});

test('a response in parts has its first part as its time, and the whole as the total', async (context) => {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { clock, slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write(GET);
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  clock.advance(20);
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha');
  await client.until((text) => text.endsWith('ha'));
  clock.advance(30);
  upstream.write('lf');
  await client.until((text) => text.endsWith('half'));
  const { times } = onlyOf(plane);
  assert.equal(sumMs(times, TIMES.RESPONSE), 20);
  assert.equal(sumMs(times, TIMES.TOTAL), 50);
  assert.equal(averageMs(times, TIMES.QUEUE), 0);
});

test('what passes a tunnel is counted both ways', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write(UPGRADE);
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  upstream.write(`${SWITCHED}hello`);
  await client.until((text) => text.endsWith('hello'));
  assert.equal(plane.counters.bytesOut, client.text.length, 'counted as they come');
  const [before, outBefore] = [{ ...onlyOf(plane) }, plane.counters.bytesOut];
  client.write('12345');
  await upstream.until((text) => text.endsWith('12345'));
  upstream.write('123');
  await client.until((text) => text.endsWith('123'));
  assert.equal(onlyOf(plane).bytesIn - before.bytesIn, 5);
  assert.equal(onlyOf(plane).bytesOut - before.bytesOut, 3);
  client.socket.destroy();
  upstream.close();
  await eventually('the tunnel is gone', () => plane.counters.tunnels === 0);
  assert.equal(plane.counters.bytesOut - outBefore, 3, 'the slot counts them too, once');
  assert.deepEqual(onlyOf(plane).responses, [0, 1, 0, 0, 0, 0]);
});

test('the latency of a tunnel is that of the switch, and its line has the time of its whole life', async (context) => {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, {
    clock,
    slot: { instances: [instanceOf(instance)] },
    logFormat: '%Tr %Ta',
  });
  const client = await plane.connect();
  client.write(UPGRADE);
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  await clock.advance(20);
  upstream.write(SWITCHED);
  await client.response();
  const { latency } = plane.counters;
  const measured = [...latency];
  assert.equal(
    measured.reduce((sum, count) => sum + count, 0),
    1,
  );
  assert.ok(Math.abs((percentileMs(latency, 0.5) ?? 0) - 20) < 1);
  await clock.advance(60_000);
  client.close();
  upstream.socket.end();
  await eventually('it is logged', () => plane.accessLog.length === 1);
  assert.equal(plane.accessLog[0], '20 60020\n');
  assert.deepEqual([...latency], measured);
  assert.equal(sumMs(plane.counters.times, TIMES.TOTAL), 60_020);
});

test('a TCP slot counts the bytes and the time of its clients', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { protocol: 'tcp', instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write('ping');
  const upstream = await instance.connection(0);
  await upstream.until((text) => text === 'ping');
  upstream.write('pong!');
  await client.until((text) => text === 'pong!');
  client.socket.destroy();
  upstream.close();
  await eventually('the client is gone', () => plane.counters.openConnections === 0);
  const { bytesIn, bytesOut, requests, times } = onlyOf(plane);
  assert.deepEqual({ bytesIn, bytesOut, requests }, { bytesIn: 4, bytesOut: 5, requests: 1 });
  assert.equal(timedRequests(times), 1);
});
