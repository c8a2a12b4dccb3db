/** A worker dies: nobody is refused, nothing that was counted is forgotten, and its place is filled again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cluster } from '../../src/cluster/cluster.js';
import type { WorkerObserver } from '../../src/cluster/worker-observer.js';
import { ownAddress } from '../support/addresses.js';
import {
  createRecordingObserver,
  pidsOf,
  request,
  slotOf,
  snapshotOf,
  startCluster,
  startInstance,
  until,
} from './cluster-parts.js';

const PORT = 27_120;

async function serve(
  context: Parameters<typeof startCluster>[0],
  host: string,
  observer: WorkerObserver = createRecordingObserver().observer,
): Promise<Cluster> {
  const cluster = startCluster(context, { observer });
  const instancePort = await startInstance(context, host);
  cluster.publish(snapshotOf(host, 1, [slotOf(host, PORT, { instancePort })]));
  await cluster.whenApplied(1);
  return cluster;
}

function kill(cluster: Cluster, signal: NodeJS.Signals): number {
  const [pid] = pidsOf(cluster);
  assert.ok(pid !== undefined);
  process.kill(pid, signal);
  return pid;
}

test('what connects while the only worker is dead is served by its successor', async (context) => {
  const host = ownAddress();
  const cluster = await serve(context, host);
  const pid = kill(cluster, 'SIGKILL');
  await until(() => !pidsOf(cluster).includes(pid));
  assert.equal(cluster.workers()[0]?.state, 'starting');
  const answers = await Promise.all(Array.from({ length: 20 }, () => request(host, PORT)));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.deepEqual(
    cluster.workers().map(({ state, restarts }) => ({ state, restarts })),
    [{ state: 'serving', restarts: 1 }],
  );
});

test('totals go on over a crash, gauges do not', async (context) => {
  const host = ownAddress();
  const cluster = await serve(context, host);
  for (let round = 0; round < 5; round += 1) await request(host, PORT);
  assert.equal((await cluster.counters()).slots.web?.requests, 5);
  const pid = kill(cluster, 'SIGKILL');
  await until(() => !pidsOf(cluster).includes(pid));
  assert.equal((await cluster.counters()).slots.web?.requests, 5);
  for (let round = 0; round < 3; round += 1) await request(host, PORT);
  const web = (await cluster.counters()).slots.web;
  assert.equal(web?.requests, 8);
  assert.equal(web.inFlight, 0);
});

test('a worker that hangs is killed and replaced; meanwhile counters answer in time', async (context) => {
  const host = ownAddress();
  const { observer, seen } = createRecordingObserver();
  const cluster = await serve(context, host, observer);
  await request(host, PORT);
  await cluster.counters();
  const pid = kill(cluster, 'SIGSTOP');
  const askedAt = performance.now();
  assert.equal((await cluster.counters()).slots.web?.requests, 1);
  assert.ok(performance.now() - askedAt < 1_000);
  const answer = request(host, PORT);
  await until(() => !pidsOf(cluster).includes(pid));
  assert.ok(performance.now() - askedAt < 8_000);
  // The stopped worker took it from the queue or not: then it is the successor's.
  await answer.catch(() => {});
  assert.equal((await request(host, PORT)).status, 200);
  const [successor] = pidsOf(cluster);
  assert.deepEqual(seen, [`${pid} serves`, `${pid} died: SIGKILL, hung`, `${successor} serves`]);
});
