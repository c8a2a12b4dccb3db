/** Consul is gone, silent, or without a leader: traffic goes on, its age is shown, and its return is noticed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { atEnd } from '../support/at-end.js';
import { leaderOf, startConsulCluster, startConsulFor } from '../support/consul/consul.js';
import { planNode, putServedApp, startPlanned } from '../support/node/fleet.js';
import { launchNodeAt } from '../support/node/node-process.js';
import {
  assertRecovered,
  assertUnharmed,
  consulSourceOf,
  FAULT_MS,
  serveFleet,
  untilUp,
} from '../support/node/served-fleet.js';
import type { LogLine } from '../support/recording-log.js';
import { SteadyTraffic, untilAnswered } from '../support/traffic/steady-traffic.js';

/** A silent Consul is noticed by the deadline of a question alone. */
const SILENCE_MS = 20_000;

test('Consul is killed, and comes back with nothing in it', async (context) => {
  const fleet = await serveFleet(context);
  const { consul, node } = fleet;
  await consul.kill();
  await delay(FAULT_MS);
  assert.ok((await consulSourceOf(node)).staleMs > FAULT_MS / 2, 'its age is shown');
  await assertUnharmed(fleet);
  const said = node.linesOf('reading the source failed').filter(({ source }) => source === 'consul');
  assert.equal(said.length, 1, 'said once, however often it is tried');

  await consul.start();
  await consul.hasLeader();
  await untilUp(node);
  await assertUnharmed(fleet);
  const { problems } = await node.state();
  assert.match(
    problems.map(({ message }) => message).join(),
    /1 of 1 apps vanished .* \(Consul (had failed|forgot this node)\)/,
  );
});

test('an instance that fails its own checks leaves also while Consul is gone', async (context) => {
  const { consul, node, traffic, instances } = await serveFleet(context);
  await consul.kill();
  instances[0]?.stop();
  await node.untilState(({ apps }) => apps[0]?.instances.filter(({ health }) => health === 'up').length === 1);
  await traffic.more(50);
  assert.deepEqual(traffic.failures, []);
});

test('Consul is frozen, and goes on', async (context) => {
  const fleet = await serveFleet(context);
  const { consul, node } = fleet;
  await consul.freeze();
  await node.untilState(({ sources }) => sources.some(({ name, up }) => name === 'consul' && !up), SILENCE_MS);
  assert.ok((await consulSourceOf(node)).staleMs > FAULT_MS, 'its age counts from its last word');
  await assertUnharmed(fleet);
  consul.thaw();
  await assertRecovered(fleet);
});

test('a node starts while Consul is down: what was last known good serves, and is called stale', async (context) => {
  const { consul, node, plan, traffic } = await serveFleet(context);
  await traffic.stop();
  assert.equal(await node.stop(), 0);
  await consul.kill();
  const second = await startPlanned(context, plan);
  const timeOf = ({ time }: LogLine): number => Date.parse(String(time));
  const [restored, ready] = await Promise.all([second.logged(/^the last good state was read/), second.logged('ready')]);
  // Without the start of Node itself, which takes seconds on a busy machine.
  assert.ok(timeOf(ready) - timeOf(restored) < 5_000, 'it does not wait for Consul');
  const { host, slot } = plan.place;
  await untilAnswered(host, slot, { status: 200, body: 'shop' });
  const again = new SteadyTraffic(context, host, slot);
  await again.more(50);
  assert.deepEqual(again.failures, []);
  const { stale, up } = await consulSourceOf(second);
  assert.deepEqual({ stale, up }, { stale: true, up: false });
});

test('a cluster loses its leader, then its majority, and gets both back', async (context) => {
  const servers = await startConsulCluster(3);
  atEnd(context, () => Promise.all(servers.map((server) => server.remove())));
  const [asked] = servers;
  assert.ok(asked !== undefined);
  // Asked is one that does not lead: it is to survive.
  const leader = await leaderOf(servers, asked);
  const consul = servers.find((server) => server !== leader);
  const third = servers.find((server) => server !== leader && server !== consul);
  assert.ok(consul !== undefined && third !== undefined);
  const fleet = await serveFleet(context, { consul });
  await leader.kill();
  await assertUnharmed(fleet);
  await third.kill();
  // The server says that it knows a leader as it did when the question came, so it may take two waits to hear of it:
  // who asks anew hears at once.
  fleet.node.signal('SIGHUP');
  await fleet.node.untilState(({ sources }) => sources.some(({ name, up }) => name === 'consul' && !up), SILENCE_MS);
  await delay(FAULT_MS);
  await assertUnharmed(fleet);
  await Promise.all([leader.start(), third.start()]);
  await consul.hasLeader();
  await assertRecovered(fleet);
});

test('a wrong URL is tried for ever and said once; the right one behind it is found', async (context) => {
  const consul = await startConsulFor(context);
  const plan = await planNode(context, consul.url, consul.node);
  await consul.kill();
  const node = launchNodeAt(context, plan.place, plan.flags);
  assert.match(String((await node.logged('not ready')).reason), /consul was never read: .*ECONNREFUSED/);
  await delay(FAULT_MS);
  assert.equal(node.linesOf('reading the source failed').filter(({ source }) => source === 'consul').length, 1);
  assert.equal(node.linesOf('registering this node in Consul failed').length, 1);
  assert.deepEqual(node.linesOf('ready'), []);
  await consul.start();
  await consul.hasLeader();
  const { host, slot } = plan.place;
  await putServedApp(context, consul, 'shop', slot);
  await untilAnswered(host, slot, { status: 200, body: 'shop' });
  await node.logged('this node is registered in Consul');
});
