/** The watch before an engine on a script: the recorded orders of 20.10, 26.1 and 28.5, over a real socket. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ScriptedEngine } from '../support/docker/scripted-engine.js';
import { eventually } from '../support/eventually.js';
import { FollowedEngine } from './followed-engine.js';

for (const release of [20, 26, 28] as const) {
  test(`${release}: containers that were there and that come, stop, start again, pause and go`, async (context) => {
    const engine = await ScriptedEngine.start(context, release);
    const web = engine.run('web', { labels: { 'autoproxy.app': 'shop' }, env: ['SERVICE_NAME=shop', 'PATH=/bin'] });
    engine.create('never-started');
    const followed = new FollowedEngine(context, engine);
    await followed.knows('web running');
    const [container] = followed.containers;
    assert.equal(container?.labels.get('autoproxy.app'), 'shop');
    assert.deepEqual([...(container?.env ?? [])], [['SERVICE_NAME', 'shop']]);
    assert.deepEqual(container?.ports, [8080]);
    assert.deepEqual(container?.networks, [{ name: 'bridge', address: '172.17.0.2' }]);
    assert.match(container?.life ?? '', /^[0-9a-f]{12}@2026-11-29T/);

    const api = engine.run('api');
    await followed.knows('api running', 'web running');
    engine.pause(api);
    await followed.knows('api paused', 'web running');
    engine.unpause(api);
    await followed.knows('api running', 'web running');

    engine.restart(web);
    await followed.knows('api running', 'web running');
    await eventually('it is another life', () => followed.containers.every(({ life }) => life !== container?.life));
    engine.stopContainer(web);
    await followed.knows('api running', 'web ended');
    engine.begin(web);
    await followed.knows('api running', 'web running');
    engine.remove(api);
    await followed.knows('api removed', 'web running');
    engine.kill(web, '28');
    engine.outOfMemory(web);
    await followed.knows('api removed', 'web ended');
    assert.equal(followed.containers.find(({ name }) => name === 'web')?.why, 'exit code 137, out of memory');
    assert.deepEqual(followed.failures, []);
  });
}

test('the version of the API is the newest that both speak', async (context) => {
  const engine = await ScriptedEngine.start(context, 20);
  const newer = await ScriptedEngine.start(context, 28);
  newer.apiVersion = '1.99';
  await new FollowedEngine(context, engine).knows();
  await new FollowedEngine(context, newer).knows();
  assert.ok(engine.requests.includes('GET /v1.41/containers/json?all=1'));
  assert.ok(newer.requests.includes('GET /v1.51/containers/json?all=1'));
});

test('the stream is opened before the list is read, and all of it only reads', async (context) => {
  const engine = await ScriptedEngine.start(context);
  engine.run('web');
  await new FollowedEngine(context, engine).knows('web running');
  const places = engine.requests.map((line) => line.replace(/\?.*$/, '').replace(/[0-9a-f]{64}/, 'ID'));
  assert.deepEqual(places, [
    'GET /_ping',
    ...['events', 'containers/json', 'containers/ID/json'].map((one) => `GET /v1.51/${one}`),
  ]);
});

test('the signal is told within the event: nothing is asked before', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const web = engine.run('web', { stopSignal: 'SIGQUIT' });
  const followed = new FollowedEngine(context, engine);
  await followed.knows('web running');
  const asked = engine.requests.length;
  engine.tell(web, 'kill', { signal: '3' });
  await followed.knows('web stopping');
  assert.equal(engine.requests.length, asked);
  assert.equal(followed.containers[0]?.why, 'signal 3');
});

test('what survives its time to end runs again, without waiting for the next list', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const web = engine.run('web', { stopTimeout: 3 });
  const followed = new FollowedEngine(context, engine);
  await followed.knows('web running');
  engine.kill(web, '15');
  await followed.knows('web stopping');
  await followed.clock.advance(3_900);
  assert.deepEqual(followed.words, ['web stopping']);
  await followed.clock.advance(200);
  await followed.knows('web running');
  assert.match(followed.views.at(-1)?.remarks[0]?.message ?? '', /got signal 15 and still runs/);
});

test('a health status is followed by event, and by list when the event was lost', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const web = engine.run('web', { health: 'starting' });
  engine.pass(120_000);
  const followed = new FollowedEngine(context, engine);
  await followed.knows('web running');
  const isHealth = (health: string) => () => followed.containers[0]?.health === health;
  assert.equal(followed.containers[0]?.health, 'starting');
  engine.setHealth(web, 'healthy');
  await eventually('it is healthy', isHealth('healthy'));
  engine.isDeaf = true;
  engine.setHealth(web, 'unhealthy');
  await followed.clock.advance(30_000);
  await eventually('it is unhealthy', isHealth('unhealthy'));
});

test('a list each 30 s confirms the view, or a refresh does so at once', async (context) => {
  const engine = await ScriptedEngine.start(context);
  engine.run('web');
  engine.pass(120_000);
  const followed = new FollowedEngine(context, engine);
  await followed.knows('web running');
  const lists = (): number => engine.requests.filter((line) => line.includes('/containers/json')).length;
  const asked = engine.requests.length;
  await followed.clock.advance(29_900);
  assert.equal(lists(), 1);
  await followed.clock.advance(200);
  await eventually('it is confirmed', () => followed.confirmations === 1);
  assert.equal(engine.requests.length, asked + 1, 'what is as it was is not inspected again');
  followed.watch.refresh();
  await eventually('it is confirmed again', () => followed.confirmations === 2);
  assert.equal(followed.views.length, 1);
});

test('a restart of the engine: the stream is cut, the socket goes and comes again, containers died meanwhile', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const [web, api] = [engine.run('web'), engine.run('api')];
  const followed = new FollowedEngine(context, engine);
  await followed.knows('api running', 'web running');
  await followed.clock.advance(15_000);
  await engine.stop();
  assert.match((await followed.fails('missing')).message, /there is no socket .*docker\.sock: is Docker running/);
  assert.deepEqual(followed.words, ['api running', 'web running'], 'what is known stays');
  // With live-restore: it died while nobody looked, and keeps its address.
  Object.assign(api, { state: 'exited' });
  for (let failures = 0; failures < 20; failures += 1) {
    const delayMs = await followed.nextAttempt(failures);
    assert.ok(delayMs <= 1_500, `a socket that is back is found soon after an outage of any length: ${delayMs} ms`);
  }
  await eventually('the last attempt fails', () => followed.failures.length > 20);
  await engine.listen();
  await followed.clock.advance(1_500);
  await followed.knows('api ended', 'web running');
  assert.equal(followed.views.at(-1)?.failure, null);
  engine.stopContainer(web);
  await followed.knows('api ended', 'web ended');
  assert.equal(new Set(followed.failures.map(({ message }) => message)).size, 1, 'one trouble is told in one way');

  // The next outage is another one: it begins with short delays, and is told as it is.
  await followed.clock.advance(15_000);
  const before = followed.failures.length;
  engine.answers.set('/_ping', () => 'broken');
  engine.endStreams();
  assert.ok((await followed.nextAttempt(before)) <= 200);
  assert.equal(followed.failures[before]?.kind, 'cut');
});

test('while the list of a new stream is read, an event is told at once', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const web = engine.run('web');
  const followed = new FollowedEngine(context, engine);
  await followed.knows('web running');
  await followed.clock.advance(15_000);
  engine.answers.set('/containers/json', () => 'silent');
  engine.endStreams();
  await eventually(
    'there is a new stream',
    () => engine.requests.filter((line) => line.includes('/events')).length === 2,
  );
  await eventually(
    'the list is asked for',
    () => engine.requests.filter((line) => line.includes('/containers/json')).length >= 2,
  );
  engine.tell(web, 'kill', { signal: '15' });
  await followed.knows('web stopping');
});

/** A container that has stopped: the list says so, the stream has not. */
async function stoppedUntold(context: TestContext) {
  const engine = await ScriptedEngine.start(context);
  const web = engine.run('web');
  engine.pass(120_000);
  const followed = new FollowedEngine(context, engine);
  await followed.knows('web running');
  engine.isDeaf = true;
  engine.stopContainer(web);
  await followed.clock.advance(30_000);
  await followed.knows('web ended');
  return { engine, web, followed };
}

