/**
 * Tunnels live on: a proxy that reloads cuts every WebSocket of every app with each deployment of any of them. Here a
 * tunnel knows only its own instance. Changes of others do not touch it; the drain of its own closes it at a moment of
 * its own within the drain time, so that clients do not come back all at once; and a drain that is called off
 * closes none.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SlotSnapshot } from '../../src/snapshot/snapshot.js';
import { atEnd } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { SeededRandom } from '../support/seeded-random.js';
import type { RawConnection } from '../support/traffic/raw-connection.js';
import { ScriptedInstance } from '../support/traffic/scripted-instance.js';

const TUNNELS = 500;
const DRAIN_MS = 30_000;
const UPGRADE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

/** Switches, and then gives back what it gets. */
function echo(connection: RawConnection): void {
  connection.socket.once('data', () => {
    connection.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    connection.socket.on('data', (bytes: Buffer) => connection.write(bytes));
  });
  connection.socket.on('end', () => connection.socket.end());
}

interface Tunnels {
  readonly plane: TestPlane;
  readonly clock: FakeClock;
  readonly own: ScriptedInstance;
  readonly clients: readonly RawConnection[];
}

async function openTunnels(context: test.TestContext, count: number): Promise<Tunnels> {
  const clock = new FakeClock();
  const random = new SeededRandom(3);
  const own = await ScriptedInstance.start(context, echo);
  const plane = await TestPlane.start(context, {
    slot: { instances: [instanceOf(own)] },
    clock,
    random: () => random.next(),
  });
  const clients: RawConnection[] = [];
  for (let opened = 0; opened < count; opened += 1) {
    const client = await plane.connect();
    client.write(UPGRADE);
    await client.response();
    clients.push(client);
  }
  atEnd(context, () => {
    for (const client of clients) client.close();
  });
  assert.equal(plane.counters.tunnels, count);
  return { plane, clock, own, clients };
}

async function speak(clients: readonly RawConnection[], word: string): Promise<void> {
  for (const client of clients) client.write(word);
  for (const client of clients) await client.until((text) => text.endsWith(word));
}

test('500 tunnels outlive 100 changes of other instances, and are closed over the drain time of their own', async (context) => {
  const { plane, clock, own, clients } = await openTunnels(context, TUNNELS);
  const random = new SeededRandom(5);
  const others = Array.from({ length: 5 }, (_, index) => instanceOf({ host: '127.99.0.1', port: 1 + index }));
  for (let change = 0; change < 100; change += 1) {
    const some = others
      .filter(() => random.once(2))
      .map((one) => ({ ...one, state: random.pick(['ready', 'drain', 'maint'] as const), up: random.once(2) }));
    await plane.change({ instances: [instanceOf(own, { weight: 1 + random.below(256) }), ...some] });
    await clock.advance(1_000);
  }
  await speak(clients, 'still here');
  assert.equal(plane.counters.tunnels, TUNNELS);

  await plane.change({ instances: [instanceOf(own, { state: 'drain' })] });
  await speak(clients, 'and now');
  const open: number[] = [];
  for (let step = 0; step < 10; step += 1) {
    await clock.advance(DRAIN_MS / 10);
    open.push(plane.counters.tunnels);
  }
  await clock.advance(1);
  await eventually('all are closed', () => plane.counters.tunnels === 0);
  assert.equal(open[3], TUNNELS, 'the first half of the time is for those that end by themselves');
  const closedAtOnce = Math.max(...open.map((count, index) => (open[index - 1] ?? TUNNELS) - count));
  assert.ok(closedAtOnce < TUNNELS / 3, `spread over the time: ${open}`);
  assert.equal(plane.counters.instances[`${own.host}:${own.port}`]?.inFlight, 0);
});

test('a drain that is called off closes none; a removal does, and the removal of the app', async (context) => {
  const { plane, clock, own, clients } = await openTunnels(context, 20);
  const states: readonly Partial<SlotSnapshot>[] = [
    { instances: [instanceOf(own, { state: 'drain' })] },
    { instances: [instanceOf(own)] },
    { instances: [instanceOf(own, { state: 'maint' })] },
    { instances: [instanceOf(own)] },
    { instances: [instanceOf(own, { up: false })] },
    { instances: [instanceOf(own)] },
  ];
  for (const state of states) {
    await plane.change(state);
    await clock.advance(1_000);
  }
  await clock.advance(DRAIN_MS);
  await speak(clients, 'still here');
  assert.equal(plane.counters.tunnels, 20);
  await plane.change({ instances: [] });
  await clock.advance(DRAIN_MS + 1);
  await eventually('all are closed', () => plane.counters.tunnels === 0);
});

test('an idle tunnel ends after its own time', async (context) => {
  const { plane, clock, clients } = await openTunnels(context, 3);
  await clock.advance(3_599_000);
  await speak(clients.slice(0, 1), 'not idle');
  await clock.advance(1_200);
  await eventually('the silent ones are closed', () => plane.counters.tunnels === 1);
  assert.equal(plane.counters.errors.TUNNEL_TIMEOUT, 2);
});
