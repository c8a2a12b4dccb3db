/** Two nodes of a pod and one Consul: they find each other there, and the one without instances sends its traffic over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startConsulFor } from '../support/consul/consul.js';
import { planNode, putServedApp, startPlanned } from '../support/node/fleet.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { SteadyTraffic, untilAnswered } from '../support/traffic/steady-traffic.js';

const OTHER_AGENT = 'consul-2';

test('all instances of one node stop: its traffic bleeds to the other, and no request fails', async (context) => {
  const consul = await startConsulFor(context);
  const planA = await planNode(context, consul.url, consul.node, 'node-a');
  const { slot } = planA.place;
  const planB = await planNode(context, consul.url, OTHER_AGENT, 'node-b');
  const { instances } = await putServedApp(context, consul, 'shop', slot);
  const elsewhere = await HttpInstance.start(context, 'of b');
  const service = { ID: 'shop-b', Service: 'shop', Address: elsewhere.host, Port: elsewhere.port };
  await consul.put('/v1/catalog/register', { Node: OTHER_AGENT, Address: '127.0.0.9', Service: service });

  const a = await startPlanned(context, planA);
  const b = await startPlanned(context, { ...planB, place: { ...planB.place, slot } });
  await untilAnswered(planA.place.host, slot, { status: 200, body: 'shop' });
  await untilAnswered(planB.place.host, slot, { status: 200, body: 'of b' });
  for (const [node, other] of [
    [a, planB.place.host],
    [b, planA.place.host],
  ] as const) {
    const { neighbors } = await node.untilInForce(({ apps }) => apps[0]?.neighbors[0]?.up === true);
    assert.deepEqual(neighbors, [{ address: other }]);
  }

  const traffic = new SteadyTraffic(context, planA.place.host, slot);
  await traffic.more(50);
  const startedAt = performance.now();
  for (const instance of instances) instance.stop();
  await untilAnswered(planA.place.host, slot, { status: 200, body: 'of b' });
  context.diagnostic(`the neighbor answers after ${(performance.now() - startedAt).toFixed(0)} ms`);
  await traffic.more(200);
  assert.deepEqual(traffic.failures, []);
  assert.ok(((await a.state()).apps[0]?.bled ?? 0) > 0);
  assert.ok(((await b.state()).apps[0]?.bledIn ?? 0) > 0);

  assert.equal(await b.stop(), 0);
  await a.untilState(({ neighbors }) => neighbors.length === 0);
});
