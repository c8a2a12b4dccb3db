/**
 * A node beside a Docker engine: what following 200 containers costs, how soon a new container serves, how soon one that is
 * told to stop gets nothing new, and whether an address that another app takes over gets requests of the old one.
 *
 *   npm run bench:docker -- [--only follow,lives,reuse] [--seconds 30] [--rounds 20] [--reuses 100] [--versions 20.10,28]
 */
import { parseArgs } from 'node:util';
import type { Ending } from '../test/support/at-end.js';
import { prepareDocker } from '../test/support/docker-engine.js';
import { DOCKER_VERSIONS, type DockerVersion } from '../test/support/docker-versions.js';
import { eventually } from '../test/support/eventually.js';
import { type RunningNode, startNode, startNodeOn } from '../test/support/node-process.js';
import { PacedTraffic } from '../test/support/paced-traffic.js';
import { ScriptedEngine } from '../test/support/scripted-engine.js';
import { ask } from '../test/support/steady-traffic.js';
import { TestEngine } from '../test/support/test-engine.js';
import { busyLine, isBusy, lookAtOthers, machineLine } from './machine.js';
import { cpuSeconds } from './process-usage.js';
import { Verdict } from './report.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'follow,lives,reuse' },
    seconds: { type: 'string', default: '30' },
    rounds: { type: 'string', default: '20' },
    reuses: { type: 'string', default: '100' },
    versions: { type: 'string', default: DOCKER_VERSIONS.join() },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const verdict = new Verdict();

const CONTAINERS = 200;
const MAX_KNOWN_MS = 1_000;
const MAX_CPU_PERCENT = 2;
const MAX_SERVED_MS = 500;
const MAX_STOPPED_P99_MS = 20;
const RATE = 500;

console.log(machineLine());
const othersCores = await lookAtOthers();
if (isBusy(othersCores)) console.log(busyLine(othersCores));
if (values.only.includes('follow')) await withEnd(measureFollowing);
if (/lives|reuse/.test(values.only)) await prepareDocker();
for (const version of DOCKER_VERSIONS.filter((one) => values.versions.split(',').includes(one))) {
  if (values.only.includes('lives')) await withEnd((context) => measureLives(context, version));
  if (values.only.includes('reuse')) await withEnd((context) => measureReuse(context, version));
}
process.exitCode = verdict.exitCode;

/** Of a scripted engine: 200 real HEALTHCHECKs a second would be measured, and not the node. */
async function measureFollowing(context: Ending): Promise<void> {
  const engine = await ScriptedEngine.start(context);
  for (let number = 0; number < CONTAINERS; number += 1) {
    engine.run(`web-${number}`, { health: 'healthy', networks: { bridge: `172.17.1.${number}` } });
  }
  engine.pass(3_600_000);
  const idle = await startNode(context, () => ({}));
  const node = await startNode(context, () => ({}), { '--docker': engine.socketPath });
  const line = await node.logged('following the containers of Docker');
  const knownMs = Date.parse(String(line.time)) - (engine.firstAskedAt ?? Number.NaN);
  verdict.check(
    knownMs < MAX_KNOWN_MS,
    `${CONTAINERS} containers known, from the first call on: under 1 s`,
    `${knownMs} ms`,
  );
  // Three exec_* events each second for each container: the filter of the stream keeps them with the engine.
  const [without, following] = await Promise.all([percentOf(idle), percentOf(node)]);
  const figure = `${following.toFixed(2)} % of a core, ${without.toFixed(2)} % without`;
  verdict.check(
    following - without < MAX_CPU_PERCENT,
    `${CONTAINERS} containers followed for ${seconds} s: under 2 %`,
    figure,
  );
}

async function percentOf(node: RunningNode): Promise<number> {
  const pids = [node.pid, ...(await node.workerPids())];
  const used = (): number => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const before = used();
  await pause(seconds * 1_000);
  return ((used() - before) / seconds) * 100;
}

async function startBeside(context: Ending, engine: TestEngine): Promise<RunningNode> {
  await engine.importApp();
  const files = (_: string, slot: number) => ({
    'shop.yml': `shop:\n  protocol: http\n  translated_port: ${slot}\n  instances: []\n`,
  });
  return startNodeOn(context, engine.machine, files, { '--docker': engine.socketPath });
}

