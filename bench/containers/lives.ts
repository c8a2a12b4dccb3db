/** How soon a new container serves, and how soon one that is told to stop gets nothing new. */
import type { Ending } from '../../test/support/at-end.js';
import type { DockerVersion } from '../../test/support/docker/docker-versions.js';
import { eventually } from '../../test/support/eventually.js';
import type { RunningNode } from '../../test/support/node/node-process.js';
import { PacedTraffic } from '../../test/support/traffic/paced-traffic.js';
import { ask } from '../../test/support/traffic/steady-traffic.js';
import type { Verdict } from '../report.js';
import { type BesideEngine, shareOf, startBesideEngine } from './beside-engine.js';

export interface LivesPlan {
  readonly rounds: number;
  readonly requestsPerSecond: number;
}

const MAX_SERVED_MS = 500;
const MAX_STOPPED_P99_MS = 20;
const MAX_REQUEST_MS = 1_000;
const LABELS = { 'autoproxy.app': 'shop' };

export async function measureLives(
  context: Ending,
  version: DockerVersion,
  plan: LivesPlan,
  verdict: Verdict,
): Promise<void> {
  const beside = await startBesideEngine(context, version, ['shop']);
  await measureStarts(beside, plan, verdict);
  await measureStops(context, beside, plan, verdict);
}

async function measureStarts({ engine, node }: BesideEngine, { rounds }: LivesPlan, verdict: Verdict): Promise<void> {
  const servedMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { id } = await engine.startApp(`once-${round}`, { labels: LABELS });
    const listensAt = performance.now();
    await untilServes(node, id);
    servedMs.push(performance.now() - listensAt);
    await engine.docker('rm', '-f', id);
    await eventually('it is gone', async () => (await ask(node.host, node.slot)).status === 503);
  }
  const slowest = Math.max(...servedMs);
  verdict.check(
    slowest < MAX_SERVED_MS,
    `${engine.version}: a new container listens → it serves, n=${rounds}: under ${MAX_SERVED_MS} ms`,
    `p50 ${shareOf(servedMs, 0.5).toFixed(1)} ms, slowest ${slowest.toFixed(0)} ms`,
  );
}

async function measureStops(
  context: Ending,
  { engine, node }: BesideEngine,
  { rounds, requestsPerSecond }: LivesPlan,
  verdict: Verdict,
): Promise<void> {
  const { version } = engine;
  const stays = await engine.startApp('stays', { labels: LABELS, env: { APP: 'shop' } });
  await untilServes(node, stays.id);
  const plan = { host: node.host, port: node.slot, rate: requestsPerSecond, app: 'shop' };
  const traffic = await PacedTraffic.start(context, engine.namespace, plan);
  const afterStopMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const env = { APP: 'shop', ON_STOP: 'lingering', EXIT_AFTER_MS: 300 };
    const { id } = await engine.startApp(`ends-${round}`, { labels: LABELS, env });
    const own = async () => (await traffic.report()).byContainer[id.slice(0, 12)];
    await eventually('it has traffic', async () => ((await own())?.served ?? 0) > 20);
    await engine.call('POST', `/containers/${id}/stop`);
    afterStopMs.push((await own())?.lastAfterStopMs ?? 0);
    await engine.docker('rm', '-f', id);
  }
  const { failedGets, failedPosts, served, slowestMs } = await traffic.stop();
  const failed = [...failedGets, ...failedPosts];
  const p99 = shareOf(afterStopMs, 0.99);
  verdict.check(
    p99 < MAX_STOPPED_P99_MS,
    `${version}: docker stop, signal → last new request, ${requestsPerSecond} requests/s, n=${rounds}: p99 under ${MAX_STOPPED_P99_MS} ms`,
    `p50 ${shareOf(afterStopMs, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
  );
  verdict.check(
    failed.length === 0 && slowestMs < MAX_REQUEST_MS,
    `${version}: no request fails meanwhile, none takes a second`,
    `${failed.length} of ${served + failed.length} failed, slowest ${slowestMs.toFixed(0)} ms; ${failed.slice(0, 3).join('; ')}`,
  );
}

function untilServes(node: RunningNode, id: string): Promise<void> {
  return eventually('it serves', async () => (await ask(node.host, node.slot)).body.includes(id.slice(0, 12)));
}
