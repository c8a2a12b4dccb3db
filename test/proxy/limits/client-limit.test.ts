import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shareOf } from '../../../src/proxy/limits/client-limit.js';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { createRecordingLog } from '../../support/recording-log.js';
import { answering, okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

test('the shares of all workers add up to the limit', () => {
  for (const [limit, count] of [
    [1, 4],
    [3, 4],
    [4, 4],
    [10, 4],
    [1_000_003, 7],
  ] as const) {
    const shares = Array.from({ length: count }, (_, index) => shareOf(limit, { index, count }));
    assert.equal(
      shares.reduce((sum, share) => sum + share, 0),
      limit,
    );
    assert.ok(Math.max(...shares) - Math.min(...shares) <= 1);
  }
});

for (const acceptProxy of [false, true]) {
  test(`no more clients are served than the limit; the next waits for its turn (PROXY: ${acceptProxy})`, async (context) => {
    const instance = await ScriptedInstance.start(context, answering(okResponse('ok')));
    const slot = { instances: [instanceOf(instance)], maxClients: 2, acceptProxy, trustedProxies: ['127.0.0.0/8'] };
    const plane = await TestPlane.start(context, { slot });
    const ask = `${acceptProxy ? 'PROXY UNKNOWN\r\n' : ''}${GET}`;
    const served = [await plane.connect(), await plane.connect()];
    for (const client of served) {
      client.write(ask);
      assert.equal((await client.response()).body, 'ok');
    }
    const waiting = await plane.connect();
    waiting.write(ask);
    // Those that are in are served on, while the third is not even read.
    for (let turn = 0; turn < 20; turn += 1) {
      served[0]?.write(GET);
      assert.equal((await served[0]?.response())?.body, 'ok');
    }
    assert.equal(plane.counters.connections, 2);
    assert.equal(plane.counters.clientLimit, 2);
    assert.equal(plane.counters.clientLimitReached, 1);
    served[1]?.close();
    assert.equal((await waiting.response()).body, 'ok');
    for (const client of [...served, waiting]) client.close();
    await eventually('all are gone', () => plane.counters.openConnections === 0);
    assert.ok(plane.counters.clientLimitMs > 0);
  });
}

test('the limit of the worker counts the clients of all slots, and TCP as HTTP', async (context) => {
  const instance = await ScriptedInstance.start(context, (connection) => {
    connection.write('hello');
    connection.socket.on('end', () => connection.socket.end());
  });
  const slot = { protocol: 'tcp' as const, instances: [instanceOf(instance)] };
  const plane = await TestPlane.start(context, {
    slot,
    bounds: { clients: 1, descriptors: Number.POSITIVE_INFINITY },
  });
  const first = await plane.connect();
  await first.until((text) => text === 'hello');
  const second = await plane.connect();
  await eventually('it waits', () => plane.plane.counters().clients.limitReached === 1);
  assert.deepEqual(
    { ...plane.plane.counters().clients, limitMs: 0 },
    { limitReached: 1, limitMs: 0, open: 1, limit: 1 },
  );
  assert.equal(second.text, '');
  first.close();
  await second.until((text) => text === 'hello');
  second.close();
});

test('one line says that the limit is reached, and one that it is over', async (context) => {
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  const plane = await TestPlane.start(context, { slot: { maxClients: 1 }, clock, log });
  const said = (): string[] => lines.filter(({ msg }) => msg.includes('client connections')).map(({ msg }) => msg);
  for (let turn = 0; turn < 5; turn += 1) {
    const client = await plane.connect();
    await eventually('it is in', () => plane.counters.openConnections === 1);
    await clock.advance(1_000);
    client.close();
    await eventually('it is gone', () => plane.counters.openConnections === 0);
  }
  assert.equal(said().length, 1);
  assert.equal(plane.counters.clientLimitReached, 5);
  assert.equal(plane.counters.clientLimitMs, 5_000);
  await clock.advance(5_000);
  assert.equal(said().length, 2);
  assert.match(said()[1] ?? '', /below their limit again/);
  assert.deepEqual(
    lines
      .filter(({ msg }) => msg.includes('client connections'))
      .map(({ app, limit, clients, reached, fullMs }) => ({ app, limit, clients, reached, fullMs })),
    [
      { app: 'shop', limit: 1, clients: undefined, reached: undefined, fullMs: undefined },
      { app: 'shop', limit: 1, clients: 0, reached: 5, fullMs: 5_000 },
    ],
  );
});

test('a limit may come, go and change while clients are served', async (context) => {
  const plane = await TestPlane.start(context);
  const clients = [await plane.connect(), await plane.connect(), await plane.connect()];
  const open = (count: number) => eventually(`${count} are in`, () => plane.counters.openConnections === count);
  await open(3);
  await plane.change({ maxClients: 2 });
  clients.push(await plane.connect());
  clients.pop()?.close();
  await plane.change({ maxClients: 4 });
  clients.push(await plane.connect(), await plane.connect());
  await open(4);
  await plane.change({ maxClients: 0 });
  await open(5);
  for (const client of clients) client.close();
  await open(0);
});

test('who waits while the slot goes is closed', async (context) => {
  const plane = await TestPlane.start(context, { slot: { maxClients: 1 } });
  const first = await plane.connect();
  await eventually('it is in', () => plane.counters.openConnections === 1);
  const second = await plane.connect();
  plane.plane.close();
  await Promise.all([first.ended(), second.ended()]);
});
