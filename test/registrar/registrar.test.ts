/** The registrar at a real agent: what it registers, and what it does when the agent fails. Containers are recorded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startConsulClientFor, startConsulFor } from '../support/consul/consul.js';
import { eventually } from '../support/eventually.js';
import {
  addressesOf,
  ended,
  healthOf,
  LossWatch,
  passingOf,
  servicesOf,
  startContainer,
  startRegistrar,
} from './registrar-parts.js';

interface Check {
  readonly CheckID: string;
  readonly Status: string;
  readonly Output: string;
}

/**
 * A container is to be lost for 1 s at most, as the printed figures are where the machine has room: 20 to 650 ms. On a busy
 * one each step of two programs may take a second. What this finds is a way back that waits for a round of Consul: 10 s or more.
 */
const LONGEST_LOSS_MS = 5_000;

test('containers are registered with their checks, and taken out when they end', async (context) => {
  const agent = await startConsulFor(context);
  const [one, two] = [await startContainer(context), await startContainer(context)];
  const { registrar } = startRegistrar(context, agent, [one, two]);
  const isThere =
    (...containers: readonly (typeof one)[]) =>
    async () =>
      JSON.stringify(await passingOf(agent, 'shop')) === JSON.stringify(addressesOf(...containers));
  await eventually('both pass', isThere(one, two));
  const before = await healthOf(agent, 'shop');
  assert.deepEqual(before[0]?.Checks.map(({ CheckID }) => CheckID.replace(/^.*\//, '')).sort(), ['serfHealth', 'tcp']);
  const endedAt = performance.now();
  registrar.setContainers([one, ended(two)]);
  await eventually('the one that ended is out', isThere(one));
  context.diagnostic(`out of Consul ${Math.round(performance.now() - endedAt)} ms after its end`);
  registrar.refresh();
  registrar.setContainers([one]);
  await eventually('nothing has changed', isThere(one));
  const [after] = await healthOf(agent, 'shop');
  const same = before.find(({ Service }) => Service.ID === after?.Service.ID);
  assert.equal(after?.Service.ModifyIndex, same?.Service.ModifyIndex, 'what is equal is not sent again');
});

test('a new container is critical until its check has passed, then it passes', async (context) => {
  const agent = await startConsulFor(context);
  const fresh = await startContainer(context, { since: performance.now() });
  const dead = { ...(await startContainer(context, { since: performance.now() })), ports: [1] };
  startRegistrar(context, agent, [fresh, dead]);
  await eventually('both are there', async () => (await servicesOf(agent)).length === 2);
  await eventually('the one that serves passes', async () => (await passingOf(agent, 'shop'))?.length === 1);
  assert.deepEqual(await passingOf(agent, 'shop'), addressesOf(fresh));
});

test("the agent is told what Docker's HEALTHCHECK says", async (context) => {
  const agent = await startConsulFor(context);
  const container = await startContainer(context, { health: 'starting' });
  const { registrar } = startRegistrar(context, agent, [container]);
  const outputOf = async (): Promise<string> => {
    const checks = Object.values(await agent.get<Readonly<Record<string, Check>>>('/v1/agent/checks'));
    const check = checks.find(({ CheckID }) => CheckID.endsWith('/health'));
    const [entry] = await healthOf(agent, 'shop');
    // The servers hear of a new output later, of a new status at once.
    const isSame = entry?.Checks.some(({ CheckID, Status }) => CheckID === check?.CheckID && Status === check.Status);
    return isSame ? `${check?.Status}: ${check?.Output}` : 'not everywhere';
  };
  for (const [health, status] of [
    ['starting', 'critical'],
    ['healthy', 'passing'],
    ['unhealthy', 'critical'],
  ] as const) {
    registrar.setContainers([{ ...container, health }]);
    const said = `${status}: Docker says ${health} of container ${container.name}`;
    await eventually(said, async () => (await outputOf()) === said);
  }
});

test('an agent that ends and comes back empty has all containers at once, as they were', async (context) => {
  const agent = await startConsulFor(context);
  const old = [await startContainer(context), await startContainer(context, { health: 'healthy' })];
  // It has just proved itself; its next check is far.
  const young = await startContainer(context, {
    since: performance.now(),
    env: { SERVICE_NAME: 'shop', SERVICE_CHECK_INTERVAL: '5s' },
  });
  const sick = await startContainer(context, { health: 'unhealthy', env: { SERVICE_NAME: 'sick' } });
  const { registrar, lines } = startRegistrar(context, agent, [...old, young, sick]);
  await eventually('they pass', async () => (await passingOf(agent, 'shop'))?.length === 3);
  const { state } = registrar;
  registrar.refresh();
  await eventually('it has looked', () => registrar.state !== state);
  const watches = [...old, young].map((container) => new LossWatch(context, agent, 'shop', container));
  await agent.kill();
  await eventually('the failure is said', () => lines.some(({ msg }) => msg.includes('failed')));
  await agent.start();
  await agent.hasLeader();
  await eventually('they pass', async () => (await passingOf(agent, 'shop'))?.length === 3);
  assert.deepEqual(await passingOf(agent, 'shop'), addressesOf(...old, young));
  assert.deepEqual(await passingOf(agent, 'sick'), []);
  const lossMs = Math.max(...(await Promise.all(watches.map((watch) => watch.stop()))));
  context.diagnostic(`lost for ${lossMs} ms, with a server that answered`);
  assert.ok(lossMs < LONGEST_LOSS_MS, `lost for ${lossMs} ms`);
  assert.equal(lines.filter(({ msg }) => msg.includes('failed')).length, 1, 'said once');
});

test('an agent that keeps its state loses nothing over a restart, and forgets who ended meanwhile', async (context) => {
  const server = await startConsulFor(context);
  const agent = await startConsulClientFor(context, server, { node: 'n1' });
  const [one, two] = [await startContainer(context), await startContainer(context)];
  const { registrar } = startRegistrar(context, agent, [one, two]);
  await eventually('they pass', async () => (await passingOf(server, 'shop'))?.length === 2);
  const watch = new LossWatch(context, server, 'shop', one);
  await agent.kill();
  registrar.setContainers([one, ended(two)]);
  await agent.start();
  await eventually('one is left', async () => (await healthOf(server, 'shop')).length === 1);
  const expected = JSON.stringify(addressesOf(one));
  await eventually('it passes', async () => JSON.stringify(await passingOf(server, 'shop')) === expected);
  const lossMs = await watch.stop();
  context.diagnostic(`lost for ${lossMs} ms`);
  assert.ok(lossMs < LONGEST_LOSS_MS, `lost for ${lossMs} ms`);
});

test('an agent that is emptied while it runs gets all back', async (context) => {
  const agent = await startConsulFor(context);
  const containers = [await startContainer(context), await startContainer(context)];
  startRegistrar(context, agent, containers);
  await eventually('they pass', async () => (await passingOf(agent, 'shop'))?.length === 2);
  const watch = new LossWatch(context, agent, 'shop', containers[1] as (typeof containers)[0]);
  for (const id of Object.keys(await agent.get<object>('/v1/agent/services'))) {
    await agent.put(`/v1/agent/service/deregister/${id}`);
  }
  await eventually('they pass', async () => (await passingOf(agent, 'shop'))?.length === 2);
  const lossMs = await watch.stop();
  context.diagnostic(`lost for ${lossMs} ms`);
  assert.ok(lossMs < LONGEST_LOSS_MS, `lost for ${lossMs} ms`);
});

test('what somebody else takes out is back at once', async (context) => {
  const agent = await startConsulFor(context);
  const containers = [await startContainer(context), await startContainer(context)];
  const { lines } = startRegistrar(context, agent, containers);
  await eventually('they pass', async () => (await passingOf(agent, 'shop'))?.length === 2);
  const watch = new LossWatch(context, agent, 'shop', containers[1] as (typeof containers)[0]);
  const registrations = () => lines.filter(({ msg }) => msg === 'container registered in Consul').length;
  for (let round = 0; round < 3; round += 1) {
    const [address] = addressesOf(containers[1] as (typeof containers)[0]);
    const victim = (await servicesOf(agent)).find(({ Address }) => Address === address);
    await agent.put(`/v1/agent/service/deregister/${victim?.ID}`);
    // That it is out may be seen by nobody: the registrar hears of it from the servers.
    await eventually('it is registered again', () => registrations() === 3 + round);
    await eventually('it is back', async () => (await passingOf(agent, 'shop'))?.length === 2);
  }
  const lossMs = await watch.stop();
  context.diagnostic(`lost for ${lossMs} ms`);
  assert.ok(lossMs < LONGEST_LOSS_MS, `lost for ${lossMs} ms`);
});

test('what somebody takes out of the catalogue, past the agent, is back at once', async (context) => {
  const server = await startConsulFor(context);
  const agent = await startConsulClientFor(context, server, { node: 'n1' });
  const containers = [await startContainer(context), await startContainer(context)] as const;
  const { lines } = startRegistrar(context, agent, containers);
  await eventually('they pass', async () => (await passingOf(server, 'shop'))?.length === 2);
  const watch = new LossWatch(context, server, 'shop', containers[1]);
  const victim = (await servicesOf(agent)).find(({ Address }) => Address === addressesOf(containers[1])[0]);
  const areBack = async () => (await passingOf(server, 'shop'))?.length === 2;
  await server.put('/v1/catalog/deregister', { Node: 'n1', ServiceID: victim?.ID });
  await eventually('it is back', areBack);
  const lossMs = await watch.stop();
  context.diagnostic(`lost for ${lossMs} ms`);
  assert.ok(lossMs < LONGEST_LOSS_MS, `lost for ${lossMs} ms`);
  // Of a machine that is taken out Consul's blocking query tells only after a second or two.
  await server.put('/v1/catalog/deregister', { Node: 'n1' });
  const outAt = performance.now();
  await eventually('both are back', areBack);
  context.diagnostic(`the whole machine was lost for ${Math.round(performance.now() - outAt)} ms`);
  assert.equal(lines.filter(({ msg }) => msg.includes('past its agent')).length, 2);
});

test('a frozen agent delays nothing else, and learns at once when it goes on', async (context) => {
  const agent = await startConsulFor(context);
  const [one, two] = [await startContainer(context), await startContainer(context)];
  const { registrar, lines } = startRegistrar(context, agent, [one, two]);
  await eventually('they pass', async () => (await passingOf(agent, 'shop'))?.length === 2);
  await agent.freeze();
  registrar.setContainers([one, ended(two)]);
  await eventually('the failure is said', () => lines.some(({ msg }) => msg.includes('failed')));
  assert.match(registrar.state.failure ?? '', /said nothing for 5 s/);
  const thawedAt = performance.now();
  agent.thaw();
  await eventually('one is left', async () => (await passingOf(agent, 'shop'))?.length === 1);
  context.diagnostic(`a ghost for ${Math.round(performance.now() - thawedAt)} ms after the agent went on`);
  await eventually('the failure is over', () => registrar.state.failure === null);
});

test('a node that stops while its agent is frozen does not wait for it', async (context) => {
  const agent = await startConsulFor(context);
  const { registrar } = startRegistrar(context, agent, [await startContainer(context)]);
  await eventually('it passes', async () => (await passingOf(agent, 'shop'))?.length === 1);
  await agent.freeze();
  registrar.refresh();
  const startedAt = performance.now();
  await registrar.stop();
  context.diagnostic(`stopped after ${Math.round(performance.now() - startedAt)} ms`);
  assert.ok(performance.now() - startedAt < 4_000);
  agent.thaw();
});

test('services stay when the node stops; the next start takes out what ended meanwhile, and nothing of others', async (context) => {
  const agent = await startConsulFor(context);
  const [one, two] = [await startContainer(context), await startContainer(context)];
  const { registrar } = startRegistrar(context, agent, [one, two]);
  const foreign = { ID: 'host:old:80', Name: 'shop', Address: addressesOf(two)[0], Port: 80 };
  await agent.put('/v1/agent/service/register', foreign);
  await eventually('all are there', async () => (await passingOf(agent, 'shop'))?.length === 3);
  await registrar.stop();
  assert.equal((await servicesOf(agent)).length, 3);
  assert.equal(Object.keys(await agent.get<object>('/v1/agent/services')).length, 3, 'the claim is given up');
  const next = startRegistrar(context, agent, [one, ended(two)]);
  await eventually('one of ours is left', async () => (await servicesOf(agent)).length === 2);
  assert.ok((await servicesOf(agent)).some(({ ID }) => ID === foreign.ID));
  await eventually('the ghost is counted', () => next.registrar.state.ghosts.length === 1);
  const named = next.lines.filter(({ reason }) => String(reason).includes(foreign.ID));
  assert.equal(named.length, 1);
  assert.equal(next.registrar.state.registered, 1);
});
