/** What is registered, checked and written in a real Consul is what a node serves, a moment later. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startConsulFor } from '../support/consul/consul.js';
import { eventually } from '../support/eventually.js';
import {
  appText,
  POD,
  planNode,
  putApp,
  putServedApp,
  register,
  setCheck,
  startPlanned,
} from '../support/node/fleet.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask, SteadyTraffic, untilAnswered } from '../support/traffic/steady-traffic.js';

test('an app is put, served, changed and removed; its instances come, warn, fail, drain and go', async (context) => {
  const consul = await startConsulFor(context);
  const plan = await planNode(context, consul.url, consul.node);
  const { host, slot } = plan.place;
  const node = await startPlanned(context, plan);
  const stateOf = async () =>
    (await node.state()).apps.flatMap(({ instances }) =>
      instances.map(({ id, state, weight }) => ({ id, state, weight })),
    );
  const untilInstances = (wanted: readonly unknown[]) =>
    node.untilState(({ apps }) => {
      const found = apps.flatMap(({ instances }) => instances.map(({ id, state, weight }) => ({ id, state, weight })));
      return JSON.stringify(found) === JSON.stringify(wanted);
    });

  await putApp(consul, 'shop', slot);
  await eventually('the slot is bound', async () => (await ask(host, slot).catch(() => null))?.status === 503);

  const first = await HttpInstance.start(context, 'shop');
  const id = await register(consul, 'shop', first);
  await untilAnswered(host, slot, { status: 200, body: 'shop' });
  assert.deepEqual(await stateOf(), [{ id: first.id, state: 'ready', weight: 100 }]);

  await setCheck(consul, id, 'warning');
  await setCheck(consul, id, 'critical');
  await untilInstances([]);
  await setCheck(consul, id, 'passing');
  await untilInstances([{ id: first.id, state: 'ready', weight: 100 }]);

  await consul.put(`/v1/agent/service/maintenance/${encodeURIComponent(id)}?enable=true&reason=test`);
  await untilInstances([{ id: first.id, state: 'drain', weight: 100 }]);
  await consul.put(`/v1/agent/service/maintenance/${encodeURIComponent(id)}?enable=false`);
  await untilInstances([{ id: first.id, state: 'ready', weight: 100 }]);

  await register(consul, 'shop', first, { Tags: ['autoproxy.weight=7'], Meta: { 'autoproxy-state': 'drain' } });
  await untilInstances([{ id: first.id, state: 'drain', weight: 7 }]);
  await consul.put(`/v1/agent/service/deregister/${encodeURIComponent(id)}`);
  await untilInstances([]);

  await consul.request('DELETE', '/v1/kv/autoproxy/apps/shop');
  await node.untilState(({ apps }) => apps.length === 0);
});

test('a broken document keeps its app as it was, and names its key and place; others change on', async (context) => {
  const consul = await startConsulFor(context);
  const plan = await planNode(context, consul.url, consul.node);
  const { host, slot } = plan.place;
  await putServedApp(context, consul, 'shop', slot);
  const node = await startPlanned(context, plan);
  await untilAnswered(host, slot, { status: 200, body: 'shop' });

  const broken: readonly (readonly [text: string, complaint: RegExp])[] = [
    ['name: shop\npods: [alpha\n', /^autoproxy\/apps\/shop:3:1: error: flow sequence/],
    [appText('shop', slot, 'retries: many\n'), /^autoproxy\/apps\/shop:6:10: error: .* stays in force/],
    [
      appText('other', slot + 2),
      /^autoproxy\/apps\/shop: error: this key must hold the definition of shop; it holds other/,
    ],
    ['\u0001'.repeat(400_000), /^autoproxy\/apps\/shop:1:1: error: there is a control character/],
  ];
  for (const [text, complaint] of broken) {
    await consul.put('/v1/kv/autoproxy/apps/shop', text);
    await node.logged(complaint);
    assert.deepEqual(await ask(host, slot), { status: 200, body: 'shop' });
  }
  await putApp(consul, 'side', slot + 2);
  await node.untilState(({ apps }) => apps.length === 2);
  await putApp(consul, 'shop', slot, 'retries: 7\n');
  await node.untilState(({ problems }) => problems.length === 0);
  assert.deepEqual(await ask(host, slot), { status: 200, body: 'shop' });
});

test('apps of other pods, and instances of other nodes, are not served here', async (context) => {
  const consul = await startConsulFor(context);
  const plan = await planNode(context, consul.url, consul.node);
  const { host, slot } = plan.place;
  await putServedApp(context, consul, 'shop', slot, 1);
  await consul.put('/v1/kv/autoproxy/apps/far', appText('far', slot + 10).replace(`[${POD}]`, '[beta]'));
  const elsewhere = { Service: 'shop', ID: 'shop-far', Address: '127.0.0.9', Port: 9 };
  await consul.put('/v1/catalog/register', { Node: 'other-node', Address: '127.0.0.9', Service: elsewhere });
  const node = await startPlanned(context, plan);
  await untilAnswered(host, slot, { status: 200, body: 'shop' });
  const { apps } = await node.state();
  assert.deepEqual(
    apps.map(({ name, instances }) => [name, instances.length]),
    [['shop', 1]],
  );
});

test('an instance that leaves under load costs no request', async (context) => {
  const consul = await startConsulFor(context);
  const plan = await planNode(context, consul.url, consul.node);
  const { host, slot } = plan.place;
  const { ids } = await putServedApp(context, consul, 'shop', slot, 3);
  const node = await startPlanned(context, plan);
  await untilAnswered(host, slot, { status: 200, body: 'shop' });
  const traffic = new SteadyTraffic(context, host, slot);
  await traffic.more(50);
  await setCheck(consul, ids[0] ?? '', 'critical');
  await node.untilState(({ apps }) => apps[0]?.instances.length === 2);
  await consul.put(`/v1/agent/service/deregister/${encodeURIComponent(ids[1] ?? '')}`);
  await node.untilState(({ apps }) => apps[0]?.instances.length === 1);
  await traffic.more(50);
  assert.deepEqual(traffic.failures, []);
});
