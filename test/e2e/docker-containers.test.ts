/** A node beside a real engine: containers come, stop and go, and an address is used again. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { whyNoDocker } from '../support/docker/docker-engine.js';
import { ScriptedEngine } from '../support/docker/scripted-engine.js';
import { TestEngine } from '../support/docker/test-engine.js';
import { eventually } from '../support/eventually.js';
import { type RunningNode, startNode, startNodeOn } from '../support/node/node-process.js';
import { ask } from '../support/traffic/steady-traffic.js';

const REASON = whyNoDocker();
const skip = REASON === null ? false : `no Docker engine: ${REASON}`;

/** One is enough, the older: promises/container-ends begins with the same on 28. */
const VERSION = '20.10';

test("a node with --docker alone serves what labels define, and a file's app by its containers", {
  skip,
}, async (context) => {
  const engine = await TestEngine.start(context, { version: VERSION });
  const node = await startNodeOn(
    context,
    engine.machine,
    (_, slot) => ({ 'shop.yml': `shop:\n  protocol: http\n  translated_port: ${slot}\n  instances: []\n` }),
    { '--docker': engine.socketPath },
  );
  const labels = { 'autoproxy.app': 'shop', 'autoproxy.port': '8080' };
  const web = await engine.startApp('web', { labels });
  await serves(node, web.id);

  const api = await engine.startApp('api', { labels });
  await serves(node, api.id);
  await engine.docker('stop', 'web');
  await eventually('one is left', async () => (await instancesOf(node)).length === 1);
  assert.match((await ask(node.host, node.slot)).body, new RegExp(api.id.slice(0, 12)));

  await engine.docker('restart', 'api');
  await engine.untilSaid('api', 'listening');
  await serves(node, api.id);

  // Another app gets the address at once.
  await engine.docker('rm', '-f', 'web', 'api');
  const till = await engine.startApp('till', { labels: { 'autoproxy.app': 'till' } });
  assert.ok([web.address, api.address].includes(till.address));
  await eventually('nobody is left', async () => (await instancesOf(node)).length === 0);
  assert.equal((await ask(node.host, node.slot)).status, 503);
  const warned = (await node.state()).problems.map(({ message }) => message).join('\n');
  assert.match(warned, /till/);
});

test('without a socket the node serves its files, and says once what to do', async (context) => {
  const engine = await ScriptedEngine.start(context);
  await engine.stop();
  const node = await startNode(
    context,
    (_, slot) => ({ 'shop.yml': `shop:\n  protocol: http\n  translated_port: ${slot}\n  instances: []\n` }),
    {
      '--docker': engine.socketPath,
    },
  );
  const failed = () => node.linesOf('reading the source failed').filter(({ source }) => source === 'docker');
  await eventually('it is named', () => failed().length > 0);
  assert.match(
    String(failed()[0]?.reason),
    /there is no socket .*: is Docker running, and does --docker name its socket/,
  );
  await engine.listen();
  await node.logged('following the containers of Docker');
  assert.equal(failed().length, 1);
});

test('a node that starts while the engine is down serves the containers that it last knew', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const labels = { 'autoproxy.app': 'shop' };
  engine.run('web', { labels, networkMode: 'host', ports: ['8080/tcp'] });
  const node = await startNode(
    context,
    (_, slot) => ({ 'shop.yml': `shop:\n  protocol: http\n  translated_port: ${slot}\n  instances: []\n` }),
    {
      '--docker': engine.socketPath,
    },
  );
  await eventually('it is known', async () => (await instancesOf(node)).join() === '127.0.0.1:8080');
  node.child.kill('SIGTERM');
  await node.exited;
  await engine.stop();
  rmSync(engine.socketPath, { force: true });
  const again = await node.again();
  assert.deepEqual(await instancesOf(again), ['127.0.0.1:8080']);
});

async function serves(node: RunningNode, container: string): Promise<void> {
  await eventually('the container serves', async () => {
    const { status, body } = await ask(node.host, node.slot);
    return status === 200 && body.includes(container.slice(0, 12));
  });
}

async function instancesOf(node: RunningNode): Promise<readonly string[]> {
  const { apps } = await node.state();
  return apps.find(({ name }) => name === 'shop')?.instances.map(({ id }) => id) ?? [];
}
