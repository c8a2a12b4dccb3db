/** Workers that serve and whose counters make no sense: it costs the counters, and no worker, no slot and no primary. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { ownAddress } from '../support/addresses.js';
import { temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { createRecordingLog } from '../support/recording-log.js';
import { pidsOf, request, startServing, WORKER_FILE } from './cluster-parts.js';

const PORT = 27_180;
const REPORTS = [null, {}, { slots: null }, { slots: { web: null } }, { slots: { web: { requests: 1 } } }];

for (const report of REPORTS) {
  test(`a report of ${JSON.stringify(report)}`, async (context) => {
    const host = ownAddress();
    const workerFile = path.join(temporaryFolder(context, 'reports'), 'worker.mjs');
    const spoil = `message.type === 'report' ? { ...message, counters: ${JSON.stringify(report)} } : message`;
    await writeFile(
      workerFile,
      `const send = process.send.bind(process);
      process.send = (message, ...more) => send(${spoil}, ...more);
      await import(${JSON.stringify(WORKER_FILE)});\n`,
    );
    const { log, lines } = createRecordingLog();
    const cluster = await startServing(context, host, PORT, { workerFile, log });
    for (let asked = 0; asked < 3; asked += 1) assert.deepEqual(Object.keys((await cluster.counters()).slots), []);
    const [pid = 0] = pidsOf(cluster);
    process.kill(pid, 'SIGKILL');
    await eventually('its successor serves', () =>
      cluster.workers().every((worker) => worker.pid !== pid && worker.state === 'serving'),
    );
    assert.equal((await request(host, PORT)).status, 200);
    const said = lines.filter(({ msg }) => msg === 'counting failed; the counters are incomplete');
    assert.equal(said.length, report === null ? 0 : 1);
  });
}
