/** Words of services in a real Consul: a mistake in one takes no instance out, and letter case does not count. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startConsulFor } from '../support/consul/consul.js';
import { planNode, putApp, register, startPlanned } from '../support/node/fleet.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { SteadyTraffic, untilAnswered } from '../support/traffic/steady-traffic.js';

test('a template that renders garbage as weight and state of every instance costs no request', async (context) => {
  const consul = await startConsulFor(context);
  const plan = await planNode(context, consul.url, consul.node);
  const { host, slot } = plan.place;
  await putApp(consul, 'shop', slot);
  const instances = [await HttpInstance.start(context, 'shop'), await HttpInstance.start(context, 'shop')];
  const write = async (weight: string, state: string): Promise<void> => {
    const Meta = { 'autoproxy-weight': weight, 'autoproxy-state': state };
    for (const instance of instances) await register(consul, 'shop', instance, { Meta });
  };
  await write('40', 'ready');
  const node = await startPlanned(context, plan);
  await untilAnswered(host, slot, { status: 200, body: 'shop' });
  const traffic = new SteadyTraffic(context, host, slot);
  const weightsOf = async (isWanted: (problems: number) => boolean): Promise<readonly string[]> => {
    const { apps } = await node.untilState(({ problems }) => isWanted(problems.length));
    return apps[0]?.instances.map(({ weight, state }) => `${weight} ${state}`) ?? [];
  };
  for (const [weight, state] of [
    ['', ''],
    ['50%', 'drian'],
    ['1.5', 'on'],
  ] as const) {
    await write(weight, state);
    assert.deepEqual(await weightsOf((problems) => problems === 4), ['40 ready', '40 ready']);
    await traffic.more(20);
    await write('40', 'ready');
    await weightsOf((problems) => problems === 0);
  }
  assert.deepEqual(traffic.failures, []);
  await traffic.stop();
  await write(' 50 ', 'DRAIN');
  await node.untilState(({ apps }) => apps[0]?.instances.every(({ state }) => state === 'drain') === true);
  await write('5O', 'drained');
  assert.deepEqual(await weightsOf((problems) => problems === 4), ['50 drain', '50 drain']);
});

test('a service Mixed is an instance of the app mixed, as Consul finds it by that name', async (context) => {
  const consul = await startConsulFor(context);
  const plan = await planNode(context, consul.url, consul.node.toUpperCase());
  const { host, slot } = plan.place;
  await putApp(consul, 'mixed', slot);
  await register(consul, 'Mixed', await HttpInstance.start(context, 'mixed'));
  const asked = await consul.get<readonly unknown[]>('/v1/catalog/service/mixed');
  assert.equal(asked.length, 1, 'Consul itself finds it');
  const node = await startPlanned(context, { ...plan, flags: { ...plan.flags, '--pod': 'Alpha' } });
  await untilAnswered(host, slot, { status: 200, body: 'mixed' });
  assert.deepEqual((await node.state()).problems, []);
  await register(consul, 'mixed', await HttpInstance.start(context, 'mixed'));
  const { problems } = await node.untilState(({ apps }) => apps[0]?.instances.length === 2);
  assert.match(problems.map(({ message }) => message).join(), /"Mixed" and "mixed" differ only in letter case/);
});

test('no app may be named consul: app put says what the node says', async (context) => {
  const consul = await startConsulFor(context);
  const plan = await planNode(context, consul.url, consul.node);
  await putApp(consul, 'consul', plan.place.slot);
  const node = await startPlanned(context, plan);
  const { apps, problems } = await node.state();
  assert.deepEqual(apps, []);
  const said = problems.find(({ severity }) => severity === 'error');
  assert.match(said?.message ?? '', /"consul" is not a name of an app/);
  await node.write('consul.yml', 'name: consul\npods: [alpha]\nprotocol: http\n');
  const put = await runCliHere(['app', 'put', `${node.servicesDir}/consul.yml`, '--consul', consul.url]);
  assert.equal(put.exitCode, 1);
  assert.ok(put.stderr.includes(`"consul" is not a name of an app (${said?.hint})`), put.stderr);
});
