import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { startConsulFor } from '../consul/consul.js';
import { eventually } from '../eventually.js';
import { startNodeOn } from '../node/node-process.js';
import { PacedTraffic } from '../traffic/paced-traffic.js';
import { ask } from '../traffic/steady-traffic.js';
import { APP_IMAGE, HEALTH_COMMAND } from './app-image.js';
import { whyNoDocker } from './docker-engine.js';
import type { DockerVersion } from './docker-versions.js';
import { startService, startSwarm } from './swarm-service.js';
import { type AppContainer, TestEngine } from './test-engine.js';

const REASON = whyNoDocker();
const LACKS_DOCKER = REASON === null ? false : `no Docker engine: ${REASON}`;

const STARTER = `
import { TestEngine } from ${JSON.stringify(new URL('./test-engine.js', import.meta.url).href)};
const engine = await TestEngine.start({ after() {} }, { version: process.argv[1], liveRestore: true });
await engine.startApp('shop');
const { folder, cgroup, firstPid } = engine.machine;
console.log(JSON.stringify({ folder, cgroup, firstPid }));
setInterval(() => {}, 1e6);
`;

/** What a machine is known by, for those who look whether it is gone. */
interface Traces {
  readonly folder: string;
  readonly cgroup: string;
  readonly network: string;
}

function tracesOf({ folder, cgroup, firstPid }: { folder: string; cgroup: string; firstPid: number }): Traces {
  return { folder, cgroup, network: readlinkSync(`/proc/${firstPid}/ns/net`) };
}

/** A cgroup can't be removed while a process is in it: where none is left, no container is. */
function tracesLeft({ folder, cgroup, network }: Traces): string[] {
  const places = readdirSync('/sys/fs/cgroup').map((name) => `/sys/fs/cgroup/${name}/${cgroup}`);
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && networkOf(name) === network);
  return [folder, `/sys/fs/cgroup/${cgroup}`, ...places].filter((place) => existsSync(place)).concat(processes);
}

/** The kernel takes a killed process away a moment after it was waited for. */
async function untilNothingIsLeft(traces: Traces): Promise<void> {
  let left: string[] = [];
  const isGone = (): boolean => {
    left = tracesLeft(traces);
    return left.length === 0;
  };
  await eventually('nothing is left', isGone).catch(() => assert.deepEqual(left, []));
}

function networkOf(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return null;
  }
}

async function startTraffic(context: TestContext, engine: TestEngine, shop: AppContainer): Promise<PacedTraffic> {
  const node = await startNodeOn(context, engine.machine, (_, slot) => ({
    'shop.yml': `shop:\n  protocol: http\n  translated_port: ${slot}\n  instances: [${shop.address}:${shop.port}]\n`,
  }));
  assert.deepEqual(
    (await node.state()).apps.map(({ name }) => name),
    ['shop'],
  );
  assert.equal((await ask(node.host, node.slot)).status, 200);
  return PacedTraffic.start(context, engine.namespace, { host: node.host, port: node.slot, rate: 200, app: 'shop' });
}

async function live(context: TestContext, version: DockerVersion): Promise<Traces> {
  const engine = await TestEngine.start(context, { version, liveRestore: true });
  assert.match(await engine.docker('version', '--format', '{{.Server.Version}}'), new RegExp(`^${version}\\.`));
  const events = await engine.events();
  const shop = await engine.startApp('shop', { flags: ['--health-cmd', HEALTH_COMMAND, '--health-interval', '1s'] });
  const door = await engine.machine.addressOf(shop.address, shop.port);
  assert.match((await ask(door.host, door.port)).body, /"app":"shop"/);

  await eventually('its start is told', () => events.seen.includes('container start'));
  assert.deepEqual(events.seen.filter((text) => !/exec|health/.test(text)).at(0), 'container create');
  events.close();

  const consul = await startConsulFor(context, { machine: engine.machine });
  const check = { HTTP: `http://${shop.address}:${shop.port}/health`, Interval: '100ms' };
  await consul.put('/v1/agent/service/register', { Name: 'shop', Check: check });
  await eventually('an agent beside it reaches the container', async () => {
    const checks = await consul.get<Record<string, { Status: string }>>('/v1/agent/checks');
    return Object.values(checks).some(({ Status }) => Status === 'passing');
  });

  const traffic = await startTraffic(context, engine, shop);
  await engine.restart();
  await engine.kill();
  await traffic.more(20);
  await engine.launch();
  await traffic.more(20);
  const { served, failedGets, failedPosts, wrongApp, byContainer } = await traffic.stop();
  assert.deepEqual({ failedGets, failedPosts, wrongApp }, { failedGets: [], failedPosts: [], wrongApp: 0 });
  assert.equal(byContainer[shop.id.slice(0, 12)]?.served, served);

  const later = await engine.events();
  await engine.docker('stop', 'shop');
  await eventually('its end is told', () => later.seen.includes('container die'));
  assert.ok(later.seen.includes('container kill 15'));
  return tracesOf(engine.machine);
}

