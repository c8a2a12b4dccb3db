/**
 * Promise: an engine that is down, killed or restarted takes no container away that still answers; what died meanwhile is
 * out, and the node follows the engine again within 2 s after it answers.
 *
 * Each on one engine: support/docker/test-engine has both ends of an engine the other way round, and docker/real-engine the
 * restart with live-restore on both.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { whyNoDocker } from '../support/docker/docker-engine.js';
import { TestEngine } from '../support/docker/test-engine.js';
import { eventually } from '../support/eventually.js';
import { type RunningNode, startNodeOn } from '../support/node/node-process.js';
import { PacedTraffic } from '../support/traffic/paced-traffic.js';

const REASON = whyNoDocker();
const skip = REASON === null ? false : `no Docker engine: ${REASON}`;
const LABELS = { 'autoproxy.app': 'shop' };
const OPTIONS = { labels: LABELS, env: { APP: 'shop' } };
const BACK_MS = 2_000;

test('live-restore: no request fails while the engine is down; a container that died meanwhile is out', {
  skip,
}, async (context) => {
  const engine = await TestEngine.start(context, { version: '20.10', liveRestore: true });
  const node = await startBeside(context, engine);
  const [stays] = [await engine.startApp('stays', OPTIONS), await engine.startApp('dies', OPTIONS)];
  await serves(node, 2);
  const pid = await engine.docker('inspect', '--format', '{{.State.Pid}}', 'dies');
  const plan = { host: node.host, port: node.slot, rate: 100, app: 'shop' };
  const traffic = await PacedTraffic.start(context, engine.namespace, plan);

  await engine.restart();
  await isFollowed(node, 2);
  assert.equal((await instancesOf(node)).length, 2);
  await engine.kill();
  await traffic.more(50);
  const { failedGets, failedPosts, wrongApp } = await traffic.stop();
  assert.deepEqual({ failedGets, failedPosts, wrongApp }, { failedGets: [], failedPosts: [], wrongApp: 0 });
  assert.equal((await instancesOf(node)).length, 2, 'nobody says that they are gone');

  await engine.machine.run('sh', '-c', `kill -KILL ${pid}`);
  await engine.launch();
  await isFollowed(node, 3);
  await eventually('the dead one is out', async () => (await instancesOf(node)).length === 1);
  assert.deepEqual(await instancesOf(node), [`${stays?.address}:8080`]);
});

test('without live-restore: what ended with the engine is out, and in again when it runs again', {
  skip,
}, async (context) => {
  const engine = await TestEngine.start(context, { version: '28' });
  const node = await startBeside(context, engine);
  await engine.startApp('again', { ...OPTIONS, flags: ['--restart', 'always'] });
  await engine.startApp('once', OPTIONS);
  await serves(node, 2);
  await engine.stop();
  await eventually('both are out', async () => (await instancesOf(node)).length === 0);
  await engine.launch();
  await isFollowed(node, 2);
  await serves(node, 1);
});

async function startBeside(context: TestContext, engine: TestEngine): Promise<RunningNode> {
  const files = (_: string, slot: number) => ({
    'shop.yml': `shop:\n  protocol: http\n  translated_port: ${slot}\n  instances: []\n`,
  });
  return startNodeOn(context, engine.machine, files, { '--docker': engine.socketPath });
}

async function serves(node: RunningNode, count: number): Promise<void> {
  await eventually('all instances are up', async () => {
    const { apps } = await node.state();
    const ups = apps.find(({ name }) => name === 'shop')?.instances.filter(({ health }) => health === 'up');
    return ups?.length === count;
  });
}

async function instancesOf(node: RunningNode): Promise<readonly string[]> {
  const { apps } = await node.state();
  return apps.find(({ name }) => name === 'shop')?.instances.map(({ id }) => id) ?? [];
}

/** @param times how often the source has come up, with this one */
async function isFollowed(node: RunningNode, times: number): Promise<void> {
  const answersAt = performance.now();
  const ups = () => node.linesOf('the source is up').filter(({ source }) => source === 'docker').length;
  await eventually('the engine is followed again', () => ups() >= times, BACK_MS);
  assert.ok(performance.now() - answersAt <= BACK_MS);
}
