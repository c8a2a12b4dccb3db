/** `--register`: a node beside a real engine keeps its containers in a real Consul. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passingOf, servicesOf } from '../registrar/registrar-parts.js';
import { startConsulFor } from '../support/consul/consul.js';
import { whyNoDocker } from '../support/docker/docker-engine.js';
import { TestEngine } from '../support/docker/test-engine.js';
import { eventually } from '../support/eventually.js';
import { findPlace, launchNodeAt, startNodeOn } from '../support/node/node-process.js';
import { ask } from '../support/traffic/steady-traffic.js';

const REASON = whyNoDocker();
const skip = REASON === null ? false : `no Docker engine: ${REASON}`;

/** One is enough: what each engine tells of a container is read alike (docker/real-engine runs on all), and Consul does not know the engine. */
const VERSION = '28';

test('containers are in Consul while they run, also when a node or the agent is gone meanwhile', {
  skip,
}, async (context) => {
  const engine = await TestEngine.start(context, { version: VERSION });
  const consul = await startConsulFor(context, { node: 'n1', machine: engine.machine });
  const node = await startNodeOn(
    context,
    engine.machine,
    (_, slot) => ({ 'shop.yml': `shop:\n  protocol: http\n  translated_port: ${slot}\n  instances: []\n` }),
    {
      '--docker': engine.socketPath,
      '--consul': consul.url,
      '--pod': 'alpha',
      '--node': 'n1',
      '--register': 'true',
    },
  );
  const labels = { 'autoproxy.app': 'shop', 'autoproxy.port': '8080', SERVICE_TAGS: 'a,b' };
  const are =
    (...addresses: readonly string[]) =>
    async () =>
      JSON.stringify(await passingOf(consul, 'shop')) === JSON.stringify([...addresses].sort());
  const web = await engine.startApp('web', { labels });
  const api = await engine.startApp('api', { labels });
  await eventually('both pass', are(web.address, api.address));
  assert.equal((await node.state()).registrar?.registered, 2);
  // Each once, though Docker and Consul have both.
  await eventually('both serve', async () => {
    const shop = (await node.state()).apps.find(({ name }) => name === 'shop');
    return shop?.instances.filter(({ health }) => health === 'up').length === 2;
  });
  assert.equal((await ask(node.host, node.slot)).status, 200);

  await engine.docker('stop', 'web');
  await eventually('the one that stopped is out', are(api.address));

  const registered = async () => (await servicesOf(consul)).filter(({ Service }) => Service === 'shop').length;
  // It ends while no node runs: its checks fail, and the next start takes it out.
  const { exited, child } = node;
  child.kill('SIGTERM');
  await exited;
  assert.equal(await registered(), 1, 'it stays');
  await engine.docker('rm', '-f', 'api');
  const again = await node.again();
  // Its check alone would take it out of what passes.
  await eventually('it is out', async () => (await registered()) === 0);

  const till = await engine.startApp('till', { labels });
  await eventually('a new one passes', are(till.address));
  await consul.kill();
  await consul.start();
  await consul.hasLeader();
  await eventually('it is back', are(till.address));
  assert.equal((await again.state()).registrar?.failure, null);
});

test('--register without an engine or without Consul says what is missing', async (context) => {
  for (const [flags, missing] of [
    [{}, /give --docker SOCKET .* and --consul URL/],
    [{ '--docker': '/run/no.sock' }, /give --consul URL/],
    [{ '--consul': 'http://127.0.0.1:1', '--pod': 'alpha' }, /give --docker SOCKET/],
  ] as const) {
    const node = launchNodeAt(context, await findPlace(context), { ...flags, '--register': 'true' });
    assert.equal(await node.exited, 1);
    assert.match(node.lastLines(), missing);
  }
});
