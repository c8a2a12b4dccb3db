/** A worker that dies at every start is tried again for ever, at longer and longer distances. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ownAddress } from '../support/addresses.js';
import { temporaryFolder } from '../support/at-end.js';
import { request, slotOf, snapshotOf, startCluster, startInstance, until } from './cluster-parts.js';

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
  await until(() => {
    restarts = cluster.workers()[0]?.restarts ?? restarts;
    return restarts >= 3;
  });
  const real = fileURLToPath(new URL('../../src/worker.js', import.meta.url));
  await writeFile(workerFile, `await import(${JSON.stringify(real)});\n`);
  await cluster.whenApplied(1);
  assert.equal((await request(HOST, PORT)).status, 200);
});