test('a stream that tells nothing is found out by the list, and opened anew', async (context) => {
  const { engine, followed } = await stoppedUntold(context);
  await followed.clock.advance(2_000);
  assert.match((await followed.fails('silent')).message, /did not tell what happened to container/);
  await followed.nextAttempt(0);
  await eventually(
    'there is a new stream',
    () => engine.requests.filter((line) => line.includes('/events')).length === 2,
  );
});

test('a stream that tells a moment after the list is believed', async (context) => {
  const { engine, web, followed } = await stoppedUntold(context);
  engine.isDeaf = false;
  engine.tell(web, 'die', { exitCode: '143' });
  await eventually('it is told', () => followed.containers[0]?.why === 'exit code 143');
  await followed.clock.advance(10_000);
  assert.deepEqual(followed.failures, []);
});

test('what begins while its container is inspected for the first time is inspected again', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const web = engine.run('web');
  const first = engine.inspection(web);
  let answer = (): void => {};
  const after = new Promise<void>((resolve) => {
    answer = resolve;
  });
  engine.answers.set(`/containers/${web.id}/json`, () => ({ body: first, after }));
  const followed = new FollowedEngine(context, engine);
  await eventually('it is inspected', () => engine.requests.some((line) => line.includes(web.id)));
  engine.answers.clear();
  engine.connect(web, 'shop', '172.18.0.2');
  const marker = engine.run('marker');
  // Its inspection was asked for after the stream had told all that was before it.
  await eventually('the stream has told', () => engine.requests.some((line) => line.includes(marker.id)));
  answer();
  await followed.knows('marker running', 'web running');
  const names = () => followed.containers.find(({ name }) => name === 'web')?.networks.map(({ name }) => name);
  await eventually('both networks are known', () => names()?.join() === 'bridge,shop');
});

test('two hundred containers are known by one list, and inspected eight at a time', async (context) => {
  const engine = await ScriptedEngine.start(context);
  for (let number = 0; number < 200; number += 1)
    engine.run(`web-${number}`, { networks: { bridge: `172.17.1.${number}` } });
  const followed = new FollowedEngine(context, engine);
  await eventually('all are known', () => followed.containers.length === 200);
  assert.equal(followed.views.length, 1, 'nothing is told before all are known');
  assert.equal(engine.requests.filter((line) => line.includes('/containers/json')).length, 1);
  assert.equal(engine.requests.filter((line) => /containers\/[0-9a-f]{64}/.test(line)).length, 200);
});
