/** All workers are replaced under load, and no client notices. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { ownAddress } from '../support/addresses.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { instanceOf } from '../support/node/snapshots.js';
import { ScriptedInstance } from '../support/traffic/scripted-instance.js';
import {
  createRecordingObserver,
  pidsOf,
  request,
  slotOf,
  snapshotOf,
  startCluster,
  startServing,
  untilCounted,
  WORKER_FILE,
} from './cluster-parts.js';

const HOST = ownAddress();
const PORT = 27_130;
const CLIENTS = 8;

test('a roll under keep-alive load fails no request, changes every pid and keeps the totals', async (context) => {
  const cluster = await startServing(context, HOST, PORT, { workers: 2 });
  const before = pidsOf(cluster);
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  atEnd(context, () => agent.destroy());
  let isOver = false;
  let requests = 0;
  const failures: unknown[] = [];
  const client = async (): Promise<void> => {
    while (!isOver) {
      try {
        const { status } = await request(HOST, PORT, agent);
        if (status !== 200) failures.push(status);
      } catch (error) {
        failures.push(error);
      }
      requests += 1;
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  await cluster.roll({ drainMs: 5_000 });
  await eventually('the old workers are gone', () =>
    cluster.workers().every(({ state, pid }) => state === 'serving' && !before.includes(pid)),
  );
  isOver = true;
  await Promise.all(clients);
  assert.deepEqual(failures, []);
  assert.equal(cluster.workers().length, 2);
  await untilCounted(cluster, requests);
});

test('a worker that drains hears which containers are gone', async (context) => {
  const host = ownAddress();
  const silent = await ScriptedInstance.start(context);
  const cluster = startCluster(context);
  const life = '0123456789ab@2026-11-29T11:02:03.1Z';
  const slot = { ...slotOf(host, PORT, { instancePort: silent.port }), instances: [instanceOf(silent, { life })] };
  cluster.publish(snapshotOf(host, 1, [slot]));
  await cluster.whenApplied(1);
  const before = pidsOf(cluster);
  const answer = request(host, PORT);
  await silent.connection(0);
  const rolled = cluster.roll({ drainMs: 60_000 });
  await eventually('the old worker drains', () =>
    cluster.workers().some(({ state, pid }) => state === 'draining' && before.includes(pid)),
  );
  cluster.publish({ ...snapshotOf(host, 2, [{ ...slot, instances: [] }]), gone: [{ life, host: null }] });
  assert.equal((await answer).status, 502);
  await rolled;
});

test('a worker that cuts clients at the end of its drain says how many', async (context) => {
  const host = ownAddress();
  const silent = await ScriptedInstance.start(context);
  const { observer, seen } = createRecordingObserver();
  const cluster = startCluster(context, { observer });
  cluster.publish(
    snapshotOf(host, 1, [{ ...slotOf(host, PORT, { instancePort: silent.port }), instances: [instanceOf(silent)] }]),
  );
  await cluster.whenApplied(1);
  const [pid] = pidsOf(cluster);
  const answers = Promise.allSettled([request(host, PORT), request(host, PORT)]);
  await silent.connection(1);
  await cluster.roll({ drainMs: 50 });
  await eventually('the old worker is gone', () => cluster.workers().length === 1);
  assert.deepEqual(
    (await answers).map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  const told = seen.filter((one) => one.startsWith(`${pid} `));
  assert.deepEqual(told, [`${pid} serves`, `${pid} cut 2`]);
  await cluster.roll({ drainMs: 50 });
  await eventually('the old worker is gone', () => cluster.workers().length === 1);
  assert.equal(seen.filter((one) => one.includes('cut')).length, 1, 'one that cut nobody says nothing');
});

test('a successor that does not come up stops the roll, and the worker stays', async (context) => {
  const host = ownAddress();
  const directory = temporaryFolder(context, 'roll');
  const workerFile = path.join(directory, 'worker.mjs');
  await writeFile(workerFile, `await import(${JSON.stringify(WORKER_FILE)});\n`);
  const { observer, seen } = createRecordingObserver();
  const cluster = await startServing(context, host, PORT, { workerFile, observer });
  const before = pidsOf(cluster);
  await writeFile(workerFile, 'process.exit(3);\n');
  await assert.rejects(cluster.roll(), /the roll stops at worker 0, which stays as it is: .* ended before it served/);
  await eventually('the successor is gone', () => cluster.workers().length === 1);
  assert.deepEqual(pidsOf(cluster), before);
  assert.equal(seen.length, 2);
  assert.match(seen[1] ?? '', /^the roll stops at worker 0/);
  assert.equal((await request(host, PORT)).status, 200);
});
