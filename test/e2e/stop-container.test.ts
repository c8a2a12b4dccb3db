/** `autoproxy stop` beside real engines: what it costs clients, and what it does where it cannot do all of it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { whyNoDocker } from '../support/docker/docker-engine.js';
import { TestEngine } from '../support/docker/test-engine.js';
import { eventually } from '../support/eventually.js';
import { spawnBound } from '../support/machine/bound-process.js';
import { type RunningNode, startNodeOn } from '../support/node/node-process.js';
import { CLI_ENTRY, type CliResult } from '../support/node/run-cli.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { PacedTraffic } from '../support/traffic/paced-traffic.js';
import { ask } from '../support/traffic/steady-traffic.js';

const REASON = whyNoDocker();
const skip = REASON === null ? false : `no Docker engine: ${REASON}`;
const RATE = 100;
/** One is enough: the call that stops a container is made of both engines in docker/real-engine; all else here is between node and client. */
const VERSION = '28';

interface Place {
  readonly engine: TestEngine;
  readonly node: RunningNode;
  stop(container: string, ...flags: readonly string[]): Promise<CliResult>;
}

async function startPlace(context: TestContext): Promise<Place> {
  const engine = await TestEngine.start(context, { version: VERSION, liveRestore: true });
  // Clients that are bound to the container go elsewhere too.
  const files = (_: string, slot: number) => ({
    'shop.yml': `shop: {protocol: http, translated_port: ${slot}, sticky: {cookie: SERVED_BY}, instances: []}\n`,
  });
  const node = await startNodeOn(context, engine.machine, files, { '--docker': engine.socketPath });
  for (const name of ['one', 'two']) await startShop(engine, name);
  await areServed(node, ['ready', 'ready']);
  const stop = (container: string, ...flags: readonly string[]) =>
    runCliHere(['stop', container, '--admin', node.admin, '--docker', `unix://${engine.socketPath}`, ...flags]);
  return { engine, node, stop };
}

/** At its signal it ends at once, whatever it has begun. */
function startShop(engine: TestEngine, name: string) {
  return engine.startApp(name, { labels: { 'autoproxy.app': 'shop' }, env: { APP: 'shop', ON_STOP: 'abrupt' } });
}

async function areServed(node: RunningNode, states: readonly string[]): Promise<void> {
  await eventually(`the instances are ${states.join(' and ')}`, async () => {
    const { apps } = await node.state();
    const instances = apps.find(({ name }) => name === 'shop')?.instances ?? [];
    const isUp = instances.every(({ health, state }) => state === 'maint' || health === 'up');
    return isUp && String(instances.map(({ state }) => state).sort()) === String(states);
  });
}

async function isRunning(engine: TestEngine, container: string): Promise<boolean> {
  return (await engine.docker('inspect', '--format', '{{.State.Running}}', container)) === 'true';
}

/** @returns the container that has it, what the client gets, and what lets the container answer a request for `/held`. */
async function askSlowly({ engine, node }: Place, target: string) {
  const answer = ask(node.host, node.slot, target);
  let busy = '';
  let address = '';
  await eventually('it is with a container', async () => {
    const { apps } = await node.state();
    const [found] = apps[0]?.instances.filter(({ inFlight }) => inFlight > 0) ?? [];
    busy = found?.container?.name ?? '';
    address = found?.id ?? '';
    return busy !== '';
  });
  assert.ok(await isRunning(engine, busy));
  const release = () => engine.machine.run('curl', '--silent', '--fail', `http://${address}/release`);
  return { busy, answer, release };
}

