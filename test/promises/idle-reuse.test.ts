/**
 * A request that may not be repeated does not meet a close: an instance closes its idle connections after a time of its
 * own, and a POST that is on its way at that moment can only be answered with 502. So it goes on a connection that was
 * used just before, or on a new one. What may be repeated takes any idle connection, but none that is as old as the
 * instance announced, or was seen, to keep it.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { SlotSnapshot } from '../../src/snapshot/snapshot.js';
import { silentNode } from '../compat/servers/node-http.js';
import { measureClose, startServer } from '../compat/servers/real-server.js';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { SeededRandom } from '../support/seeded-random.js';
import type { RawConnection } from '../support/traffic/raw-connection.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n';

interface Parts {
  readonly clock: FakeClock;
  readonly instance: ScriptedInstance;
  readonly plane: TestPlane;
  readonly client: RawConnection;
  /** Asks and waits for the answer. @returns its status */
  readonly ask: (text: string) => Promise<number>;
}

async function start(
  context: TestContext,
  onConnection: (connection: RawConnection) => void = answering(okResponse('ok')),
  slot: Partial<SlotSnapshot> = {},
): Promise<Parts> {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context, onConnection);
  const plane = await TestPlane.start(context, { clock, slot: { instances: [instanceOf(instance)], ...slot } });
  const client = await plane.connect();
  const ask = async (text: string): Promise<number> => {
    client.write(text);
    return (await client.response()).status;
  };
  return { clock, instance, plane, client, ask };
}

/** Requests that each connection of the instance got. */
function shares(instance: ScriptedInstance): number[] {
  return instance.connections.map(({ text }) => text.split(' HTTP/1.1\r\n').length - 1);
}

function idleOf(plane: TestPlane): number {
  return Object.values(plane.counters.instances).reduce((sum, { idle }) => sum + idle, 0);
}

test('a POST takes a connection that was used just before, and no older one; a GET takes any', async (context) => {
  const { clock, instance, ask } = await start(context);
  await ask(POST);
  await clock.advance(900);
  await ask(POST);
  assert.deepEqual(shares(instance), [2]);
  await clock.advance(1_000);
  await ask(POST);
  assert.deepEqual(shares(instance), [2, 1]);
  await clock.advance(50_000);
  await ask(GET);
  assert.deepEqual(shares(instance), [2, 2]);
});

test('a GET that may not be repeated, as retries are off or its body is still coming, is treated as a POST', async (context) => {
  const { clock, instance, ask } = await start(context, answering(okResponse('ok')), { retries: 0 });
  await ask(GET);
  await clock.advance(2_000);
  await ask(GET);
  assert.deepEqual(shares(instance), [1, 1]);

  const other = await start(context);
  await other.ask(GET);
  await other.clock.advance(2_000);
  other.client.write('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n');
  await (await other.instance.connection(1)).until((text) => text.startsWith('PUT '));
});

test('a POST that passes an old connection over closes the oldest: their number does not grow', async (context) => {
  const { clock, instance, plane, ask } = await start(context);
  for (let turn = 0; turn < 20; turn += 1) {
    await ask(POST);
    await clock.advance(2_000);
    await ask(GET);
    await clock.advance(2_000);
  }
  assert.equal(instance.connections.length, 20);
  assert.equal(idleOf(plane), 1);
});

test('no POST fails before an instance that closes at the very moment of the next request', async (context) => {
  const { clock, ask } = await start(context, (connection) => {
    let asked = 0;
    connection.socket.on('data', () => {
      asked += 1;
      if (asked === 1) connection.write(okResponse('ok'));
      else connection.socket.resetAndDestroy();
    });
  });
  for (let turn = 0; turn < 50; turn += 1) {
    assert.equal(await ask(POST), 200);
    await clock.advance(1_100);
  }
});

test('nor a GET, however few retries are left: a connection that was idle fails once', async (context) => {
  const { clock, plane, ask } = await start(context, (connection) => {
    let asked = 0;
    connection.socket.on('data', () => {
      asked += 1;
      if (asked === 1) connection.write(okResponse('ok'));
      else connection.socket.resetAndDestroy();
    });
  });
  for (let turn = 0; turn < 50; turn += 1) {
    assert.equal(await ask(GET), 200);
    // Ages that do not agree: nothing is learnt from them.
    await clock.advance(turn % 2 === 0 ? 2_000 : 20_000);
  }
  assert.equal(plane.counters.retries, 49);
});

