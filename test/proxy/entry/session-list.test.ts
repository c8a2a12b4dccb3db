/** Of many sessions the oldest are listed, and all are counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
