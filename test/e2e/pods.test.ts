/** A Swarm of two machines with a node each: its pods, a worker's socket, and a node that leaves. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { InstanceStatus } from '../../src/admin/state-document.js';
import { whyNoDocker } from '../support/docker/docker-engine.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { shopText } from '../support/swarm/shop-definition.js';
import { type LabNode, SwarmLab } from '../support/swarm/swarm-lab.js';
import type { PacedTraffic } from '../support/traffic/paced-traffic.js';

const REASON = whyNoDocker();
const RATE = 50;
const TAKEN_OUT_MS = 90_000;
const skip = REASON === null ? false : `no Docker engine: ${REASON}`;

test('the pods of a Swarm of two machines', { skip }, async (context) => {
  const lab = await SwarmLab.start(context, { versions: ['20.10', '28'] });
  lab.define('shop', shopText({ pods: ['alpha', 'beta'], instances: 4 }));
  await workersSocket(context, lab);
  lab.define('shop', shopText({ instances: 2 }));
  assert.equal((await lab.run('apply')).exitCode, 0);
  await lab.untilUp(2);
  await labels(context, lab);
  const traffic = await lab.traffic(RATE);
  await drains(context, lab, traffic);
  const { served, failedGets, failedPosts, wrongApp, slowestSentMs } = await traffic.stop();
  context.diagnostic(`${served} served, slowest ${slowestSentMs.toFixed(0)} ms`);
  assert.deepEqual({ failedGets, failedPosts, wrongApp }, { failedGets: [], failedPosts: [], wrongApp: 0 });
  await lastNode(context, lab);
});

/** It gets no new request, before Swarm ends it. */
function isDrained({ state, override }: InstanceStatus): boolean {
  return state === 'maint' && override?.by.endsWith(' (node drain)') === true;
}

function nodeCalled({ nodes }: SwarmLab, name: string): LabNode {
  return nodes.find((one) => one.name === name) ?? assert.fail();
}

async function workersSocket(context: TestContext, lab: SwarmLab): Promise<void> {
  await context.test("a worker's socket is refused, and the managers are named", async () => {
    const worker = nodeCalled(lab, 'n2');
    const place = ['--registry', lab.registry, '--docker', `unix://${worker.engine.socketPath}`];
    for (const words of [['plan'], ['apply'], ['pods']]) {
      const { exitCode, stderr } = await runCliHere([...words, ...place]);
      assert.equal(exitCode, 1);
      assert.match(
        stderr,
        /is a worker of a Swarm, and only its managers do this: .*--docker or DOCKER_HOST; its managers are on [^;]+$/,
      );
      assert.ok(stderr.includes(lab.swarm.addressOf(0)), stderr);
      assert.doesNotMatch(stderr, /:2377/, 'no Docker answers at the port of Swarm');
    }
  });

  await context.test('pods shows nodes, and what definitions want there', async () => {
    const { exitCode, stdout, stderr } = await lab.run('pods');
    assert.match(stdout, /^alpha +2 +1 +2 +0$/m);
    assert.match(stdout, /^beta +0 +1 +2 +0$/m);
    assert.match(stdout, /^n1 +alpha +ready +active +0$/m);
    assert.match(stderr, /the pod beta has no node; autoproxy pods label NODE beta/);
    assert.equal(exitCode, 0);
  });
}

async function labels(context: TestContext, lab: SwarmLab): Promise<void> {
  const engine = ['--docker', `unix://${lab.swarm.manager.socketPath}`];
  const label = (...words: readonly string[]) => runCliHere(['pods', 'label', ...words, ...engine]);

  await context.test('a node with instances of its pod keeps its label', async () => {
    const before = await lab.taskIds();
    const { exitCode, stderr } = await label('n2', 'beta');
    assert.match(stderr, /n2 is in the pod alpha and runs shop-alpha; Swarm would end them at once/);
    assert.match(stderr, /on n2: autoproxy node drain; then autoproxy pods label n2 beta; then autoproxy node ready/);
    assert.equal(exitCode, 1);
    assert.equal((await label('n2', '--remove')).exitCode, 1);
    assert.deepEqual(await lab.taskIds(), before);
    assert.equal((await label('n2', 'alpha')).stdout, 'n2: in the pod alpha already\n');
    const document = JSON.parse((await label('n2', 'alpha', '--json')).stdout);
    assert.deepEqual(document, { node: 'n2', pod: 'alpha', before: 'alpha' });
  });

  await context.test('a label that is not a name, and a node that is not there, are refused', async () => {
    assert.deepEqual([(await label('n2')).exitCode, (await label('n2', 'Beta!')).exitCode], [64, 64]);
    assert.match((await label('n22', 'beta')).stderr, /the Swarm has no node n22\n {2}→ did you mean n2\?/);
  });
}

function engineOf({ swarm }: SwarmLab): readonly string[] {
  return ['--docker', `unix://${swarm.manager.socketPath}`];
}

