/**
 * Consul has something against a node of the pod whose slots serve: it stays a neighbor, since the node that bleeds asks it
 * itself. Only who is taken out on purpose goes, and what became of whom is told.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type ConsulAgent, startConsulClientFor, startConsulFor } from '../support/consul/consul.js';
import { eventually } from '../support/eventually.js';
import { planNode, putApp, register, startPlanned } from '../support/node/fleet.js';
import type { RunningNode } from '../support/node/node-process.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask, SteadyTraffic, untilAnswered } from '../support/traffic/steady-traffic.js';

const NODE_B = 'autoproxy-alpha-node-b';

interface Pod {
  readonly a: RunningNode;
  readonly b: RunningNode;
  readonly slot: number;
  readonly traffic: SteadyTraffic;
}

/** Two nodes, each with an agent of its own; all instances are on node b, and traffic comes to node a. */
async function startPod(context: TestContext, agentA: ConsulAgent, agentB: ConsulAgent): Promise<Pod> {
  const planA = await planNode(context, agentA.url, agentA.node, 'node-a');
  const { slot, host } = planA.place;
  const planB = await planNode(context, agentB.url, agentB.node, 'node-b');
  await putApp(agentA, 'shop', slot);
  await register(agentB, 'shop', await HttpInstance.start(context, 'of b'));
  const b = await startPlanned(context, { ...planB, place: { ...planB.place, slot } });
  const a = await startPlanned(context, planA);
  await untilAnswered(host, slot, { status: 200, body: 'of b' });
  const traffic = new SteadyTraffic(context, host, slot);
  await traffic.more(20);
  return { a, b, slot, traffic };
}

async function standingOf({ a, b }: Pod, standing: string): Promise<string | null> {
  const { nodes, neighbors } = await a.untilState((state) => state.nodes[0]?.standing === standing);
  assert.deepEqual(neighbors, standing === 'leftOut' ? [] : [{ address: b.host }]);
  assert.deepEqual([nodes[0]?.name, nodes[0]?.addresses], ['node-b', [b.host]]);
  return nodes[0]?.remark ?? null;
}

test('a check that warns, one that fails and a dead agent take no neighbor away that serves', async (context) => {
  const server = await startConsulFor(context);
  const agent = await startConsulClientFor(context, server, { node: 'agent-b' });
  const pod = await startPod(context, server, agent);
  const { a, traffic } = pod;
  const setByHand = (Status: string) => agent.put('/v1/agent/check/update/by-hand', { Status, Output: 'set by hand' });

  const check = { ID: 'by-hand', Name: 'by hand', TTL: '1h', ServiceID: NODE_B, Status: 'passing' };
  await agent.put('/v1/agent/check/register', check);
  await setByHand('critical');
  assert.equal(await standingOf(pod, 'doubted'), 'check by-hand is critical');
  await traffic.more(50);
  await setByHand('warning');
  assert.equal(await standingOf(pod, 'counted'), null);
  await traffic.more(50);

  await agent.kill();
  assert.equal(await standingOf(pod, 'doubted'), 'check serfHealth is critical');
  await traffic.more(50);
  assert.deepEqual(traffic.failures, []);
  await a.logged(/^node-b \(.*\) is doubted: check serfHealth is critical;/);
});

test('maintenance ends it, and log, state, status and why say who left and why', async (context) => {
  const consul = await startConsulFor(context);
  const agent = await startConsulClientFor(context, consul, { node: 'agent-b' });
  const pod = await startPod(context, consul, agent);
  const { a, b, slot, traffic } = pod;
  await traffic.stop();
  assert.deepEqual(traffic.failures, []);
  const maintain = (isOn: boolean) =>
    agent.put(`/v1/agent/service/maintenance/${NODE_B}?enable=${isOn}&reason=${encodeURIComponent('new disk')}`);
  await maintain(true);
  assert.equal(await standingOf(pod, 'leftOut'), 'it is in maintenance: new disk');
  await eventually('its requests find nobody', async () => (await ask(a.host, slot)).status === 503);
  const left = `node-b (${b.host}) left the pod: it is in maintenance: new disk`;
  assert.equal((await a.logged(left)).node, 'node-b');
  await a.logged('no other node of the pod is left: this node has nowhere to bleed to');
  const why = await runCliHere(['why', 'shop', '--admin', a.admin]);
  assert.ok(why.stdout.includes(left), why.stdout);
  const status = await runCliHere(['status', '--admin', a.admin]);
  assert.match(status.stdout, /^node node-b \(.*\) takes no bleed: it is in maintenance: new disk$/m);
  await maintain(false);
  await untilAnswered(a.host, slot, { status: 200, body: 'of b' });

  assert.equal(await b.stop(), 0);
  await a.logged(`node-b (${b.host}) left the pod: it is no longer registered`);
  assert.deepEqual((await a.state()).nodes, []);
});

test('a node that registered a name is found by it, and said where the name does not resolve', async (context) => {
  const consul = await startConsulFor(context);
  const pod = await startPod(context, consul, consul);
  const { a } = pod;
  const registerNode = (name: string, Address: string) => {
    const Service = { ID: `autoproxy-alpha-${name}`, Service: 'autoproxy', Tags: ['Alpha'], Port: 1936, Address };
    const Node = `agent-${name}`;
    return consul.put('/v1/catalog/register', {
      Node,
      Address: '10.9.9.9',
      Service: { ...Service, Meta: { node: name } },
    });
  };
  await registerNode('named', 'localhost');
  await registerNode('lost', 'nowhere.invalid');
  await registerNode('odd', 'no address');
  const { nodes, problems } = await a.untilState(
    (state) =>
      state.problems.length === 2 &&
      state.nodes.some(({ name, addresses }) => name === 'named' && addresses.length > 0),
  );
  assert.deepEqual(nodes.map(({ name }) => name).sort(), ['lost', 'named', 'node-b', 'odd']);
  assert.ok(
    nodes.find(({ name }) => name === 'named')?.addresses.some((address) => ['127.0.0.1', '::1'].includes(address)),
  );
  const said = problems.map(({ message }) => message).sort();
  assert.match(said[0] ?? '', /^node lost is registered with the address "nowhere\.invalid": .*; it takes no bleed$/);
  assert.match(
    said[1] ?? '',
    /^node odd is registered with the address "no address": it is not an IP address or a name; it takes no/,
  );
});
