/**
 * Whatever befalls Consul, traffic goes on over what was last known good, the age of that is shown, and what changed is
 * in force a moment after the end. The benchmark of the same name does each for longer and prints figures.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type ConsulAgent, startConsulFor } from '../support/consul.js';
import { ConsulFront, type Fault } from '../support/consul-front.js';
import { planNode, putServedApp, setCheck, startPlanned } from '../support/fleet.js';
import type { RunningNode } from '../support/node-process.js';
import { SteadyTraffic, untilAnswered } from '../support/steady-traffic.js';

/** How long a fault lasts; with fewer instances than a guard by numbers would notice. */
const FAULT_MS = 3_000;
/** From the end of a fault to what changed meanwhile; some more than is promised, for a busy machine. */
const RECOVERY_MS = 5_000;

interface Served {
  readonly consul: ConsulAgent;
  readonly front: ConsulFront;
  readonly node: RunningNode;
  readonly traffic: SteadyTraffic;
  readonly ids: readonly string[];
}

async function serve(context: TestContext, isBehindFront: boolean): Promise<Served> {
  const consul = await startConsulFor(context);
  const front = await ConsulFront.start(context, consul);
  const plan = await planNode(context, isBehindFront ? front.url : consul.url, consul.node);
  const { host, slot } = plan.place;
  const { ids } = await putServedApp(context, consul, 'shop', slot);
  const node = await startPlanned(context, plan);
  await untilAnswered(host, slot, { status: 200, body: 'shop' });
  const traffic = new SteadyTraffic(context, host, slot);
  await traffic.more(20);
  return { consul, front, node, traffic, ids };
}

function sourceOf(node: RunningNode) {
  return node.state().then(({ sources }) => sources.find(({ name }) => name === 'consul'));
}

/** The table as it was, and no request failed. */
async function assertUnharmed({ node, traffic }: Served): Promise<void> {
  await traffic.more(20);
  assert.deepEqual(traffic.failures, []);
  const [shop] = (await node.state()).apps;
  assert.equal(shop?.instances.length, 2);
}

/** A change in Consul is in force again. */
async function assertRecovered({ consul, node, traffic, ids }: Served): Promise<void> {
  await setCheck(consul, ids[0] ?? '', 'critical');
  await node.untilState(({ apps }) => apps[0]?.instances.length === 1, RECOVERY_MS);
  await node.untilState(({ sources }) => sources.every(({ name, up }) => name !== 'consul' || up), RECOVERY_MS);
  await traffic.more(20);
  assert.deepEqual(traffic.failures, []);
}

const WRONG_ANSWERS: readonly (readonly [fault: Fault, isSaid: boolean])[] = [
  ['empty', false],
  ['error', true],
  ['refusing', true],
  ['html', true],
  ['cut', true],
  ['index-back', false],
];

for (const [fault, isSaid] of WRONG_ANSWERS) {
  test(`Consul that answers wrongly: ${fault}`, async (context) => {
    const served = await serve(context, true);
    const { front, node } = served;
    front.begin(fault);
    const askedBefore = front.asked;
    await delay(FAULT_MS);
    const perSecond = (front.asked - askedBefore) / (FAULT_MS / 1_000);
    assert.ok(perSecond < 40, `${perSecond} requests a second to a Consul in trouble`);
    if (isSaid) assert.ok(((await sourceOf(node))?.staleMs ?? 0) > FAULT_MS / 2, 'its age is shown');
    await assertUnharmed(served);
    front.begin('none');
    await assertRecovered(served);
  });
}

test('Consul is killed, and restarted with nothing in it', async (context) => {
  const served = await serve(context, false);
  const { consul, node } = served;
  await consul.kill();
  await delay(FAULT_MS);
  assert.ok(((await sourceOf(node))?.staleMs ?? 0) > FAULT_MS / 2, 'its age is shown');
  await assertUnharmed(served);
  assert.equal(node.linesOf('the source can not be read').filter(({ source }) => source === 'consul').length, 1);

  await consul.start();
  await consul.hasLeader();
  await node.untilState(({ sources }) => sources.every(({ name, up }) => name !== 'consul' || up), RECOVERY_MS);
  await assertUnharmed(served);
  const { problems } = await node.state();
  assert.match(
    problems.map(({ message }) => message).join(),
    /1 of 1 apps vanished from source consul \(Consul had failed\)/,
  );
});

test('an instance that fails its own checks leaves also while Consul is gone', async (context) => {
  const consul = await startConsulFor(context);
  const plan = await planNode(context, consul.url, consul.node);
  const { host, slot } = plan.place;
  const { instances } = await putServedApp(context, consul, 'shop', slot);
  const node = await startPlanned(context, plan);
  await untilAnswered(host, slot, { status: 200, body: 'shop' });
  const traffic = new SteadyTraffic(context, host, slot);
  await consul.kill();
  instances[0]?.stop();
  await node.untilState(({ apps }) => apps[0]?.instances.filter(({ health }) => health === 'up').length === 1);
  await traffic.more(50);
  assert.deepEqual(traffic.failures, []);
});

test('Consul is frozen', async (context) => {
  const served = await serve(context, false);
  const { consul, node } = served;
  consul.freeze();
  await delay(FAULT_MS);
  await assertUnharmed(served);
  // It is silent: only the client's own deadline tells.
  await node.untilState(({ sources }) => sources.some(({ name, staleMs }) => name === 'consul' && staleMs > 0), 20_000);
  await assertUnharmed(served);
  consul.thaw();
  await assertRecovered(served);
});
