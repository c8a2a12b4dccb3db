/**
 * `kill -9` of the primary at 1 000 requests/s, half of them on connections of their own: with a start one second later,
 * as a supervisor does it, and without.
 *
 *   npm run bench:orphans -- [--kills 3] [--rate 1000]
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { FreshClients } from './fresh-clients.js';
import { InstanceProcess } from './instance-process.js';
import { LoadClient } from './load-client.js';
import { machineLine } from './machine.js';
import { NodeUnderTest } from './node-under-test.js';
import { Verdict } from './report.js';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '3' }, rate: { type: 'string', default: '1000' } },
});
const KILLS = Number(values.kills);
const RATE = Number(values.rate);
const HOST = '127.0.0.45';
const SLOT = 21_364;
/** Each asks again so long after an answer. */
const THINK_MS = 50;
const RESTART_AFTER_MS = 1_000;
const SETTLE_MS = 1_000;
const GRACE_S = 5;

const verdict = new Verdict();
const instances = [1, 2, 3].map((n) => new InstanceProcess(`127.79.3.${n}`, 19_341));
const node = new NodeUnderTest({
  host: HOST,
  adminPort: 1_936,
  workers: 2,
  environment: { AUTOPROXY_ORPHAN_GRACE: `${GRACE_S}s` },
});

console.log(machineLine());
try {
  for (const instance of instances) await instance.start();
  node.writeApp('bench', { slot: SLOT, instances: instances.map(({ host, port }) => `${host}:${port}`) });
  await node.start();
  await killAndStartAgain();
  await killForGood();
} finally {
  await node.stop();
  node.removeDirectory();
  for (const instance of instances) await instance.kill();
}
process.exitCode = verdict.exitCode;

async function killAndStartAgain(): Promise<void> {
  const kept = new LoadClient({
    host: HOST,
    port: SLOT,
    connections: Math.round((RATE / 2 / 1_000) * THINK_MS),
    thinkMs: THINK_MS,
  });
  const fresh = new FreshClients(HOST, SLOT, RATE / 2);
  const orphans: number[] = [];
  await delay(SETTLE_MS);
  for (let kill = 0; kill < KILLS; kill += 1) {
    orphans.push(...(await node.workerPids()));
    await node.stop('SIGKILL');
    await delay(RESTART_AFTER_MS);
    await node.start();
    await delay(SETTLE_MS);
  }
  const [onKept, onFresh] = await Promise.all([kept.stop(), fresh.stop()]);
  if (onKept.failed > 0) console.log(JSON.stringify(onKept.failures));
  verdict.check(
    onKept.failed === 0 && onFresh.failed === 0,
    `kill -9 of the primary ${KILLS} times, a start a second later: nobody is refused and no request fails`,
    `${onFresh.refused} refused and ${onFresh.failed} failed of ${onFresh.requests} on new connections, ` +
      `${onKept.failed} of ${onKept.requests} on kept ones; the slowest new one took ${onFresh.slowestMs} ms`,
  );
  await untilGone(orphans);
  verdict.check(!orphans.some(isAlive), 'no worker of a dead primary is left', `${orphans.filter(isAlive).length}`);
}

async function killForGood(): Promise<void> {
  const fresh = new FreshClients(HOST, SLOT, RATE / 2);
  await delay(SETTLE_MS);
  const orphans = await node.workerPids();
  await node.stop('SIGKILL');
  const diedAt = performance.now();
  await delay((GRACE_S - 1) * 1_000);
  const served = await fresh.stop();
  verdict.check(
    served.failed === 0,
    `without a start the workers serve for the grace of ${GRACE_S} s`,
    `${served.refused} refused and ${served.failed} failed of ${served.requests}`,
  );
  await untilGone(orphans);
  const seconds = ((performance.now() - diedAt) / 1_000).toFixed(1);
  verdict.check(!(await isTaken(SLOT)) && !(await isTaken(SLOT + 1)), 'then the ports are free', `after ${seconds} s`);
}

async function untilGone(pids: readonly number[]): Promise<void> {
  const giveUpAt = performance.now() + 40_000;
  while (pids.some(isAlive) && performance.now() < giveUpAt) await delay(50);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function isTaken(port: number): Promise<boolean> {
  const socket = connect({ host: HOST, port });
  const connected = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return connected;
}