test('the first request of a connection asks to keep it, and what is announced once holds for it', async (context) => {
  let answered = 0;
  const { clock, instance, ask } = await start(context, (connection) => {
    connection.socket.on('data', () => {
      answered += 1;
      connection.write(
        okResponse('ok', answered === 1 ? 'Connection: Keep-Alive\r\nKeep-Alive: timeout=5, max=9\r\n' : ''),
      );
    });
  });
  await ask(GET);
  await clock.advance(3_900);
  await ask(GET);
  assert.deepEqual(shares(instance), [2]);
  const heads = instance.received.split('\r\n\r\n');
  assert.match(heads[0] ?? '', /\r\nConnection: keep-alive$/);
  assert.doesNotMatch(heads[1] ?? '', /connection/i);
  await clock.advance(4_000);
  await ask(GET);
  assert.deepEqual(shares(instance), [2, 1]);
  assert.equal(
    await instance.connections[0]?.ended(),
    instance.connections[0]?.text,
    'closed a second before its time',
  );
});

test('the time after which an instance closes is learnt, and kept away from', async (context) => {
  const { clock, instance, plane, ask } = await start(context);
  for (let turn = 0; turn < 3; turn += 1) {
    await ask(GET);
    await clock.advance(5_000);
    instance.connections.at(-1)?.socket.end();
    await eventually('it is out of the pool', () => idleOf(plane) === 0);
  }
  await ask(GET);
  await clock.advance(3_900);
  assert.equal(idleOf(plane), 1);
  await clock.advance(200);
  assert.equal(idleOf(plane), 0, 'closed here, before the instance does');
  assert.equal(plane.counters.retries, 0);
});

test('clients that give up teach nothing', async (context) => {
  const { clock, instance, plane, ask } = await start(
    context,
    answering((head) => (head.includes('/slow') ? '' : okResponse('ok'))),
  );
  for (let turn = 0; turn < 4; turn += 1) {
    await ask(GET);
    await clock.advance(3_000);
    const impatient = await plane.connect();
    impatient.write(GET.replace('/', '/slow'));
    await instance.connections.at(-1)?.until((text) => text.includes('/slow'));
    impatient.socket.resetAndDestroy();
    await eventually('it is gone', () => plane.counters.openConnections === 1);
  }
  await ask(GET);
  await clock.advance(3_000);
  assert.equal(idleOf(plane), 1);
});

test('reuse: never opens a connection for each request, says so to the instance, and keeps none', async (context) => {
  const { instance, plane, client, ask } = await start(context, answering(okResponse('ok')), { reuse: 'never' });
  for (const text of [GET, POST, GET]) assert.equal(await ask(text), 200);
  assert.deepEqual(shares(instance), [1, 1, 1]);
  for (const { text } of instance.connections) assert.match(text, /\r\nConnection: close\r\n\r\n$/);
  assert.equal(idleOf(plane), 0);
  await Promise.all(instance.connections.map((connection) => connection.ended()));
  client.close();
});

const CLIENTS = 40;
const ROUNDS = 6;
/** Newer versions of Node take a second more: what gunicorn takes by default, and no server in wide use takes less. */
const KEEP_ALIVE_MS = 1_000;
/** How far around that time the clients ask. */
const SPREAD_MS = 6;

test('a real server that closes after a time, before clients that post with that period: none of their POSTs fails', async (context) => {
  const server = await startServer(context, silentNode(KEEP_ALIVE_MS));
  const closesAfterMs = Math.min(...(await Promise.all([1, 2, 3, 4, 5].map(() => measureClose(server)))));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(server)] } });
  const random = new SeededRandom(11);
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => plane.connect()));
  const statuses: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const ask = async (client: RawConnection): Promise<void> => {
      if (round > 0) {
        const waitMs = closesAfterMs + (random.next() * 2 - 1) * SPREAD_MS;
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
      client.write(POST);
      const { status } = await client.response();
      statuses[status] = (statuses[status] ?? 0) + 1;
    };
    await Promise.all(clients.map(ask));
  }
  for (const client of clients) client.close();
  assert.deepEqual(statuses, { 200: CLIENTS * ROUNDS });
});
