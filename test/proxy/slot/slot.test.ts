/** What a change of the configuration does to connections that are kept, and what holds without one. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { SlotSnapshot, Snapshot } from '../../../src/snapshot/snapshot.js';
import { eventually } from '../../support/eventually.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf, neighborOf } from '../../support/node/snapshots.js';
import { answering, okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

/** A plane with one kept connection to its instance. */
async function startKept(context: TestContext, snapshot: Partial<Snapshot> = {}) {
  const instance = await ScriptedInstance.start(context, answering(okResponse('ok')));
  const { id, ...rest } = instanceOf(instance);
  const plane = await TestPlane.start(context, { slot: { instances: [{ id, ...rest }] }, snapshot });
  const client = await plane.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await client.response()).body, 'ok');
  client.close();
  const kept = (): number | undefined => plane.counters.instances[id]?.idle;
  await eventually('the connection is kept', () => kept() === 1);
  return { plane, kept };
}

test('kept connections end when another PROXY header is sent or taken, and at no other change', async (context) => {
  const { plane, kept } = await startKept(context);
  const changes: readonly (readonly [Partial<SlotSnapshot>, number])[] = [
    [{ retries: 1 }, 1],
    [{ balance: 'leastconn' }, 1],
    [{ trustedProxies: ['192.0.2.0/24'] }, 1],
    [{ acceptProxy: true }, 0],
  ];
  for (const [change, expected] of changes) {
    await plane.change(change);
    await eventually(JSON.stringify(change), () => kept() === expected);
  }
  const other = await startKept(context);
  await other.plane.change({ sendProxy: 'v1' });
  await eventually('it is closed', () => other.kept() === 0);
});

test('what all slots of a node share is new for a slot that stays as it is', async (context) => {
  const { plane, kept } = await startKept(context);
  const head = { maxBytes: 8_192, maxFields: 3 };
  await plane.change({}, { head });
  const client = await plane.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\nE: f\r\n\r\n');
  assert.equal((await client.response()).status, 431);
  client.close();
  await plane.change({}, { head, stopping: true });
  const checker = await plane.connectHealth();
  checker.write('GET /health HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await checker.response()).status, 503);
  assert.equal(kept(), 1);
});

test('neighbors get the header that their nodes take, also when only that is new', async (context) => {
  const neighbor = await ScriptedInstance.start(context, answering(okResponse('neighbor')));
  const plane = await TestPlane.start(context, {
    slot: {
      port: neighbor.port,
      acceptProxy: true,
      trustedProxies: ['127.0.0.0/8'],
      neighbors: [neighborOf(neighbor.host, { up: true })],
    },
    snapshot: { neighborProxy: 'v1' },
  });
  const ask = async (): Promise<void> => {
    const client = await plane.connect();
    client.write('PROXY UNKNOWN\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    assert.equal((await client.response()).body, 'neighbor');
    client.close();
  };
  await ask();
  assert.match(neighbor.received, /^PROXY /);
  await plane.change({}, { neighborProxy: 'v2' });
  const before = neighbor.received.length;
  await ask();
  assert.match(neighbor.received.slice(before), /^\r\n\r\n\0\r\nQUIT\n/);
});
