/** A worker that dies at every start is tried again for ever, at longer and longer distances. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { ownAddress } from '../support/addresses.js';
import { temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { request, slotOf, snapshotOf, startCluster, startInstance, WORKER_FILE } from './cluster-parts.js';

const HOST = ownAddress();
const PORT = 27_170;

test('workers that crash at once are started again until they serve', async (context) => {
  const directory = temporaryFolder(context, 'crash');
  const workerFile = path.join(directory, 'worker.mjs');
  await writeFile(workerFile, 'process.exit(9);\n');
  const cluster = startCluster(context, { workerFile });
  const instancePort = await startInstance(context, HOST);
  cluster.publish(snapshotOf(HOST, 1, [slotOf(HOST, PORT, { instancePort })]));
  let restarts = 0;
  await eventually('it was tried again', () => {
    restarts = cluster.workers()[0]?.restarts ?? restarts;
    return restarts >= 3;
  });
  await writeFile(workerFile, `await import(${JSON.stringify(WORKER_FILE)});\n`);
  await cluster.whenApplied(1);
  assert.equal((await request(HOST, PORT)).status, 200);
});
