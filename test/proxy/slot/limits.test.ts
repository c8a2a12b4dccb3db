/** `limits.connections` of an instance that two workers share, here in one process: what their requests meet. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { PermitBook } from '../../../src/cluster/permit-book.js';
import { APP_DEFAULTS } from '../../../src/model/app.js';
import { StickyCookie } from '../../../src/proxy/slot/sticky.js';
import type { SlotSnapshot } from '../../../src/snapshot/snapshot.js';
import { ownAddress } from '../../support/addresses.js';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { TestPlane } from '../../support/node/plane.js';
import { testClock } from '../../support/node/services-directory.js';
import { instanceOf, slotOf } from '../../support/node/snapshots.js';
import { CountingInstance } from '../../support/traffic/counting-instance.js';
import type { RawConnection } from '../../support/traffic/raw-connection.js';
import { answering, okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const STICKY = { cookie: 'S', key: 'secret' };

/** Two workers and what lends them permits. */
async function startTwo(
  context: TestContext,
  slot: Partial<SlotSnapshot>,
  clock: FakeClock | typeof testClock = testClock,
): Promise<readonly [TestPlane, TestPlane]> {
  const planes: TestPlane[] = [];
  const book = new PermitBook<{ readonly index: number }>({
    clock,
    workers: 2,
    send: ({ index }, notices) => setImmediate(() => planes[index]?.plane.takePermits(notices)),
  });
  book.setLimits({ slots: [slotOf({ port: 1, ...slot })] });
  for (const worker of [0, 1].map((index) => ({ index, count: 2 }))) {
    const askPermits = (changes: Parameters<typeof book.change>[1]): void => book.change(worker, changes);
    planes.push(await TestPlane.start(context, { slot, clock, worker, askPermits }));
  }
  const [first, second] = planes;
  assert.ok(first !== undefined && second !== undefined);
  return [first, second];
}

