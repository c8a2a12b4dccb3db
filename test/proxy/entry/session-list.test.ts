/** Of many sessions the oldest are listed, and all are counted; one that is killed leaves the others as they were. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { HttpInstance } from '../../support/traffic/http-instance.js';
import type { RawConnection } from '../../support/traffic/raw-connection.js';

test('of more than are wanted the oldest are listed, each with its age, under ids that stay', async (context) => {
  const instance = await HttpInstance.start(context);
  const clock = new FakeClock();
  const plane = await TestPlane.start(context, { clock, slot: { instances: [instanceOf(instance)] } });
  const clients: RawConnection[] = [];
  while (clients.length < 5) clients.push(await plane.connect());
  // Who came first asks last.
  for (const client of clients.toReversed()) {
    const isServed = instance.slowRequest();
    client.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
    await isServed;
    await clock.advance(1_000);
  }
  const all = plane.plane.sessions(null, 5);
  assert.deepEqual([all.total, all.sessions.map(({ ageMs }) => ageMs)], [5, [1_000, 2_000, 3_000, 4_000, 5_000]]);
  assert.ok(all.sessions.every((one) => one.stage === 'waiting' && one.instance === instance.id));
  const oldest = plane.plane.sessions(null, 2);
  assert.equal(oldest.total, 5);
  assert.deepEqual(oldest.sessions, all.sessions.slice(3));
  assert.deepEqual(plane.plane.sessions('nope', 2), { sessions: [], total: 0 });
  assert.equal(plane.plane.sessions(oldest.sessions[0]?.app ?? '', 9).total, 5);
  assert.equal(plane.plane.killSession(999), null);
});

test('a request that is killed while it waits leaves the queue, and those behind it are served', async (context) => {
  const instance = await HttpInstance.start(context);
  const slot = { instances: [instanceOf(instance)], limits: { connections: 1, queue: 9 } };
  const plane = await TestPlane.start(context, { slot });
  const ask = async (path: string): Promise<RawConnection> => {
    const client = await plane.connect();
    const { requests } = plane.counters;
    client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await eventually('it is under way', () => plane.counters.requests > requests);
    return client;
  };
  const isServed = instance.slowRequest();
  const [first, killed, last] = [await ask('/slow'), await ask('/killed'), await ask('/')];
  await isServed;
  const waiting = plane.plane.sessions(null, 9).sessions.find(({ stage }) => stage === 'queued');
  assert.equal(plane.plane.killSession(waiting?.id ?? 0)?.stage, 'queued');
  assert.equal((await killed.response()).status, 503);
  assert.equal(plane.counters.queued, 1);
  instance.answerSlow();
  assert.equal((await first.response()).status, 200);
  assert.equal((await last.response()).status, 200);
  killed.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await killed.response()).status, 200, 'its connection goes on');
  assert.deepEqual([plane.counters.queued, plane.counters.inFlight, plane.counters.errors], [0, 0, { KILLED: 1 }]);
});
