/**
 * As for tunnels of raw bytes, with a real client and server library, and with more than one app and instance: what
 * happens to another app or another instance closes no WebSocket, and those that must go do not go all at once.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { request } from 'undici';
import { APP_DEFAULTS } from '../../src/model/app.js';
import type { SlotSnapshot } from '../../src/snapshot/snapshot.js';
import { freePort } from '../support/addresses.js';
import { eventually, settledFigure } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf, slotOf, snapshotOf } from '../support/node/snapshots.js';
import { SeededRandom } from '../support/seeded-random.js';
import { type EchoServer, EchoSockets, startEchoServer } from '../support/traffic/echo-sockets.js';

const DRAIN_MS = 30_000;
/** Of the other app, in real time: its drains end while the test still looks. */
const SHORT_TIMEOUTS = { ...APP_DEFAULTS.timeouts, drainMs: 50 };

/** What an app that is deployed all day goes through. */
function otherSlots(random: SeededRandom, port: number, instance: EchoServer): readonly SlotSnapshot[] {
  if (random.once(5)) return [];
  const instances = [
    instanceOf(instance, { weight: 1 + random.below(256), state: random.pick(['ready', 'drain', 'maint']) }),
    ...(random.once(2) ? [instanceOf({ host: '127.99.0.2', port: 1 + random.below(9) }, { up: random.once(2) })] : []),
  ];
  return [slotOf({ app: 'other', port, instances, retries: random.below(4), timeouts: SHORT_TIMEOUTS })];
}

test('500 WebSockets of one app, 100 changes of another in the same plane: none is closed', async (context) => {
  const own = await startEchoServer(context);
  const other = await startEchoServer(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(own)] } });
  const sockets = await EchoSockets.open(context, plane.host, plane.port, 500);
  const otherPort = await freePort(plane.host);
  const chat = slotOf({ port: plane.port, instances: [instanceOf(own)] });
  const applyWith = (slots: readonly SlotSnapshot[]) =>
    plane.plane.apply(snapshotOf({ bind: plane.host, slots: [chat, ...slots] }));

  const random = new SeededRandom(21);
  for (let change = 1; change < 100; change += 1) {
    await applyWith(otherSlots(random, otherPort, other));
    if (change % 20 === 0) await sockets.echo(`change ${change}`);
  }
  await applyWith([
    slotOf({ app: 'other', port: otherPort, instances: [instanceOf(other)], timeouts: SHORT_TIMEOUTS }),
  ]);

  const { statusCode, body } = await request(`http://${plane.host}:${otherPort}/`);
  await body.dump();
  assert.equal(statusCode, 426, 'the other app has changed: its instance answers, and asks for an upgrade');
  await sockets.echo('after all');
  assert.equal(sockets.closed, 0);
  assert.equal(plane.counters.tunnels, 500);
});

interface TwoInstances {
  readonly plane: TestPlane;
  readonly clock: FakeClock;
  readonly one: EchoServer;
  readonly another: EchoServer;
  readonly sockets: EchoSockets;
}

async function openOnTwo(context: TestContext, count: number): Promise<TwoInstances> {
  const clock = new FakeClock();
  const random = new SeededRandom(22);
  const one = await startEchoServer(context);
  const another = await startEchoServer(context);
  const plane = await TestPlane.start(context, {
    slot: { instances: [instanceOf(one), instanceOf(another)] },
    clock,
    random: () => random.next(),
  });
  const sockets = await EchoSockets.open(context, plane.host, plane.port, count);
  return { plane, clock, one, another, sockets };
}

test('the drain of one of two instances closes its own over the drain time; those of the other stay', async (context) => {
  const { plane, clock, one, another, sockets } = await openOnTwo(context, 100);
  const leaving = sockets.servedBy(one.id);
  const staying = sockets.servedBy(another.id);
  assert.deepEqual([leaving.count, staying.count], [50, 50]);

  await plane.change({ instances: [instanceOf(one, { state: 'drain' }), instanceOf(another)] });
  const late = await EchoSockets.open(context, plane.host, plane.port, 4);
  assert.equal(late.servedBy(another.id).count, 4, 'new ones go elsewhere at once');
  const open = [plane.counters.tunnels];
  for (let step = 1; step <= 10; step += 1) {
    await clock.advance(DRAIN_MS / 10);
    open.push(plane.counters.tunnels);
    if (step === 4) await sockets.echo('not yet');
  }
  assert.equal(open[4], 104, 'the first half of the time is for those that end by themselves');
  assert.equal(open[10], 54, 'the window is over');
  const largestStep = Math.max(...open.map((count, index) => (open[index - 1] ?? count) - count));
  assert.ok(largestStep <= leaving.count / 2, `spread over the time: ${open}`);
  await eventually('their clients have noticed', () => leaving.closed === leaving.count);
  await staying.echo('still here');
  await late.echo('still here too');
  assert.equal(staying.closed + late.closed, 0);
});

test('the removal of the app closes its own over its drain time, and takes no new ones', async (context) => {
  const { plane, clock, sockets } = await openOnTwo(context, 40);
  await plane.change({}, { slots: [] });
  await assert.rejects(EchoSockets.open(context, plane.host, plane.port, 1), { code: 'ECONNREFUSED' });

  await clock.advance(DRAIN_MS / 2 - 1);
  await sockets.echo('not yet');
  await clock.advance(DRAIN_MS / 4);
  await eventually('some of them are closed', () => sockets.closed >= sockets.count / 5);
  const closed = await settledFigure(() => sockets.closed);
  assert.ok(closed <= (sockets.count * 4) / 5, `${closed} of ${sockets.count} by the middle of the window`);
  await clock.advance(DRAIN_MS / 4 + 1);
  await eventually('all of them are closed', () => sockets.closed === sockets.count);
});
