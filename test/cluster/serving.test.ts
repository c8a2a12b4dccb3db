import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownAddress } from '../support/addresses.js';
import { eventually } from '../support/eventually.js';
import { isListening } from '../support/machine/processes.js';
import {
  oneConnectionEach,
  request,
  slotOf,
  snapshotOf,
  startCluster,
  startInstance,
  untilAllServe,
  untilCounted,
} from './cluster-parts.js';

const HOST = ownAddress();
const PORT = 27_100;

test('two workers serve what is published, and say so', async (context) => {
  const cluster = startCluster(context, { workers: 2 });
  const instancePort = await startInstance(context, HOST, 'hello');
  cluster.publish(snapshotOf(HOST, 7, [slotOf(HOST, PORT, { instancePort })]));
  await cluster.whenApplied(7);
  assert.equal(cluster.appliedRevision, 7);
  await untilAllServe(cluster);
  for (let round = 0; round < 10; round += 1)
    assert.deepEqual(await request(HOST, PORT), { status: 200, body: 'hello' });
  assert.equal((await request(HOST, PORT + 1, oneConnectionEach, '/health')).status, 200);
  assert.deepEqual(
    cluster.workers().map(({ index, state, revision, restarts }) => ({ index, state, revision, restarts })),
    [0, 1].map((index) => ({ index, state: 'serving', revision: 7, restarts: 0 })),
  );
  await untilCounted(cluster, 10);
  assert.equal(await cluster.drain({ deadlineMs: 1_000 }), 0);
  assert.deepEqual(cluster.workers(), []);
});

test('slots come, change their protocol and go, and the others keep their sockets', async (context) => {
  const host = ownAddress();
  const cluster = startCluster(context);
  const instancePort = await startInstance(context, host);
  const first = slotOf(host, PORT, { instancePort });
  const second = slotOf(host, PORT + 10, { instancePort, app: 'second' });
  const publish = async (revision: number, slots: readonly (typeof first)[]): Promise<void> => {
    cluster.publish(snapshotOf(host, revision, slots));
    await cluster.whenApplied(revision);
  };
  await publish(1, [first]);
  await publish(2, [first, second]);
  assert.equal((await request(host, PORT + 10)).status, 200);
  await publish(3, [first, { ...second, protocol: 'tcp' }]);
  assert.equal((await request(host, PORT + 10)).status, 200);
  await publish(4, [first]);
  await eventually(
    'both ports are closed',
    async () => !(await isListening(host, PORT + 10)) && !(await isListening(host, PORT + 11)),
  );
  assert.equal((await request(host, PORT)).status, 200);
  await publish(5, [first, second]);
  assert.equal((await request(host, PORT + 10)).status, 200);
});