async function plain(context: TestContext, version: DockerVersion): Promise<Traces> {
  const engine = await TestEngine.start(context, { version });
  const name = engine.docker('run', '--rm', '--network', 'none', APP_IMAGE, 'busybox', 'hostname');
  assert.match(await name, /^[0-9a-f]{12}$/);
  await engine.startApp('shop', { flags: ['--publish', '8099:8080'] });
  const door = await engine.machine.addressOf('127.0.0.1', 8099);
  assert.equal((await ask(door.host, door.port)).status, 200);
  await engine.restart();
  assert.equal(await engine.docker('inspect', '--format', '{{.State.Status}}', 'shop'), 'exited');
  await engine.docker('start', 'shop');
  await engine.untilSaid('shop', 'listening');

  await engine.freeze();
  let isAnswered = false;
  const answer = engine.call('GET', '/_ping').finally(() => {
    isAnswered = true;
  });
  assert.equal((await ask(door.host, door.port)).status, 200);
  assert.equal(isAnswered, false);
  engine.thaw();
  assert.deepEqual(await answer, { status: 200, body: 'OK' });

  const limits = ['--memory', '64m', '--memory-swap', '64m'];
  const greedy = await engine.startApp('greedy', { flags: limits });
  const way = await engine.machine.addressOf(greedy.address, greedy.port);
  await assert.rejects(ask(way.host, way.port, '/hog'));
  await engine.docker('wait', 'greedy');
  assert.equal(await engine.docker('inspect', '--format', '{{.State.OOMKilled}}', 'greedy'), 'true');

  await startSwarm(engine);
  const tasks = await startService(engine, 'till', 2, { labels: { 'autoproxy.app': 'till' } });
  await Promise.all(tasks.map(({ id }) => engine.untilSaid(id, 'listening')));
  const ways = await Promise.all(tasks.map(({ address, port }) => engine.machine.addressOf(address, port)));
  for (const [index, { host, port }] of ways.entries()) {
    const id = tasks[index]?.id.slice(0, 12);
    assert.match((await ask(host, port)).body, new RegExp(`"app":"till","container":"${id}"`));
  }
  const label = '{{index .Config.Labels "autoproxy.app"}} {{index .Config.Labels "com.docker.swarm.service.name"}}';
  assert.equal(await engine.docker('inspect', '--format', label, tasks[0]?.id ?? ''), 'till till');
  // It has to end as it is.
  await engine.freeze();
  return tracesOf(engine.machine);
}

// The other way round, the engines stand in promises/engine-restart.
test('Docker 28 with live-restore: containers on its bridge serve on while it is down', {
  skip: LACKS_DOCKER,
}, async (context) => {
  let traces: Traces | undefined;
  await context.test('while it runs', async (part) => {
    traces = await live(part, '28');
  });
  assert.ok(traces !== undefined);
  await untilNothingIsLeft(traces);
});

test('Docker 20.10 without live-restore: its containers end with it, run out of memory, and are tasks of a Swarm', {
  skip: LACKS_DOCKER,
}, async (context) => {
  let traces: Traces | undefined;
  await context.test('while it runs', async (part) => {
    traces = await plain(part, '20.10');
  });
  assert.ok(traces !== undefined);
  await untilNothingIsLeft(traces);
});

test('nothing is left of an engine and its containers when the test is killed', { skip: LACKS_DOCKER }, async () => {
  const starter = spawn(process.execPath, ['--input-type=module', '-e', STARTER, '28'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: starter.stdout }), 'line')) as [string];
  const traces = tracesOf(JSON.parse(line));
  assert.ok(tracesLeft(traces).length > 2);
  starter.kill('SIGKILL');
  await untilNothingIsLeft(traces);
});
