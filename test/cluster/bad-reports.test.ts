/** Workers that serve and whose counters make no sense: it costs the counters, and no worker, no slot and no primary. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ownAddress } from '../support/addresses.js';
import { temporaryFolder } from '../support/at-end.js';
import { createRecordingLog } from '../support/recording-log.js';
import { pidsOf, request, slotOf, snapshotOf, startCluster, startInstance, until } from './cluster-parts.js';

const PORT = 27_180;
const REPORTS = [null, {}, { slots: null }, { slots: { web: null } }, { slots: { web: { requests: 1 } } }];

for (const report of REPORTS) {
  test(`a report of ${JSON.stringify(report)}`, async (context) => {
    const host = ownAddress();
    const workerFile = path.join(temporaryFolder(context, 'reports'), 'worker.mjs');
    const real = fileURLToPath(new URL('../../src/worker.js', import.meta.url));
    const spoil = `message.type === 'report' ? { ...message, counters: ${JSON.stringify(report)} } : message`;
    await writeFile(
      workerFile,
      `const send = process.send.bind(process);
      process.send = (message, ...more) => send(${spoil}, ...more);
      await import(${JSON.stringify(real)});\n`,
    );
    const { log, lines } = createRecordingLog();
    const cluster = startCluster(context, { workerFile, log });
    const instancePort = await startInstance(context, host);
    cluster.publish(snapshotOf(host, 1, [slotOf(host, PORT, { instancePort })]));
    await cluster.whenApplied(1);
    for (let asked = 0; asked < 3; asked += 1) assert.deepEqual(Object.keys((await cluster.counters()).slots), []);
    const [pid = 0] = pidsOf(cluster);
    process.kill(pid, 'SIGKILL');
    await until(() => cluster.workers().every((worker) => worker.pid !== pid && worker.state === 'serving'));
    assert.equal((await request(host, PORT)).status, 200);
    const said = lines.filter(({ msg }) => msg === 'counting failed; the counters are incomplete');
    assert.equal(said.length, report === null ? 0 : 1);
  });
}
