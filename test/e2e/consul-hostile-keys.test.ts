/** What stands in the store may be wrong in every way: it costs nobody else anything, and is called by its key. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startConsulFor } from '../support/consul.js';
import { planNode, putApp, putServedApp, register, startPlanned } from '../support/fleet.js';
import { HttpInstance } from '../support/http-instance.js';
import type { RunningNode } from '../support/node-process.js';
import { ask, SteadyTraffic, untilAnswered } from '../support/steady-traffic.js';

function errorsOf(state: Awaited<ReturnType<RunningNode['state']>>): string[] {
  return state.problems
    .filter(({ severity }) => severity === 'error')
    .map(({ file, message }) => `${file}: ${message}`);
}

test('a slot that another app has is not given away: who has it keeps it, whoever wants it is named with both keys', async (context) => {
  const consul = await startConsulFor(context);
  const plan = await planNode(context, consul.url, consul.node);
  const { host, slot } = plan.place;
  await putServedApp(context, consul, 'shop', slot);
  const side = await HttpInstance.start(context, 'side');
  await putApp(consul, 'side', slot + 2);
  await register(consul, 'side', side);
  const node = await startPlanned(context, plan);
  await untilAnswered(host, slot, { status: 200, body: 'shop' });
  await untilAnswered(host, slot + 2, { status: 200, body: 'side' });
  const traffic = new SteadyTraffic(context, host, slot);

  await putApp(consul, 'side', slot);
  await putApp(consul, 'another', slot + 1);
  const refused = await node.untilState((state) => errorsOf(state).length === 2);
  assert.deepEqual(errorsOf(refused), [
    `autoproxy/apps/side: side: its slot ${slot} is the slot of shop (autoproxy/apps/shop:1); it stays on slot ${slot + 2}`,
    `autoproxy/apps/another: another: its slot ${slot + 1} is the health port of shop (autoproxy/apps/shop:1); it is not served`,
  ]);
  assert.deepEqual(await ask(host, slot + 2), { status: 200, body: 'side' });
  await traffic.more(50);
  assert.deepEqual(traffic.failures, []);
  await traffic.stop();

  await putApp(consul, 'shop', slot + 6);
  await consul.request('DELETE', '/v1/kv/autoproxy/apps/another');
  await untilAnswered(host, slot, { status: 200, body: 'side' });
  await untilAnswered(host, slot + 6, { status: 200, body: 'shop' });
  await node.untilState((state) => errorsOf(state).length === 0);
});

test('a megabyte of noise, folders, and keys that no app can have: each is named, none is served, the others go on', async (context) => {
  const consul = await startConsulFor(context, { config: 'limits { kv_max_value_size = 4000000 }' });
  const plan = await planNode(context, consul.url, consul.node);
  const { host, slot } = plan.place;
  await putServedApp(context, consul, 'shop', slot);
  const node = await startPlanned(context, plan);
  await untilAnswered(host, slot, { status: 200, body: 'shop' });
  const traffic = new SteadyTraffic(context, host, slot);

  const keys = ['noise', 'brackets', 'a/b', 'with%20space', 'Upper', '-dash', 'x'.repeat(300)];
  const texts: Readonly<Record<string, string>> = {
    noise: '\u0001'.repeat(1_100_000),
    brackets: '['.repeat(1_000_000),
  };
  for (const key of keys) await consul.put(`/v1/kv/autoproxy/apps/${key}`, texts[key] ?? `name: side\npods: [alpha]\n`);
  // A folder, as the page of Consul makes one.
  await consul.put('/v1/kv/autoproxy/apps/', '');
  await consul.put('/v1/kv/autoproxy/apps/shop', '\u0001'.repeat(1_100_000));
  const state = await node.untilState(
    (now) => new Set(errorsOf(now).map((line) => line.split(': ')[0])).size > keys.length,
  );
  const named = [...new Set(errorsOf(state).map((line) => line.split(': ')[0] ?? ''))];
  const shown = keys.map((key) => `autoproxy/apps/${key}`.replace('%20', ' '));
  assert.deepEqual(named.toSorted(), ['autoproxy/apps/shop', ...shown].toSorted());
  assert.ok(errorsOf(state).some((line) => /^autoproxy\/apps\/shop: .* stays in force$/.test(line)));
  assert.deepEqual(
    state.apps.map(({ name }) => name),
    ['shop'],
  );
  await traffic.more(50);
  assert.deepEqual(traffic.failures, []);
});