async function measureLives(context: Ending, version: DockerVersion): Promise<void> {
  const engine = await TestEngine.start(context, { version });
  const node = await startBeside(context, engine);
  const labels = { 'autoproxy.app': 'shop' };
  const servedMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { id } = await engine.startApp(`once-${round}`, { labels });
    const listensAt = performance.now();
    await eventually('it serves', async () => (await ask(node.host, node.slot)).body.includes(id.slice(0, 12)));
    servedMs.push(performance.now() - listensAt);
    await engine.docker('rm', '-f', id);
    await eventually('it is gone', async () => (await ask(node.host, node.slot)).status === 503);
  }
  const slowest = Math.max(...servedMs);
  const words = `p50 ${shareOf(servedMs, 0.5)} ms, slowest ${slowest.toFixed(0)} ms`;
  verdict.check(
    slowest < MAX_SERVED_MS,
    `${version}: a new container listens → it serves, n=${rounds}: under 500 ms`,
    words,
  );

  const stays = await engine.startApp('stays', { labels, env: { APP: 'shop' } });
  await eventually('it serves', async () => (await ask(node.host, node.slot)).body.includes(stays.id.slice(0, 12)));
  const traffic = await PacedTraffic.start(context, engine.namespace, {
    host: node.host,
    port: node.slot,
    rate: RATE,
    app: 'shop',
  });
  const afterStopMs: number[] = [];
  let slowestMs = 0;
  for (let round = 0; round < rounds; round += 1) {
    const { id } = await engine.startApp(`ends-${round}`, {
      labels,
      env: { APP: 'shop', ON_STOP: 'lingering', EXIT_AFTER_MS: 300 },
    });
    const own = async () => (await traffic.report()).byContainer[id.slice(0, 12)];
    await eventually('it has traffic', async () => ((await own())?.served ?? 0) > 20);
    await engine.call('POST', `/containers/${id}/stop`);
    afterStopMs.push((await own())?.lastAfterStopMs ?? 0);
    await engine.docker('rm', '-f', id);
  }
  const report = await traffic.stop();
  slowestMs = report.slowestMs;
  const failed = report.failedGets.length + report.failedPosts.length;
  const p99 = shareOf(afterStopMs, 0.99);
  verdict.check(
    Number(p99) < MAX_STOPPED_P99_MS,
    `${version}: docker stop, signal → last new request, ${RATE} requests/s, n=${rounds}: p99 under 20 ms`,
    `p50 ${shareOf(afterStopMs, 0.5)} ms, p99 ${p99} ms`,
  );
  verdict.check(
    failed === 0 && slowestMs < 1_000,
    `${version}: no request fails meanwhile, none takes a second`,
    `${failed} of ${report.served + failed} failed, slowest ${slowestMs.toFixed(0)} ms; ${report.failedGets.concat(report.failedPosts).slice(0, 3).join('; ')}`,
  );
}

/** A container of another app takes the address as soon as the engine has it back. */
async function measureReuse(context: Ending, version: DockerVersion): Promise<void> {
  const engine = await TestEngine.start(context, { version });
  const node = await startBeside(context, engine);
  const shop = { labels: { 'autoproxy.app': 'shop' }, env: { APP: 'shop' } };
  const stays = await engine.startApp('stays', shop);
  await eventually('it serves', async () => (await ask(node.host, node.slot)).body.includes(stays.id.slice(0, 12)));
  const plan = { host: node.host, port: node.slot, rate: RATE, app: 'shop' };
  const traffic = await PacedTraffic.start(context, engine.namespace, plan);
  let reused = 0;
  for (let round = 0; round < Number(values.reuses); round += 1) {
    const { id, address } = await engine.startApp(`shop-${round}`, shop);
    await eventually('it has traffic', async () => (await traffic.report()).byContainer[id.slice(0, 12)] !== undefined);
    await engine.call('DELETE', `/containers/${id}?force=1`);
    const till = await engine.startApp(`till-${round}`, { labels: { 'autoproxy.app': 'till' }, env: { APP: 'till' } });
    if (till.address === address) reused += 1;
    await traffic.more(RATE / 10);
    await engine.call('DELETE', `/containers/${till.id}?force=1`);
  }
  const { served, wrongApp, failedGets } = await traffic.stop();
  verdict.check(
    wrongApp === 0 && failedGets.length === 0 && reused > 0,
    `${version}: an address taken over by another app ${reused} times at ${RATE} requests/s: none to the wrong app`,
    `${wrongApp} of ${served}, ${failedGets.length} GETs failed`,
  );
}

function shareOf(all: readonly number[], share: number): string {
  const sorted = [...all].sort((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(1);
}

/** What was begun last ends first. */
async function withEnd(measure: (context: Ending) => Promise<void>): Promise<void> {
  const ends: (() => unknown)[] = [];
  try {
    await measure({ after: (end) => void ends.push(end) });
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
