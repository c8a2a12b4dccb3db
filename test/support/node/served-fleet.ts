/** A node that serves an app out of a real Consul under traffic, and what has to hold while something befalls Consul. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { SourceStatus } from '../../../src/admin/state-document.js';
import { type ConsulAgent, startConsulFor } from '../consul/consul.js';
import { ConsulFront } from '../consul/consul-front.js';
import type { HttpInstance } from '../traffic/http-instance.js';
import { SteadyTraffic, untilAnswered } from '../traffic/steady-traffic.js';
import { type FleetNode, planNode, putServedApp, setCheck, startPlanned } from './fleet.js';
import type { RunningNode } from './node-process.js';

/** How long a fault lasts in tests. */
export const FAULT_MS = 3_000;
/** From the end of a fault to what changed meanwhile; some more than is promised, for a busy machine. */
const RECOVERY_MS = 5_000;
/** Traffic meets each fault for seconds; at 1 ms it took most of a test's processor time. */
const PAUSE_MS = 10;
/** Fewer than a guard that goes by numbers would notice. */
const INSTANCES = 2;

export interface ServedFleet {
  readonly consul: ConsulAgent;
  readonly front: ConsulFront;
  readonly plan: FleetNode;
  readonly node: RunningNode;
  readonly traffic: SteadyTraffic;
  readonly instances: readonly HttpInstance[];
  readonly ids: readonly string[];
}

/** @param consul another one than an agent of its own */
export async function serveFleet(
  context: TestContext,
  { isBehindFront = false, consul }: { readonly isBehindFront?: boolean; readonly consul?: ConsulAgent } = {},
): Promise<ServedFleet> {
  const agent = consul ?? (await startConsulFor(context));
  const front = await ConsulFront.start(context, agent);
  const plan = await planNode(context, isBehindFront ? front.url : agent.url, agent.node);
  const { host, slot } = plan.place;
  const { ids, instances } = await putServedApp(context, agent, 'shop', slot, INSTANCES);
  const node = await startPlanned(context, plan);
  await untilAnswered(host, slot, { status: 200, body: 'shop' });
  await node.logged('this node is registered in Consul');
  const traffic = new SteadyTraffic(context, host, slot, { pauseMs: PAUSE_MS });
  await traffic.more(20);
  return { consul: agent, front, plan, node, traffic, instances, ids };
}

export async function consulSourceOf(node: RunningNode): Promise<SourceStatus> {
  const source = (await node.state()).sources.find(({ name }) => name === 'consul');
  assert.ok(source !== undefined);
  return source;
}

/** The table as it was, and no request failed. */
export async function assertUnharmed({ node, traffic }: Pick<ServedFleet, 'node' | 'traffic'>): Promise<void> {
  await traffic.more(20);
  assert.deepEqual(traffic.failures, []);
  const [shop] = (await node.state()).apps;
  assert.equal(shop?.instances.length, INSTANCES);
}

/** The source is up again, and a change in Consul is in force. */
export async function assertRecovered({ consul, node, traffic, ids }: ServedFleet): Promise<void> {
  await setCheck(consul, ids[0] ?? '', 'critical');
  await node.untilState(({ apps }) => apps[0]?.instances.length === INSTANCES - 1, RECOVERY_MS);
  await untilUp(node);
  await traffic.more(20);
  assert.deepEqual(traffic.failures, []);
}

/** After `assertRecovered`: the instance that left is back, and the fleet as it was at first. */
export async function assertRestored({ consul, node, ids }: ServedFleet): Promise<void> {
  await setCheck(consul, ids[0] ?? '', 'passing');
  await node.untilState(
    ({ apps }) => apps[0]?.instances.filter(({ health }) => health === 'up').length === INSTANCES,
    RECOVERY_MS,
  );
}

export async function untilUp(node: RunningNode): Promise<void> {
  await node.untilState(({ sources }) => sources.some(({ name, up }) => name === 'consul' && up), RECOVERY_MS);
}
