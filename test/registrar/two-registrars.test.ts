/** Two nodes of one name at one agent, by mistake; and a registrator beside. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startConsulFor } from '../support/consul/consul.js';
import { eventually } from '../support/eventually.js';
import { addressesOf, LossWatch, passingOf, servicesOf, startContainer, startRegistrar } from './registrar-parts.js';

test('of two registrars of one name the later one writes, and the other one takes over when it ends', async (context) => {
  const agent = await startConsulFor(context);
  const [one, two] = [await startContainer(context), await startContainer(context)];
  const first = startRegistrar(context, agent, [one]);
  await eventually('the first one writes', async () => (await passingOf(agent, 'shop'))?.length === 1);
  const later = startRegistrar(context, agent, [two]);
  const isOnly = (container: typeof one) => async () =>
    JSON.stringify(await passingOf(agent, 'shop')) === JSON.stringify(addressesOf(container));
  await eventually('the later one writes', isOnly(two));
  await eventually('the first one has noticed', () => first.registrar.state.isYielding);
  const watch = new LossWatch(context, agent, 'shop', two);
  for (let round = 0; round < 5; round += 1) {
    first.registrar.setContainers([one]);
    later.registrar.setContainers([two]);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(await watch.stop(), 0, 'they do not fight');
  assert.equal(first.lines.filter(({ msg }) => msg.includes('registers nothing')).length, 1, 'said once');
  await later.registrar.stop();
  await eventually('the first one writes again', isOnly(one));
  assert.equal(first.registrar.state.isYielding, false);
});

test('of two that see the same containers neither takes anything out', async (context) => {
  const agent = await startConsulFor(context);
  const container = await startContainer(context);
  const first = startRegistrar(context, agent, [container]);
  await eventually('it passes', async () => (await passingOf(agent, 'shop'))?.length === 1);
  const watch = new LossWatch(context, agent, 'shop', container);
  const later = startRegistrar(context, agent, [container]);
  await eventually('the first one has noticed', () => first.registrar.state.isYielding);
  await later.registrar.stop();
  await eventually('the first one goes on', () => !first.registrar.state.isYielding);
  assert.equal(await watch.stop(), 0);
});

/** Of its cleanup (bridge/bridge.go). */
const REGISTRATORS_OWN = /^(.+?):([a-zA-Z0-9][a-zA-Z0-9_.-]+):[0-9]+(?::udp)?$/;

test('the cleanup of a registrator beside takes out what is its own, and nothing of ours', async (context) => {
  const agent = await startConsulFor(context);
  const container = await startContainer(context);
  startRegistrar(context, agent, [container]);
  await agent.put('/v1/agent/service/register', { ID: 'n1:web-9:80', Name: 'shop', Port: 80 });
  await eventually('both are there', async () => (await servicesOf(agent)).length === 2);
  for (const id of Object.keys(await agent.get<object>('/v1/agent/services'))) {
    if (REGISTRATORS_OWN.test(id)) await agent.put(`/v1/agent/service/deregister/${id}`);
  }
  assert.deepEqual(
    (await servicesOf(agent)).map(({ Address }) => Address),
    addressesOf(container),
  );
});
