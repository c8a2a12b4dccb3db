/**
 * Slow heads (Slowloris): many connections that each send a byte now and then, never a whole request. Whoever counts
 * idle time instead of the whole head's keeps them for ever, and has none left for others. The time for the first head
 * runs from the accept, that for a later one from its first byte, and no byte extends it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const ATTACKERS = 200;
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

test('200 dripping heads are cut when their time is up, and a good client is served all along', async (context) => {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context, answering(okResponse('ok')));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] }, clock });
  const good = await plane.connect();
  const askGood = async (): Promise<void> => {
    good.write(GET);
    assert.equal((await good.response()).body, 'ok');
  };
  await askGood();
  const attackers = await Promise.all(Array.from({ length: ATTACKERS }, () => plane.connect()));
  const drip = async (bytes: string): Promise<void> => {
    const expected = plane.counters.bytesIn + ATTACKERS * bytes.length;
    for (const attacker of attackers) attacker.write(bytes);
    await eventually('all drops have arrived', () => plane.counters.bytesIn === expected);
  };
  await drip('GET /');
  for (let second = 0; second < 4; second += 1) {
    await clock.advance(1_000);
    await drip('x');
    await askGood();
  }
  assert.equal(plane.counters.openConnections, ATTACKERS + 1);
  await clock.advance(1_100);
  for (const attacker of attackers)
    assert.match(await attacker.ended(), /^HTTP\/1\.1 408 [\s\S]*\r\nConnection: close\r\n/);
  assert.equal(plane.counters.errors.REQUEST_TIMEOUT, ATTACKERS);
  await askGood();
  for (const attacker of attackers) attacker.close();
  await eventually('only the good one is left', () => plane.counters.openConnections === 1);
  assert.equal(plane.counters.inFlight, 0);
  good.close();
});

test('a kept-alive connection gives no more time for the next head than for the first', async (context) => {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context, answering(okResponse('ok')));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] }, clock });
  const client = await plane.connect();
  // The beginning of the next head comes in the packet of the one before.
  client.write(`${GET}GET /`);
  assert.equal((await client.response()).body, 'ok');
  await clock.advance(5_200);
  assert.match(await client.ended(), /^HTTP\/1\.1 408 /);
  client.close();
});

test('who connects and says nothing is answered 408 when the time for a head is up', async (context) => {
  const clock = new FakeClock();
  const plane = await TestPlane.start(context, { clock });
  const silent = await Promise.all(Array.from({ length: 50 }, () => plane.connect()));
  await eventually('all are accepted', () => plane.counters.openConnections === 50);
  await clock.advance(4_800);
  assert.equal(plane.counters.openConnections, 50);
  await clock.advance(400);
  for (const client of silent) assert.match(await client.ended(), /^HTTP\/1\.1 408 [\s\S]*\r\nConnection: close\r\n/);
  for (const client of silent) client.close();
  await eventually('all are gone', () => plane.counters.openConnections === 0);
  assert.equal(plane.counters.errors.REQUEST_TIMEOUT, 50);
  assert.match(plane.accessLog[0] ?? '', / -1\/-1\/-1\/-1\/5\d\d\d 408 \d+ - - cR-- .* "<BADREQ>"\n$/);
});

test('a first head that drips has its time from the accept on', async (context) => {
  const clock = new FakeClock();
  const plane = await TestPlane.start(context, { clock });
  const client = await plane.connect();
  await eventually('it is accepted', () => plane.counters.openConnections === 1);
  await clock.advance(4_000);
  client.write('GET / HTTP/1.1\r\n');
  await eventually('it has begun', () => plane.counters.bytesIn === 16);
  await clock.advance(1_200);
  assert.match(await client.ended(), /^HTTP\/1\.1 408 /);
  client.close();
});

test('a PROXY header starts no new time', async (context) => {
  const clock = new FakeClock();
  const slot = { acceptProxy: true, trustedProxies: ['127.0.0.0/8'] };
  const plane = await TestPlane.start(context, { clock, slot });
  const client = await plane.connect();
  client.write('PROXY TCP4 198.51');
  await clock.advance(2_800);
  client.write('.100.7 192.0.2.1 40000 443\r\n');
  await eventually('the client is known', () => plane.counters.openConnections === 1);
  await clock.advance(1_900);
  assert.equal(plane.counters.openConnections, 1);
  await clock.advance(400);
  assert.match(await client.ended(), /^HTTP\/1\.1 408 /);
  client.close();
});

test('between two requests a client may be silent for its idle time, and is closed without a word', async (context) => {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context, answering(okResponse('ok')));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] }, clock });
  const client = await plane.connect();
  client.write(GET);
  assert.equal((await client.response()).body, 'ok');
  await clock.advance(599_000);
  client.write(GET);
  assert.equal((await client.response()).body, 'ok');
  await clock.advance(600_200);
  assert.equal(await client.ended(), '');
  assert.equal(plane.counters.errors.REQUEST_TIMEOUT ?? 0, 0);
  client.close();
});

test('a body that drips below nothing is cut, and its instance is free again', async (context) => {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] }, clock });
  const client = await plane.connect();
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345');
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('12345'));
  await clock.advance(600_200);
  assert.equal((await client.response()).status, 408);
  await upstream.ended();
  assert.equal(plane.counters.instances[`${instance.host}:${instance.port}`]?.inFlight, 0);
  client.close();
});
