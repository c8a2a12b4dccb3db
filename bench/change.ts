/**
 * Changes of the services directory at full load: what they cost the clients, the processes and the memory, and how long
 * a change takes from the written file to the first answer by it.
 *
 *   npm run bench:change -- [--changes 1000] [--seconds 60] [--connections 32]
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { prepareComponents } from '../test/support/machine/components.js';
import { percentileOf, sumOf } from './figures.js';
import { LoadClient } from './load-client.js';
import { machineLine } from './machine.js';
import { NginxOrigin } from './nginx-origin.js';
import { NodeUnderTest } from './node-under-test.js';
import { ResidentMean } from './process-usage.js';
import { Verdict } from './report.js';

const { values } = parseArgs({
  options: {
    changes: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '60' },
    connections: { type: 'string', default: '32' },
  },
});
const CHANGES = Number(values.changes);
const PAUSE_MS = (Number(values.seconds) * 1_000) / CHANGES;
const HOST = '127.0.0.41';
const SLOT = 21_334;
const ORIGIN_PORT = 19_301;
const WORKERS = 2;
/**
 * Changes at load before memory is first read, as fast as they go. Until here heaps take their size: over 4 000 changes
 * the workers' private memory went from 30 to 46 MB, back to 39, and stayed there to a tenth of a megabyte.
 */
const WARM_UP_CHANGES = 1_500;
/** Memory is the mean over so many changes: the last ones of the warm-up, and the last ones of all. */
const MEASURED_CHANGES = 200;
const MAX_ROUTED_MS = 150;
const MAX_GROWTH = 0.1;
/** Every so many changes an app of its own comes and goes: listeners have to be opened and closed too. */
const APP_EVERY = 10;

await prepareComponents();
const verdict = new Verdict();
const origin = new NginxOrigin({ ports: [ORIGIN_PORT] });
const node = new NodeUnderTest({ host: HOST, adminPort: 1_936, workers: WORKERS });
/** Each change brings an address that was never there before, so the first answer from it dates the change. */
const addressOf = (change: number): string => `127.77.${change >> 8}.${change & 255}`;
const waiting = new Map<string, { readonly writtenAt: number; readonly onSeen: (routedMs: number) => void }>();
const routedMs: number[] = [];

console.log(machineLine());
await origin.start();
try {
  writeInstances(0);
  await node.start();
  await node.untilState(({ workers }) => workers.filter(({ state }) => state === 'serving').length === WORKERS);
  const pidsBefore = [node.pid, ...(await node.workerPids())];
  const client = new LoadClient({ host: HOST, port: SLOT, connections: Number(values.connections), onAnswer });
  await run(WARM_UP_CHANGES, 1, 0);
  const before = await memoryDuring(pidsBefore, run(MEASURED_CHANGES, 2_000, PAUSE_MS));
  routedMs.length = 0;
  const startedAt = performance.now();
  const last = Math.min(MEASURED_CHANGES, CHANGES);
  await run(CHANGES - last, 3_000, PAUSE_MS);
  const after = await memoryDuring(pidsBefore, run(last, 3_000 + CHANGES - last, PAUSE_MS));
  const seconds = (performance.now() - startedAt) / 1_000;
  const result = await client.stop();
  const pidsAfter = [node.pid, ...(await node.workerPids())];
  const sorted = routedMs.sort((a, b) => a - b);
  const growth = sumOf(after) / sumOf(before) - 1;
  const p99 = percentileOf(sorted, 0.99);
  console.log(
    `${CHANGES} changes in ${seconds.toFixed(1)} s under ${(result.requests / seconds).toFixed(0)} requests/s; ` +
      `file written → routed: p50 ${percentileOf(sorted, 0.5).toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, max ${(sorted.at(-1) ?? 0).toFixed(0)} ms`,
  );
  if (result.failed > 0) console.log(JSON.stringify({ failures: result.failures, statuses: [...result.statuses] }));
  verdict.check(result.failed === 0, 'no request fails', `${result.failed} of ${result.requests}`);
  verdict.check(String(pidsAfter) === String(pidsBefore), 'the processes stay', pidsAfter.join(' '));
  verdict.check(
    growth < MAX_GROWTH,
    'memory grows under 10 %',
    `${(growth * 100).toFixed(1)} % (${megabytes(before)} → ${megabytes(after)} MB)`,
  );
  verdict.check(p99 < MAX_ROUTED_MS, `file written → routed p99 under ${MAX_ROUTED_MS} ms`, `${p99.toFixed(0)} ms`);
} finally {
  await node.stop();
  await origin.stop();
  node.removeDirectory();
}
process.exitCode = verdict.exitCode;

/** Two instances stay, one is new at each change; the one before goes. */
async function run(count: number, from: number, pauseMs: number): Promise<void> {
  for (let change = from; change < from + count; change += 1) {
    const startedAt = performance.now();
    const seen = new Promise<number>((resolve) => {
      waiting.set(addressOf(change), { writtenAt: performance.now(), onSeen: resolve });
    });
    writeInstances(change);
    if (change % APP_EVERY === 0) node.writeApp('guest', { slot: SLOT + 10, instances: [`127.77.0.1:${ORIGIN_PORT}`] });
    else if (change % APP_EVERY === APP_EVERY / 2) node.removeFile('guest.yml');
    routedMs.push(await seen);
    const restMs = pauseMs - (performance.now() - startedAt);
    if (restMs > 0) await delay(restMs);
  }
}

function writeInstances(change: number): void {
  const instances = ['127.78.0.1', '127.78.0.2', addressOf(change)].map((host) => `${host}:${ORIGIN_PORT}`);
  node.writeApp('bench', { slot: SLOT, instances });
}

/** The body is `address:port path`; it has to be this request's own. */
function onAnswer(body: string, token: string): boolean {
  const address = body.slice(0, body.indexOf(':'));
  const change = waiting.get(address);
  if (change !== undefined) {
    waiting.delete(address);
    change.onSeen(performance.now() - change.writtenAt);
  }
  return body.endsWith(` /${token}`);
}

/** Primary first, then the workers. */
async function memoryDuring(pids: readonly number[], work: Promise<void>): Promise<readonly number[]> {
  const mean = new ResidentMean(pids);
  await work;
  return mean.stop();
}

function megabytes(values: readonly number[]): string {
  return values.map((value) => (value / 1_048_576).toFixed(0)).join(' + ');
}
