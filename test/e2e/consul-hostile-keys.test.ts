/** What stands in the store may be wrong in every way: it costs nobody else anything, and is called by its key. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatProblem, type Problem } from '../../src/model/problem.js';
import { startConsulFor } from '../support/consul/consul.js';
import { planNode, putApp, putServedApp, register, startPlanned } from '../support/node/fleet.js';
import type { RunningNode } from '../support/node/node-process.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask, SteadyTraffic, untilAnswered } from '../support/traffic/steady-traffic.js';

function errorsOf(state: Awaited<ReturnType<RunningNode['state']>>): string[] {
  return state.problems
    .filter(({ severity }) => severity === 'error')
    .map(({ file, message }) => `${file}: ${message}`);
}

test('a slot that another app has is not given away: the app that has it keeps it, the one that wants it is named with both keys', async (context) => {
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

test('a megabyte of noise, and keys that no app can have: each is named, none is served, the others go on', async (context) => {
  const consul = await startConsulFor(context, { config: 'limits { kv_max_value_size = 4000000 }' });
  const plan = await planNode(context, consul.url, consul.node);
  const { host, slot } = plan.place;
  await putServedApp(context, consul, 'shop', slot);
  const node = await startPlanned(context, plan);
  await untilAnswered(host, slot, { status: 200, body: 'shop' });
  const traffic = new SteadyTraffic(context, host, slot);

  const keys = ['noise', 'brackets', 'with%20space', 'consul', 'Upper', '-dash', 'x'.repeat(300)];
  const texts: Readonly<Record<string, string>> = {
    noise: '\u0001'.repeat(1_100_000),
    brackets: '['.repeat(1_000_000),
  };
  for (const key of keys) {
    const name = key === 'consul' ? key : 'side';
    await consul.put(`/v1/kv/autoproxy/apps/${key}`, texts[key] ?? `name: ${name}\npods: [alpha]\nprotocol: tcp\n`);
  }
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

test("folders of Consul's UI are not errors, and a key below one is said once with what to do", async (context) => {
  const consul = await startConsulFor(context);
  const plan = await planNode(context, consul.url, consul.node);
  const { host, slot } = plan.place;
  // An empty key that ends with a slash is how the UI makes a folder.
  for (const folder of [
    'autoproxy/',
    'autoproxy/apps/',
    'autoproxy/apps/team/',
    'autoproxy/slots/',
    'autoproxy/freed/',
  ])
    await consul.put(`/v1/kv/${folder}`, '');
  await consul.put('/v1/kv/autoproxy/apps/team/till', 'name: till\npods: [alpha]\nprotocol: http\n');
  await putServedApp(context, consul, 'shop', slot);
  const node = await startPlanned(context, plan);
  await untilAnswered(host, slot, { status: 200, body: 'shop' });
  const misplaced: Problem = {
    severity: 'warning',
    app: 'team/till',
    file: 'autoproxy/apps/team/till',
    line: null,
    col: null,
    message: 'this key is in a folder; only the keys right below autoproxy/apps/ are read',
    hint: 'write the definition to autoproxy/apps/till, as autoproxy app put does, and delete this key',
  };
  assert.deepEqual((await node.state()).problems, [misplaced]);
  // Each change of the store reads all keys again.
  await putApp(consul, 'side', slot + 2);
  await node.untilState(({ apps }) => apps.length === 2);
  assert.equal(node.linesOf(formatProblem(misplaced)).length, 1);

  const listed = await runCliHere(['app', 'ls', '--json', '--consul', consul.url]);
  assert.equal(listed.exitCode, 0);
  assert.deepEqual(JSON.parse(listed.stdout).problems, [misplaced]);
  const slots = await runCliHere(['slot', 'ls', '--consul', consul.url]);
  assert.deepEqual([slots.exitCode, slots.stderr], [0, '']);
});
