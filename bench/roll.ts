/**
 * Replacement of all workers (USR2) and `kill -9` of one, at load.
 *
 *   npm run bench:roll -- [--connections 64] [--rolls 3]
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { prepareComponents } from '../test/support/machine/components.js';
import { LoadClient, type LoadResult } from './load-client.js';
import { machineLine } from './machine.js';
import { NginxOrigin } from './nginx-origin.js';
import { NodeUnderTest } from './node-under-test.js';
import { establishedOn } from './process-usage.js';
import { Verdict } from './report.js';

const { values } = parseArgs({
  options: { connections: { type: 'string', default: '64' }, rolls: { type: 'string', default: '3' } },
});
const CONNECTIONS = Number(values.connections);
const HOST = '127.0.0.42';
const SLOT = 21_344;
const ORIGIN_PORTS = [19_311, 19_312, 19_313];
const SETTLE_MS = 1_000;

await prepareComponents();
const verdict = new Verdict();
const origin = new NginxOrigin({ ports: ORIGIN_PORTS });
const node = new NodeUnderTest({ host: HOST, adminPort: 1_936, workers: 2 });

console.log(machineLine());
await origin.start();
try {
  node.writeApp('bench', { slot: SLOT, instances: ORIGIN_PORTS.map((port) => `127.0.0.1:${port}`) });
  await node.start();
  await rollAll(Number(values.rolls));
  await killOne();
} finally {
  await node.stop();
  await origin.stop();
  node.removeDirectory();
}
process.exitCode = verdict.exitCode;

function startClient(): LoadClient {
  return new LoadClient({
    host: HOST,
    port: SLOT,
    connections: CONNECTIONS,
    onAnswer: (body, token) => body.endsWith(` /${token}`),
  });
}

async function rollAll(rolls: number): Promise<void> {
  const client = startClient();
  let replaced = 0;
  for (let roll = 0; roll < rolls; roll += 1) {
    const before = await node.workerPids();
    await delay(SETTLE_MS);
    node.signal('SIGUSR2');
    await node.untilState(
      ({ workers }) =>
        workers.every(({ pid, state }) => !before.includes(pid) && state === 'serving') &&
        workers.length === before.length,
      60_000,
    );
    replaced += before.length;
  }
  const result = await client.stop();
  explain(result);
  verdict.check(
    result.failed === 0,
    `${replaced} workers replaced at load, no request fails`,
    `${result.failed} of ${result.requests}`,
  );
}

async function killOne(): Promise<void> {
  const client = startClient();
  await delay(SETTLE_MS);
  const [victim = 0] = await node.workerPids();
  const onVictim = establishedOn(victim, SLOT);
  process.kill(victim, 'SIGKILL');
  await node.untilState(
    ({ workers }) => workers.filter(({ state, pid }) => state === 'serving' && pid !== victim).length === 2,
  );
  await delay(SETTLE_MS);
  const result = await client.stop();
  explain(result);
  // Each connection has one request under way at nearly all times.
  verdict.check(
    result.failed <= onVictim && result.failures.refused === 0,
    'kill -9 of one of two workers loses only what was under way on it, and refuses nobody',
    `${result.failed} of ${result.requests} requests, ${onVictim} of ${CONNECTIONS} connections were on it, ${result.failures.refused} refused`,
  );
}

function explain(result: LoadResult): void {
  if (result.failed > 0) console.log(JSON.stringify({ failures: result.failures, statuses: [...result.statuses] }));
}
