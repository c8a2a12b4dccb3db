/** How old the oldest request under way is at an instance that takes no new ones: what a drain waits for. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createKeyedObject } from '../../../src/core/keyed-object.js';
import {
  addSlotCounters,
  createSlotCounters,
  type SlotCounters,
  slotFromReport,
} from '../../../src/metrics/counters.js';
import type { SlotSnapshot } from '../../../src/snapshot/snapshot.js';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import type { RawConnection } from '../../support/traffic/raw-connection.js';
import { okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

interface Scene {
  readonly clock: FakeClock;
  readonly plane: TestPlane;
  readonly instance: ScriptedInstance;
  drain(): Promise<void>;
  /** In whole milliseconds. */
  oldest(): number;
}

async function scene(context: TestContext, slot: Partial<SlotSnapshot>): Promise<Scene> {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context);
  const one = instanceOf(instance);
  const plane = await TestPlane.start(context, { clock, slot: { ...slot, instances: [one] } });
  return {
    clock,
    plane,
    instance,
    drain: () => plane.change({ instances: [{ ...one, state: 'drain' }] }),
    oldest: () => Math.max(...Object.values(plane.counters.instances).map(({ oldestMs }) => oldestMs)),
  };
}

async function ask({ plane, instance }: Scene, count: number): Promise<RawConnection> {
  const client = await plane.connect();
  client.write(GET);
  await instance.connection(count - 1);
  await eventually('it is under way', () => plane.counters.inFlight + plane.counters.openConnections >= count);
  return client;
}

for (const protocol of ['http', 'tcp'] as const)
  test(`${protocol}: it is the age of the oldest of several, and nothing before the drain`, async (context) => {
    const one = await scene(context, { protocol });
    await ask(one, 1);
    await one.clock.advance(2_000);
    await ask(one, 2);
    await one.clock.advance(1_000);
    assert.equal(one.oldest(), 0, 'the instance is ready');
    await one.drain();
    assert.equal(one.oldest(), 3_000);
    await one.clock.advance(500);
    assert.equal(one.oldest(), 3_500);
  });

test('a container that got its stop signal is gone from the list, and what is under way there is known by its life', async (context) => {
  const life = '0123456789ab@2026-11-29T11:02:03.123456789Z';
  const instance = await ScriptedInstance.start(context);
  const clock = new FakeClock();
  const plane = await TestPlane.start(context, { clock, slot: { instances: [{ ...instanceOf(instance), life }] } });
  const client = await plane.connect();
  client.write(GET);
  const asked = await instance.connection(0);
  await clock.advance(1_000);
  await plane.change({ instances: [] });
  await clock.advance(500);
  assert.deepEqual({ ...plane.counters.departing }, { [life]: { inFlight: 1, oldestMs: 1_500 } });
  asked.write(okResponse('done'));
  await client.until((text) => text.endsWith('done'));
  await eventually('nothing is under way', () => Object.keys(plane.counters.departing).length === 0);
});

test('what workers report of one life is added up, but for the age of the oldest', () => {
  const report = (inFlight: number, oldestMs: number): SlotCounters => ({
    ...createSlotCounters(),
    departing: createKeyedObject([['a', { inFlight, oldestMs }]]),
  });
  const sum = createSlotCounters();
  addSlotCounters(sum, report(2, 700), { gauges: true });
  addSlotCounters(sum, report(1, 900), { gauges: true });
  addSlotCounters(sum, report(5, 5_000), { gauges: false });
  assert.deepEqual({ ...sum.departing }, { a: { inFlight: 3, oldestMs: 900 } });
  const { departing: _, ...older } = report(1, 1);
  assert.deepEqual({ ...slotFromReport('shop', older).departing }, {});
});

test('http: an answer ends it, and an idle connection has no age', async (context) => {
  const one = await scene(context, {});
  const client = await ask(one, 1);
  await one.clock.advance(1_000);
  await one.drain();
  assert.equal(one.oldest(), 1_000);
  one.instance.connections[0]?.write(okResponse('done'));
  await client.until((text) => text.endsWith('done'));
  await eventually('nothing is under way', () => one.plane.counters.inFlight === 0);
  assert.equal(one.oldest(), 0);
});

test('a tunnel whose client has left is as old as before while its instance still closes', async (context) => {
  const one = await scene(context, {});
  // A worker that has run for a day: an age that counts from its start is seen.
  one.clock.jump(86_400_000);
  const client = await one.plane.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
  const asked = await one.instance.connection(0);
  asked.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
  await client.until((text) => text.includes('101'));
  await one.drain();
  await one.clock.advance(700);
  client.socket.resetAndDestroy();
  await eventually('the client is gone', () => one.plane.counters.openConnections === 0);
  assert.equal(one.oldest(), 700);
  await one.clock.advance(500);
  assert.equal(one.oldest(), 1_200);
});
