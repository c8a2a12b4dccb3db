/** Tasks of Swarm are containers as all others: an update that starts the new ones first loses no request. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HEALTH_COMMAND } from '../support/docker/app-image.js';
import { whyNoDocker } from '../support/docker/docker-engine.js';
import { startService, startSwarm, tasksOf } from '../support/docker/swarm-service.js';
import { TestEngine } from '../support/docker/test-engine.js';
import { eventually } from '../support/eventually.js';
import { type RunningNode, startNodeOn } from '../support/node/node-process.js';
import { PacedTraffic } from '../support/traffic/paced-traffic.js';

const REASON = whyNoDocker();
const skip = REASON === null ? false : `no Docker engine: ${REASON}`;
const RATE = 50;
const UPDATED_MS = 120_000;
/** Without a HEALTHCHECK Swarm stops the old task whether the new one listens or not. */
const HEALTHCHECK = ['--health-cmd', HEALTH_COMMAND, '--health-interval', '500ms', '--health-start-period', '1s'];
const START_FIRST = ['--update-order', 'start-first', '--update-delay', '0s', '--stop-grace-period', '5s'];
/** An app that closes kept connections at its signal cuts what is on its way to it at that moment. */
const ANSWERING = { ON_STOP: 'graceful', KEEP_IDLE: 1, EXIT_AFTER_MS: 1_000 };

/** One is enough: e2e/placement-swarm updates a service of tasks on both, as one Swarm. */
const VERSION = '28';

test('a service of two tasks is updated, and no request fails', { skip }, async (context) => {
  const engine = await TestEngine.start(context, { version: VERSION });
  await startSwarm(engine);
  const files = (_: string, slot: number) => ({
    'shop.yml': `shop: {protocol: http, translated_port: ${slot}, instances: []}\n`,
  });
  const node = await startNodeOn(context, engine.machine, files, { '--docker': engine.socketPath });
  const old = await startService(engine, 'shop', 2, {
    labels: { 'autoproxy.app': 'shop' },
    env: ANSWERING,
    flags: [...HEALTHCHECK, ...START_FIRST, '--restart-delay', '1s'],
  });
  await areUp(node, 2);
  const plan = { host: node.host, port: node.slot, rate: RATE, app: 'shop' };
  const traffic = await PacedTraffic.start(context, engine.namespace, plan);
  for (const { id } of old) await traffic.moreBy(id, 1);
  await engine.docker('service', 'update', '--detach', '--env-add', 'RELEASE=2', 'shop');
  await eventually(
    'two other tasks run',
    async () => {
      const tasks = await tasksOf(engine, 'shop');
      return tasks.length === 2 && tasks.every(({ id }) => old.every((one) => one.id !== id));
    },
    UPDATED_MS,
  );
  await areUp(node, 2);
  for (const { id } of await tasksOf(engine, 'shop')) await traffic.moreBy(id, 1);
  const { failedGets, failedPosts, wrongApp, served, slowestSentMs } = await traffic.stop();
  context.diagnostic(`${served} served, slowest ${slowestSentMs.toFixed(0)} ms`);
  assert.deepEqual({ failedGets, failedPosts, wrongApp }, { failedGets: [], failedPosts: [], wrongApp: 0 });
});

async function areUp(node: RunningNode, count: number): Promise<void> {
  await eventually(`${count} instances are up`, async () => {
    const { apps } = await node.state();
    const instances = apps.find(({ name }) => name === 'shop')?.instances ?? [];
    return instances.length === count && instances.every(({ health }) => health === 'up');
  });
}