test('autoproxy stop', { skip }, async (context) => {
  const place = await startPlace(context);
  const { engine, node, stop } = place;

  await context.test(
    'no request fails, although the app ends at its signal; it serves again when it starts again',
    async (part) => {
      const traffic = await PacedTraffic.start(part, engine.namespace, {
        ...{ host: node.host, port: node.slot, app: 'shop' },
        // Some are always with the container.
        ...{ rate: RATE, postShare: 0.5, path: '/slow?ms=100' },
      });
      await traffic.more(RATE / 2);
      const { exitCode, stdout, stderr } = await stop('one');
      assert.equal(exitCode, 0, stderr);
      assert.match(stdout, /^one: stopped, it served shop at 172\.17\.0\.\d+:8080\n$/);
      assert.equal(await isRunning(engine, 'one'), false);
      await traffic.more(RATE / 2);
      await engine.docker('start', 'one');
      await areServed(node, ['ready', 'ready']);
      await traffic.more(RATE / 2);
      const { failedGets, failedPosts, wrongApp, byContainer } = await traffic.stop();
      assert.deepEqual({ failedGets, failedPosts, wrongApp }, { failedGets: [], failedPosts: [], wrongApp: 0 });
      for (const { afterStop } of Object.values(byContainer)) assert.equal(afterStop, 0);
    },
  );

  await context.test('what takes longer than --wait is cut, and exit code 3 says so', async () => {
    const { busy, answer } = await askSlowly(place, '/slow?ms=4000');
    const { exitCode, stderr } = await stop(busy, '--wait', '300ms');
    assert.equal(exitCode, 3, stderr);
    assert.match(stderr, /1 still under way after 300ms/);
    // The request is repeated elsewhere: it is a GET, and nothing of an answer had come.
    await engine.docker('start', busy);
    await areServed(node, ['ready', 'ready']);
    assert.notEqual((await answer).status, 502);
  });

  await context.test('one that cannot be stopped gets its traffic back', async () => {
    const { busy, answer, release } = await askSlowly(place, '/held');
    const stopped = stop(busy, '--wait', '30s', '--json');
    await areServed(node, ['maint', 'ready']);
    await engine.kill();
    await release();
    assert.equal((await answer).status, 200);
    const { exitCode, stderr } = await stopped;
    assert.equal(exitCode, 1, stderr);
    assert.match(stderr, /Docker/);
    await engine.launch();
    await areServed(node, ['ready', 'ready']);
    assert.ok(await isRunning(engine, busy));
  });

  await context.test('one that is interrupted gives the traffic back', async () => {
    const { busy, answer, release } = await askSlowly(place, '/held');
    const command = ['stop', busy, '--admin', node.admin, '--docker', `unix://${engine.socketPath}`];
    const child = spawnBound([process.execPath, CLI_ENTRY, ...command], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    await areServed(node, ['maint', 'ready']);
    child.kill('SIGINT');
    assert.deepEqual(await ended, [1, null]);
    await areServed(node, ['ready', 'ready']);
    await release();
    assert.equal((await answer).status, 200);
    assert.ok(await isRunning(engine, busy));
  });

  await context.test('nothing is stopped that nobody has, or while the node does not answer', async () => {
    const unknown = await stop('nobody');
    assert.deepEqual([unknown.exitCode, unknown.stdout], [1, '']);
    assert.match(unknown.stderr, /Docker has no container "nobody"/);
    for (const word of ['', '../json']) {
      const wrong = await stop(word);
      assert.deepEqual([wrong.exitCode, wrong.stdout], [1, ''], word);
      assert.match(wrong.stderr, /Docker has no container/);
    }
    const [id = ''] = (await engine.docker('inspect', '--format', '{{.Id}}', 'two')).split('\n');
    // Docker takes as many digits as tell its containers apart.
    const short = await stop(id.slice(0, 3));
    assert.deepEqual([short.exitCode, short.stdout], [1, '']);
    assert.match(short.stderr, /"[0-9a-f]{3}" is too short for the id of container two \([0-9a-f]{12}\)/);
    assert.match(short.stderr, /write its name, or at least 4 digits of its id/);
    const unheard = await runCliHere([
      'stop',
      id.slice(0, 8),
      '--admin',
      '127.0.0.1:9',
      '--docker',
      `unix://${engine.socketPath}`,
    ]);
    assert.equal(unheard.exitCode, 1);
    assert.ok(await isRunning(engine, 'two'));
  });

  await context.test('a container that no app is served by is stopped all the same', async () => {
    // A name may be as short as it likes.
    await engine.startApp('ab', { env: { ON_STOP: 'abrupt' } });
    const { exitCode, stdout } = await stop('ab');
    assert.deepEqual([exitCode, stdout], [0, 'ab: stopped, no app of this node was served by it\n']);
  });
});
