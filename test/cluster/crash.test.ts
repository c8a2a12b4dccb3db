/** A worker dies: nobody is refused, nothing that was counted is forgotten, and its place is filled again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cluster } from '../../src/cluster/cluster.js';
import { ownAddress } from '../support/addresses.js';
import { eventually } from '../support/eventually.js';
import { createRecordingObserver, pidsOf, request, startServing, untilCounted } from './cluster-parts.js';

const PORT = 27_120;

function kill(cluster: Cluster, signal: NodeJS.Signals): number {
  const [pid] = pidsOf(cluster);
  assert.ok(pid !== undefined);
  process.kill(pid, signal);
  return pid;
}

function untilGone(cluster: Cluster, pid: number): Promise<void> {
  return eventually('the worker is gone', () => !pidsOf(cluster).includes(pid));
}

test('what connects while the only worker is dead is served by its successor', async (context) => {
  const host = ownAddress();
  const cluster = await startServing(context, host, PORT);
  const pid = kill(cluster, 'SIGKILL');
  await untilGone(cluster, pid);
  assert.equal(cluster.workers()[0]?.state, 'starting');
  const [{ loopDelay } = { loopDelay: null }] = cluster.loopDelays();
  assert.deepEqual(new Set(loopDelay), new Set([0]), 'its series begin with 0 before its first report');
  const answers = await Promise.all(Array.from({ length: 20 }, () => request(host, PORT)));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.deepEqual(
    cluster.workers().map(({ state, restarts }) => ({ state, restarts })),
    [{ state: 'serving', restarts: 1 }],
  );
});

test('totals go on over a crash, gauges do not', async (context) => {
  const host = ownAddress();
  const cluster = await startServing(context, host, PORT);
  for (let round = 0; round < 5; round += 1) await request(host, PORT);
  await untilCounted(cluster, 5);
  const pid = kill(cluster, 'SIGKILL');
  await untilGone(cluster, pid);
  assert.equal((await cluster.counters()).slots.web?.requests, 5);
  for (let round = 0; round < 3; round += 1) await request(host, PORT);
  await untilCounted(cluster, 8);
  assert.equal((await cluster.counters()).slots.web?.inFlight, 0);
});

test('a worker that hangs is killed and replaced; meanwhile counters answer in time', async (context) => {
  const host = ownAddress();
  const { observer, seen } = createRecordingObserver();
  const cluster = await startServing(context, host, PORT, { observer });
  await request(host, PORT);
  await untilCounted(cluster, 1);
  const pid = kill(cluster, 'SIGSTOP');
  const askedAt = performance.now();
  assert.equal((await cluster.counters()).slots.web?.requests, 1);
  assert.ok(performance.now() - askedAt < 1_000);
  const answer = request(host, PORT);
  await untilGone(cluster, pid);
  assert.ok(performance.now() - askedAt < 8_000);
  // The stopped worker took it from the queue or not: then it is the successor's.
  await answer.catch(() => {});
  assert.equal((await request(host, PORT)).status, 200);
  const [successor] = pidsOf(cluster);
  assert.deepEqual(seen, [`${pid} serves`, `${pid} died: SIGKILL, hung`, `${successor} serves`]);
});
