/** The watch before Debian's engines, 20.10 and 28: what was recorded of them is what they do. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Clock, systemClock } from '../../src/core/clock.js';
import { DockerConnection } from '../../src/docker/connection.js';
import { hasImage, registryRefusal } from '../../src/docker/image-reads.js';
import { stopContainer } from '../../src/docker/writes.js';
import { APP_IMAGE, HEALTH_COMMAND } from '../support/docker/app-image.js';
import { whyNoDocker } from '../support/docker/docker-engine.js';
import { DOCKER_VERSIONS } from '../support/docker/docker-versions.js';
import { startImageRegistry } from '../support/docker/image-registry.js';
import { TestEngine } from '../support/docker/test-engine.js';
import { eventually } from '../support/eventually.js';
import { FollowedEngine } from './followed-engine.js';

const REASON = whyNoDocker();
const skip = REASON === null ? false : `no Docker engine: ${REASON}`;

for (const version of DOCKER_VERSIONS) {
  test(`${version}: lives of containers, signals, health, networks, a restart of the engine`, {
    skip,
  }, async (context) => {
    const engine = await TestEngine.start(context, { version, liveRestore: true });
    await context.test('lives, by events alone', (part) => followLives(part, engine));
    await context.test('a stop signal of its own, a survivor, health, networks', (part) => followChanges(part, engine));
    await context.test('what registries say of an image', (part) => askRegistries(part, engine));
    await context.test('a restart with live-restore, and a container that dies meanwhile', (part) =>
      followRestart(part, engine),
    );
  });
}

async function followLives(context: TestContext, engine: TestEngine): Promise<void> {
  const followed = await follow(context, engine);
  const labels = { 'autoproxy.app': 'shop', SERVICE_TAGS: 'a', other: 'x' };
  const web = await engine.startApp('web', { labels, env: { SERVICE_NAME: 'shop' }, flags: ['--expose', '8080'] });
  await followed.knows('web running');
  const [container] = followed.containers;
  assert.equal(container?.id, web.id);
  assert.deepEqual([...(container?.labels ?? [])].sort(), [
    ['SERVICE_TAGS', 'a'],
    ['autoproxy.app', 'shop'],
  ]);
  assert.deepEqual([...(container?.env ?? [])], [['SERVICE_NAME', 'shop']]);
  assert.deepEqual(container?.networks, [{ name: 'bridge', address: web.address }]);
  assert.deepEqual(container?.ports, [8080]);

  await engine.docker('kill', '--signal', 'WINCH', 'web');
  await engine.docker('pause', 'web');
  await followed.knows('web paused');
  await engine.docker('unpause', 'web');
  await followed.knows('web running');
  await engine.docker('rename', 'web', 'api');
  await followed.knows('api running');

  const phases = phasesOf(followed);
  await engine.docker('restart', 'api');
  await eventually('it runs again', () =>
    followed.containers.some(({ phase, life }) => phase === 'running' && life !== container?.life),
  );
  assert.deepEqual(phases(), ['running', 'stopping', 'ended', 'running']);
  // Before it listens it would not obey.
  await engine.untilSaid('api', 'listening');
  assert.equal(await stop(engine, 'api'), 'stopped');
  await followed.knows('api ended');
  assert.equal(await stop(engine, web.id), 'over');
  assert.equal(await stop(engine, 'nobody'), 'unknown');
  assert.match(followed.containers[0]?.why ?? '', /^signal 15, exit code \d+$/);
  await engine.docker('start', 'api');
  await followed.knows('api running');
  await engine.docker('rm', '-f', 'api');
  await followed.knows('api removed');
  assert.deepEqual(followed.failures, []);
}

async function followChanges(context: TestContext, engine: TestEngine): Promise<void> {
  const followed = await follow(context, engine);
  await engine.startApp('quit', {
    flags: ['--stop-signal', 'SIGQUIT', '--stop-timeout', '2'],
    env: { ON_STOP: 'deaf', STOP_SIGNAL: 'SIGQUIT' },
  });
  await followed.knows('quit running');
  await engine.docker('kill', '--signal', 'QUIT', 'quit');
  await followed.knows('quit stopping');
  assert.equal(followed.containers[0]?.why, 'signal 3');
  await followed.clock.advance(3_000);
  await followed.knows('quit running');
  await engine.docker('rm', '-f', 'quit');
  await followed.knows('quit removed');

  const flags = ['--health-cmd', HEALTH_COMMAND, '--health-interval', '200ms', '--health-start-period', '200ms'];
  await engine.startApp('web', { flags });
  const web = () => followed.containers.find(({ name }) => name === 'web');
  await eventually('it is healthy', () => web()?.health === 'healthy');
  await engine.docker('network', 'create', 'shop');
  await engine.docker('network', 'connect', 'shop', 'web');
  const names = () =>
    web()
      ?.networks.map(({ name }) => name)
      .join();
  await eventually('it is in both', () => names() === 'bridge,shop');
  await engine.docker('network', 'disconnect', 'bridge', 'web');
  await eventually('it is in one', () => names() === 'shop');
  assert.equal(web()?.phase, 'running');
  await engine.runApp('host', { flags: ['--network', 'host'] });
  await eventually('it runs', () =>
    followed.containers.some(({ name, isHostNetwork }) => name === 'host' && isHostNetwork),
  );
  await engine.runApp('beside', { flags: ['--network', 'container:web'] });
  const beside = () => followed.containers.find(({ name }) => name === 'beside');
  await eventually('it runs', () => beside() !== undefined);
  assert.deepEqual([beside()?.networkOf, beside()?.networks], [web()?.id, []]);
}

async function followRestart(context: TestContext, engine: TestEngine): Promise<void> {
  const followed = await follow(context, engine, systemClock);
  const web = await engine.startApp('web');
  await engine.startApp('api');
  await followed.knows('api running', 'web running');
  const pid = await engine.docker('inspect', '--format', '{{.State.Pid}}', 'api');
  await engine.kill();
  await eventually('the end of the engine is seen', () => followed.failures.length > 0);
  assert.deepEqual(followed.words, ['api running', 'web running']);
  await engine.machine.run('sh', '-c', `kill -KILL ${pid}`);
  await engine.launch();
  const backAt = performance.now();
  await followed.knows('api ended', 'web running');
  context.diagnostic(`known ${Math.round(performance.now() - backAt)} ms after the engine answered`);
  assert.equal(followed.containers.find(({ id }) => id === web.id)?.phase, 'running');
}

async function follow(context: TestContext, engine: TestEngine, time?: Clock): Promise<FollowedEngine> {
  const left = await engine.docker('ps', '--all', '--quiet');
  if (left !== '') await engine.docker('rm', '--force', ...left.split('\n'));
  const followed = new FollowedEngine(context, { url: `unix://${engine.socketPath}` }, time);
  await followed.knows();
  return followed;
}

async function stop(engine: TestEngine, container: string): Promise<string> {
  const settings = { url: `unix://${engine.socketPath}`, certPath: null, tlsVerify: null };
  const connection = new DockerConnection(settings, systemClock);
  const { signal } = new AbortController();
  try {
    await connection.negotiate(signal);
    return await stopContainer(connection, container, 10, signal);
  } finally {
    connection.close();
  }
}

/** The phases that the only container went through, each once. */
function phasesOf(followed: FollowedEngine): () => readonly string[] {
  const from = followed.views.length - 1;
  return () => {
    const all = followed.views.slice(from).map(({ containers }) => containers[0]?.phase ?? '');
    return all.filter((phase, index) => phase !== all[index - 1]);
  };
}

async function askRegistries(context: TestContext, engine: TestEngine): Promise<void> {
  const registry = await startImageRegistry(context, engine);
  const settings = { url: `unix://${engine.socketPath}`, certPath: null, tlsVerify: null };
  const connection = new DockerConnection(settings, systemClock);
  const { signal } = new AbortController();
  await connection.negotiate(signal);
  const said = async (image: string): Promise<string> =>
    (await registryRefusal(connection, image, null, signal)) ?? 'there';
  assert.equal(await said(`${registry}/there/app:1`), 'there');
  assert.match(await said(`${registry}/gone/app:1`), /manifest.?unknown/i);
  assert.match(await said(`${registry}/denied/app:1`), /unauthorized|no basic auth/i);
  assert.match(await said(`${registry}/broken/app:1`), /503/);
  assert.match(await said('localhost:9/app:2'), /connection refused/);
  assert.equal(await hasImage(connection, APP_IMAGE, signal), true);
  assert.equal(await hasImage(connection, `${registry}/there/app:1`, signal), false);
  connection.close();
}