async function ask(plane: TestPlane, fields = ''): Promise<RawConnection> {
  const client = await plane.connect();
  client.write(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
  return client;
}

test('a permit goes to the worker that needs it, and its kept connection goes with it', async (context) => {
  const instance = await CountingInstance.startHttp(context, 0);
  const workers = await startTwo(context, { limits: { connections: 1, queue: 9 }, instances: [instanceOf(instance)] });
  for (let turn = 0; turn < 6; turn += 1) {
    const client = await ask(workers[turn % 2] ?? workers[0]);
    assert.equal((await client.response()).status, 200);
    client.close();
  }
  assert.deepEqual([instance.mostRequests, instance.mostConnections], [1, 1]);
  assert.deepEqual([workers[0].counters.errors, workers[1].counters.errors], [{}, {}]);
});

test('where nobody may wait a request still gets what another worker has to spare, and else hears soon', async (context) => {
  const instance = await CountingInstance.startHttp(context, null);
  const workers = await startTwo(context, { limits: { connections: 1, queue: 0 }, instances: [instanceOf(instance)] });
  for (const plane of workers) {
    const client = await ask(plane);
    await eventually('it is served', () => instance.requests === 1);
    instance.answer();
    assert.equal((await client.response()).status, 200);
  }
  const busy = await ask(workers[0]);
  await eventually('it is served', () => instance.requests === 1);
  const refused = await ask(workers[1]);
  assert.equal((await refused.response()).status, 503);
  assert.deepEqual(workers[1].counters.errors, { QUEUE_FULL: 1 });
  instance.answer();
  assert.equal((await busy.response()).status, 200);
});

test('who came when the queue was full waits in it once those before are served, in the order in which all came', async (context) => {
  const clock = new FakeClock();
  const instance = await CountingInstance.startHttp(context, null);
  const slot = { limits: { connections: 2, queue: 1 }, instances: [instanceOf(instance)] };
  const workers = await startTwo(context, slot, clock);
  const busy = [await ask(workers[1]), await ask(workers[1])];
  await eventually('both are served', () => instance.requests === 2);
  const waiting: RawConnection[] = [];
  for (let turn = 1; turn <= 4; turn += 1) {
    waiting.push(await ask(workers[0]));
    await eventually('it waits', () => workers[0].counters.queued === turn);
  }
  instance.answer();
  await eventually('two of them are served', () => workers[0].counters.queued === 2 && instance.requests === 2);
  await clock.advance(400);
  assert.equal((await waiting.pop()?.response())?.status, 503, 'the queue has room for one');
  assert.equal(workers[0].counters.queued, 1);
  await clock.advance(APP_DEFAULTS.timeouts.queueMs - 600);
  instance.answer();
  await eventually('the last one is served', () => workers[0].counters.queued === 0 && instance.requests === 1);
  instance.answer();
  for (const client of [...busy, ...waiting]) assert.equal((await client.response()).status, 200);
  assert.deepEqual(workers[0].counters.errors, { QUEUE_FULL: 1 });
});

test('who was admitted to the queue late has waited for as long as others when its time is over', async (context) => {
  const clock = new FakeClock();
  const instance = await CountingInstance.startHttp(context, null);
  const slot = { limits: { connections: 1, queue: 1 }, instances: [instanceOf(instance)] };
  const workers = await startTwo(context, slot, clock);
  await ask(workers[1]);
  await eventually('it is served', () => instance.requests === 1);
  const gone = await ask(workers[0]);
  await eventually('it waits', () => workers[0].counters.queued === 1);
  const waiting = await ask(workers[0]);
  await eventually('it waits', () => workers[0].counters.queued === 2);
  await clock.advance(100);
  gone.socket.resetAndDestroy();
  await eventually('it has left', () => workers[0].counters.queued === 1);
  await clock.advance(APP_DEFAULTS.timeouts.queueMs - 200);
  assert.equal(workers[0].counters.queued, 1);
  await clock.advance(300);
  assert.equal((await waiting.response()).status, 503);
  assert.deepEqual(workers[0].counters.errors, { CLIENT_ABORTED: 1, QUEUE_TIMEOUT: 1 });
});

test('a client waits for the instance that its cookie names', async (context) => {
  const bound = await CountingInstance.startHttp(context, null);
  const other = await ScriptedInstance.start(context, answering(okResponse('other')));
  const plane = await TestPlane.start(context, {
    slot: {
      sticky: STICKY,
      limits: { connections: 1, queue: 9 },
      instances: [instanceOf(bound), instanceOf(other)],
    },
  });
  const cookie = `Cookie: S=${new StickyCookie(STICKY).idOf(instanceOf(bound).id)}\r\n`;
  const clients = [await ask(plane, cookie), await ask(plane, cookie)];
  await eventually('one waits', () => bound.requests === 1 && plane.counters.queued === 1);
  assert.equal((await (await ask(plane)).response()).body, 'other', 'who is not bound does not wait behind it');
  for (const client of clients) {
    await eventually('it is served', () => bound.requests === 1);
    bound.answer();
    assert.equal((await client.response()).body, 'ok');
  }
  assert.equal(other.connections.length, 1);
});

test('balance: source, a client waits for its instance', async (context) => {
  const both = await Promise.all([0, 1].map(() => CountingInstance.startHttp(context, null)));
  const plane = await TestPlane.start(context, {
    slot: { balance: 'source', limits: { connections: 1, queue: 9 }, instances: both.map((one) => instanceOf(one)) },
  });
  const clients = [await ask(plane), await ask(plane)];
  const isServed = () => both.some(({ requests }) => requests === 1);
  await eventually('one waits', () => plane.counters.queued === 1 && isServed());
  const [chosen] = both.filter(({ requests }) => requests === 1);
  assert.ok(chosen !== undefined);
  for (const client of clients) {
    await eventually('it is served', () => chosen.requests === 1);
    chosen.answer();
    assert.equal((await client.response()).status, 200);
  }
  assert.equal(chosen.served, 2);
});

test('without the primary a worker goes on with what it holds; who has nothing sends its requests to a neighbor', async (context) => {
  const instance = await CountingInstance.startHttp(context, null);
  const host = ownAddress();
  const neighbor = await ScriptedInstance.start(context, answering(okResponse('neighbor')), { host, port: 0 });
  const workers = await startTwo(context, {
    port: neighbor.port,
    limits: { connections: 1, queue: 9 },
    instances: [instanceOf(instance)],
    neighbors: [{ host, up: true, localAddress: null, node: null }],
  });
  const first = await ask(workers[0]);
  await eventually('it is served', () => instance.requests === 1);
  const waiting = await ask(workers[1]);
  await eventually('it waits', () => workers[1].counters.queued === 1);
  for (const { plane } of workers) plane.onPrimaryGone();
  assert.equal((await waiting.response()).body, 'neighbor');
  assert.equal((await (await ask(workers[1])).response()).body, 'neighbor');
  const second = await ask(workers[0]);
  await eventually('it waits for the one before', () => workers[0].counters.queued === 1);
  for (const client of [first, second]) {
    await eventually('it is served', () => instance.requests === 1);
    instance.answer();
    assert.equal((await client.response()).body, 'ok');
  }
  assert.equal(instance.mostRequests, 1);
});

test('an instance that was taken out gives its permit to another worker when its last request has ended', async (context) => {
  const instance = await CountingInstance.startHttp(context, null);
  const workers = await startTwo(context, { limits: { connections: 1, queue: 9 }, instances: [instanceOf(instance)] });
  const first = await ask(workers[0]);
  await eventually('it is served', () => instance.requests === 1);
  const waiting = await ask(workers[1]);
  await eventually('it waits', () => workers[1].counters.queued === 1);
  await workers[0].change({ instances: [] });
  instance.answer();
  assert.equal((await first.response()).status, 200);
  await eventually('it is served', () => instance.requests === 1);
  instance.answer();
  assert.equal((await waiting.response()).status, 200);
  assert.equal(instance.mostRequests, 1);
});

test('a limit that was taken away and set again holds as before', async (context) => {
  const instance = await CountingInstance.startHttp(context, null);
  const limited = { limits: { connections: 1, queue: 9 } };
  const [plane] = await startTwo(context, { ...limited, instances: [instanceOf(instance)] });
  const clients = [await ask(plane), await ask(plane)];
  await eventually('one waits', () => instance.requests === 1 && plane.counters.queued === 1);
  await plane.change({ limits: { connections: 0, queue: 9 } });
  await eventually('both are served', () => instance.requests === 2);
  instance.answer();
  instance.answer();
  for (const client of clients) assert.equal((await client.response()).status, 200);
  await plane.change(limited);
  const later = [await ask(plane), await ask(plane)];
  await eventually('one waits', () => instance.requests === 1 && plane.counters.queued === 1);
  instance.answer();
  await eventually('the other one is served', () => instance.served === 3 && instance.requests === 1);
  instance.answer();
  for (const client of later) assert.equal((await client.response()).status, 200);
});

test('where permits are lent, instances without a limit come and go like others', async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('ok')));
  const [plane] = await startTwo(context, { instances: [instanceOf(instance)] });
  await plane.change({ instances: [] });
  assert.equal((await (await ask(plane)).response()).status, 503);
  await plane.change({ instances: [instanceOf(instance)] });
  assert.equal((await (await ask(plane)).response()).body, 'ok');
});
