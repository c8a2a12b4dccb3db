/**
 * Apps named as the properties that every object of JavaScript inherits, in the services directory and in the registry:
 * whoever looks one up in a plain object finds a function where there is nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WhyDocument } from '../../src/admin/why-document.js';
import { startConsulFor } from '../support/consul/consul.js';
import { eventually } from '../support/eventually.js';
import { planNode, putApp, register, startPlanned } from '../support/node/fleet.js';
import type { RunningNode } from '../support/node/node-process.js';
import { startNode } from '../support/node/node-process.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask, untilAnswered } from '../support/traffic/steady-traffic.js';

/** All that an object of JSON inherits and that may be the name of an app; and two that look harmless. */
const INHERITED = Object.getOwnPropertyNames(Object.prototype).filter((name) => /^[a-z]/i.test(name));
const NAMES = [...INHERITED, 'proto', 'then'];
const SERVED = { status: 200, body: 'done' };

/** @param names of apps, on slots two apart from the first of the node on */
async function assertServed(node: RunningNode, names: readonly string[]): Promise<void> {
  for (const [index, name] of names.entries()) {
    assert.deepEqual(await ask(node.host, node.slot + 2 * index), SERVED, name);
  }
  const { apps } = await node.untilState((state) =>
    state.apps.every(({ requests, instances }) => requests >= 1 && (instances[0]?.requests ?? 0) >= 1),
  );
  assert.deepEqual(apps.map(({ name }) => name).sort(), [...names].sort());
  for (const { name, errors } of apps) assert.deepEqual(errors, {}, name);
  const metrics = await (await fetch(`http://${node.admin}/metrics`)).text();
  const status = await runCliHere(['status', '--admin', node.admin]);
  assert.equal(status.exitCode, 0, status.stderr);
  for (const name of names) {
    assert.match(metrics, new RegExp(`^autoproxy_requests_total\\{app="${name}"\\} [1-9]`, 'm'));
    assert.match(
      metrics,
      new RegExp(`^autoproxy_instance_requests_total\\{app="${name}",instance="[^"]+"\\} [1-9]`, 'm'),
    );
    assert.match(status.stdout, new RegExp(`^\\s*${name}\\s`, 'm'));
    const why = await (await fetch(`http://${node.admin}/apps/${name}/why`)).json();
    assert.equal((why as WhyDocument).status, 'served', name);
  }
  const why = await runCliHere(['why', 'constructor', '--admin', node.admin]);
  assert.equal(why.exitCode, 0, why.stderr);
}

test('apps named as inherited properties are served and told of, and each end of a worker is survived', async (context) => {
  const instance = await HttpInstance.start(context);
  const node = await startNode(
    context,
    (_, slot) =>
      Object.fromEntries(NAMES.map((name, index) => [`${name}.yml`, appText(name, slot + 2 * index, [instance.id])])),
    { '--workers': '2' },
  );
  await node.untilState(({ apps }) => apps.every(({ instances }) => instances[0]?.health === 'up'));
  await assertServed(node, NAMES);

  const before = await node.state();
  const [killed = 0] = before.workers.map(({ pid }) => pid);
  process.kill(killed, 'SIGKILL');
  await node.logged('worker died; another takes its place');
  const born = await node.untilState(
    ({ workers }) => workers.length === 2 && workers.every(({ pid, state }) => state === 'serving' && pid !== killed),
  );
  node.signal('SIGUSR2');
  await eventually('the workers are others', async () => {
    const { workers } = await node.state();
    const isNew = workers.every(
      ({ pid, state }) => state === 'serving' && !born.workers.some((old) => old.pid === pid),
    );
    return workers.length === 2 && isNew;
  });
  await assertServed(node, NAMES);
  for (const { name, requests } of (await node.state()).apps) {
    assert.ok(requests >= 2, `${name}: what the workers that are gone have counted is kept: ${requests}`);
  }
  assert.equal(await node.stop(), 0);
});

test('an app `constructor` of the registry, its instance registered as __proto__', async (context) => {
  const consul = await startConsulFor(context);
  const plan = await planNode(context, consul.url, consul.node, 'constructor');
  const { host, slot } = plan.place;
  const instance = await HttpInstance.start(context);
  await putApp(consul, 'constructor', slot, 'env: {__proto__: "1", constructor: "2"}\n');
  await register(consul, 'constructor', instance, {
    ID: '__proto__',
    Meta: { ['__proto__']: 'x', constructor: 'y' },
  });
  const node = await startPlanned(context, plan);
  await untilAnswered(host, slot, SERVED);
  await node.untilState(({ apps }) => apps[0]?.instances[0]?.health === 'up');
  await assertServed(node, ['constructor']);
  assert.deepEqual((await node.state()).problems, []);

  const env = await runCliHere(['app', 'env', 'constructor', '--format', 'json', '--consul', consul.url]);
  assert.equal(env.stdout.replaceAll(/\s/g, ''), '{"__proto__":"1","constructor":"2"}', env.stderr);
  const got = await runCliHere(['app', 'get', 'constructor', '--consul', consul.url]);
  assert.match(got.stdout, /__proto__: "1"/, got.stderr);
});
