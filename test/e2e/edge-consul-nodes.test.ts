/** The front door finds the docker nodes in Consul: real nodes register there, real HAProxy asks them at the slot. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { freePort } from '../support/addresses.js';
import { startConsulFor } from '../support/consul/consul.js';
import { EdgeDeployment } from '../support/edge/edge-deployment.js';
import { eventually } from '../support/eventually.js';
import { planNode, putApp, putServedApp, startPlanned } from '../support/node/fleet.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { HttpInstance } from '../support/traffic/http-instance.js';

const HOST = 'shop.one.example';
const OTHER_AGENT = 'consul-2';
const ROUTES = `edge: {routes: [{host: ${HOST}}]}\n`;

test('nodes come, go and are lost by Consul', async (context) => {
  const consul = await startConsulFor(context);
  const planA = await planNode(context, consul.url, consul.node, 'node-a');
  const planB = await planNode(context, consul.url, OTHER_AGENT, 'node-b');
  const { slot } = planA.place;
  await putServedApp(context, consul, 'shop', slot, 2, ROUTES);
  // Of fewer than four any number may go at once.
  for (const name of ['one', 'two', 'three'])
    await putApp(consul, name, await freePort(planA.place.host), `edge: {routes: [{host: ${name}.one.example}]}\n`);
  const elsewhere = await HttpInstance.start(context, 'of b');
  const service = { ID: 'shop-b', Service: 'shop', Address: elsewhere.host, Port: elsewhere.port };
  await consul.put('/v1/catalog/register', { Node: OTHER_AGENT, Address: '127.0.0.9', Service: service });

  const edge = await EdgeDeployment.create(context, {
    version: '3.0',
    servers: '{nodes: consul, send_proxy: none}',
    consul: consul.url,
  });
  await edge.run();
  assert.equal((await edge.ask({ hosts: [HOST] })).status, 503);
  assert.match(edge.log, /Consul names no node of alpha/);

  // As everywhere behind a balancer: it fails the checks before it takes nothing more.
  const a = await startPlanned(context, { ...planA, flags: { ...planA.flags, '--lame-duck': '1s' } });
  const startedAt = performance.now();
  await eventually('the node serves', async () => (await edge.ask({ hosts: [HOST] })).status === 200);
  context.diagnostic(`a node that registered serves after ${(performance.now() - startedAt).toFixed(0)} ms`);
  await startPlanned(context, { ...planB, place: { ...planB.place, slot } });
  await eventually('both serve', async () => {
    const bodies = await Promise.all([0, 1, 2, 3].map(() => edge.ask({ hosts: [HOST] })));
    return new Set(bodies.map(({ body }) => body)).size === 2;
  });

  const worker = await edge.workerPid();
  const failed = await failuresDuring(context, edge, async () => {
    assert.equal(await a.stop(), 0);
    await eventually('Consul has lost it', async () => (await namesOf(consul.url)).length === 1);
    // A whole catalogue lost, with the registry in it.
    await consul.kill();
    await consul.start();
    await consul.hasLeader();
    await eventually('the loss is doubted', () => edge.log.includes('vanished at once'));
  });
  assert.deepEqual(failed, []);
  assert.equal(await edge.workerPid(), worker, 'a node that goes costs no reload');
});

test('one shot: the nodes of now, and words when Consul is not named or not there', async (context) => {
  const consul = await startConsulFor(context);
  const edge = await EdgeDeployment.create(context, { version: '3.0', servers: '{nodes: consul, send_proxy: none}' });
  edge.writeApp('shop', `name: shop\npods: [alpha]\nprotocol: http\nslot: 21310\n${ROUTES}`);
  const check = (env: Readonly<Record<string, string>>) =>
    runCliHere(['edge', 'check', '--strict', ...edge.options.slice(0, 4)], { ...edge.env, ...env });
  const empty = await check({ CONSUL_HTTP_ADDR: consul.url });
  assert.equal(empty.exitCode, 2, empty.stderr);
  assert.match(empty.stderr, /shop\.pods: Consul names no node of alpha/);
  const unnamed = await check({});
  assert.notEqual(unnamed.exitCode, 0);
  assert.match(unnamed.stderr, /site\.servers\.nodes is consul, and no Consul was named/);
  const away = await check({ CONSUL_HTTP_ADDR: 'http://127.0.0.1:1' });
  assert.notEqual(away.exitCode, 0);
  assert.match(away.stderr, /127\.0\.0\.1:1/);
});

async function namesOf(url: string): Promise<readonly unknown[]> {
  return (await (await fetch(`${url}/v1/catalog/service/autoproxy`)).json()) as readonly unknown[];
}

/** Asks all the time while `action` goes on. @returns each answer that was not 200 */
async function failuresDuring(
  context: TestContext,
  edge: EdgeDeployment,
  action: () => Promise<void>,
): Promise<readonly string[]> {
  const failures: string[] = [];
  let asked = 0;
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      asked += 1;
      const result = await edge.ask({ hosts: [HOST] }).then(
        ({ status }) => String(status),
        (error: Error) => error.message,
      );
      if (result !== '200') failures.push(result);
    }
  })();
  try {
    await action();
  } finally {
    isOver = true;
    await asking;
  }
  context.diagnostic(`${asked} requests`);
  return failures;
}