function runAt(lab: SwarmLab, { node }: LabNode, ...words: readonly string[]): ReturnType<typeof runCliHere> {
  return runCliHere(['node', ...words, '--admin', node.admin, ...engineOf(lab)]);
}

async function drains(context: TestContext, lab: SwarmLab, traffic: PacedTraffic): Promise<void> {
  const [n1, n2] = [nodeCalled(lab, 'n1'), nodeCalled(lab, 'n2')];
  const engine = engineOf(lab);
  const at = (node: LabNode, ...words: readonly string[]) => runAt(lab, node, ...words);
  const standing = async (): Promise<readonly string[]> =>
    (await lab.swarm.manager.docker('node', 'ls', '--format', '{{.Hostname}} {{.Availability}}')).split('\n').sort();

  await context.test(
    'a node that serves other containers than those that Swarm runs there is not the one',
    async () => {
      const { exitCode, stderr } = await at(n1, 'drain', 'n2');
      assert.equal(exitCode, 1);
      assert.match(
        stderr,
        /nothing was changed\n {2}→ the node at \S+ serves no container of shop-alpha, which Swarm runs on n2/,
      );
      assert.deepEqual(await standing(), ['n1 Active', 'n2 Active']);
    },
  );

  await context.test('a drained node has no task, and its instances run elsewhere', async () => {
    await traffic.more(RATE);
    const isTakenOut = n2.node.untilState(
      ({ apps }) => apps.some(({ instances }) => instances.some(isDrained)),
      TAKEN_OUT_MS,
    );
    const [{ exitCode, stdout, stderr }] = await Promise.all([at(n2, 'drain'), isTakenOut]);
    assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
    assert.match(stdout, /^n2: 1 instance without new requests, 0 still under way$/m);
    assert.match(stdout, /^shop-alpha: 2 of 2 tasks run on other nodes\nn2: drained; autoproxy node ready/m);
    assert.deepEqual(await standing(), ['n1 Active', 'n2 Drain']);
    assert.match((await lab.run('pods')).stdout, /^n1 +alpha +ready +active +2\nn2 +alpha +ready +drain +0$/m);
    await lab.untilUp(2);
    await traffic.more(RATE);
  });

  await context.test('the last node of a pod is not drained', async () => {
    const { exitCode, stderr } = await at(n1, 'drain');
    assert.equal(exitCode, 1);
    assert.match(stderr, /n1 is the last node of the pod alpha that is ready and active, and runs shop-alpha/);
    assert.deepEqual(await standing(), ['n1 Active', 'n2 Drain']);
  });

  await context.test('a drained node goes to another pod and back, and is ready again', async () => {
    const label = (pod: string) => runCliHere(['pods', 'label', 'n2', pod, ...engine]);
    assert.equal((await label('beta')).stdout, 'n2: in the pod beta (before: in the pod alpha)\n');
    assert.equal((await label('alpha')).exitCode, 0);
    const { exitCode, stdout } = await at(n2, 'ready');
    assert.equal(stdout, 'n2: active; Swarm puts tasks here with the next update\n');
    assert.equal(exitCode, 0);
    assert.deepEqual(await standing(), ['n1 Active', 'n2 Active']);
    const again = await at(n2, 'ready', '--json');
    assert.deepEqual(JSON.parse(again.stdout), { node: 'n2', availability: 'active', instances: 0 });
  });

  await context.test('a drain that takes too long before tasks end is undone', async () => {
    const { exitCode, stdout, stderr } = await at(n1, 'drain', '--timeout', '1ms');
    assert.match(stdout, /^shop-alpha: has no instance elsewhere; new ones start there before the old ones end$/m);
    assert.match(stderr, /it took too long; n1 serves on\n {2}→ run it again/);
    assert.equal(exitCode, 3);
    assert.deepEqual(await standing(), ['n1 Active', 'n2 Active']);
  });

  await context.test('an app without an instance elsewhere gets one there first', async () => {
    const { exitCode, stdout, stderr } = await at(n1, 'drain', '--json');
    assert.match(stderr, /^shop-alpha: 2 of 2 tasks run on other nodes\nn1: drained;/m);
    const { instances, ...drained } = JSON.parse(stdout);
    assert.deepEqual(drained, { node: 'n1', availability: 'drain', services: ['shop-alpha'], left: 0 });
    assert.ok(instances >= 0, 'those that the update had not moved');
    assert.equal(exitCode, 0);
    await lab.untilUp(2);
    assert.equal((await lab.run('plan')).exitCode, 0);
    await traffic.more(RATE);
  });
}

async function lastNode(context: TestContext, lab: SwarmLab): Promise<void> {
  await context.test('the last node of a pod is drained when it is forced, and its tasks end', async () => {
    const { exitCode, stdout, stderr } = await runAt(lab, nodeCalled(lab, 'n2'), 'drain', '--force');
    assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
    assert.match(stdout, /^shop-alpha: 0 of 2 tasks run on other nodes\nn2: drained;/m);
    assert.match((await lab.run('pods')).stdout, /^n2 +alpha +ready +drain +0$/m);
  });
}
