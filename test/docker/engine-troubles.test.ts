/** What is wrong with an engine or the way to it: named with what to do, and nothing that is known goes. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import type { DockerFailureKind } from '../../src/docker/failure.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { ScriptedEngine } from '../support/docker/scripted-engine.js';
import { eventually } from '../support/eventually.js';
import { FollowedEngine } from './followed-engine.js';

test('the socket is missing', async (context) => {
  const followed = new FollowedEngine(context, { url: `unix://${temporaryFolder(context, 'socket')}/docker.sock` });
  const { message } = await followed.fails('missing');
  assert.match(
    message,
    /^there is no socket \/.*\/docker\.sock: is Docker running, and does --docker name its socket\?$/,
  );
  assert.deepEqual(followed.views, []);
});

test('what stands there is a directory, or a file', async (context) => {
  const folder = temporaryFolder(context, 'socket');
  mkdirSync(path.join(folder, 'directory'));
  writeFileSync(path.join(folder, 'file'), '');
  const directory = await new FollowedEngine(context, { url: `unix://${folder}/directory` }).fails('notSocket');
  assert.match(
    directory.message,
    /directory is a directory and not a socket; Docker makes one where the source of a mount is missing: name/,
  );
  const file = await new FollowedEngine(context, { url: `unix://${folder}/file` }).fails('notSocket');
  assert.match(file.message, /file is a file and not a socket: name the socket of Docker with --docker/);
});

test('nobody listens on the socket that is there', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const followed = new FollowedEngine(context, engine);
  await followed.knows();
  // Its process died without a word, and left the file.
  const { url } = engine;
  await engine.stop(false);
  assert.match(
    (await new FollowedEngine(context, { url }).fails('unreachable')).message,
    /nothing listens on .*: is Docker running\?/,
  );
});

test('this process lacks the right to open it', {
  skip: process.getuid?.() !== 0 && 'it needs root, to be somebody else',
}, async (context) => {
  const engine = await ScriptedEngine.start(context);
  chmodSync(path.dirname(engine.socketPath), 0o755);
  chmodSync(engine.socketPath, 0o600);
  process.seteuid?.(65_534);
  atEnd(context, () => process.seteuid?.(0));
  const { message } = await new FollowedEngine(context, engine).fails('denied');
  assert.match(
    message,
    /lacks the right to open .*docker\.sock: add its user to its group, id \d+ \(docker run --group-add/,
  );
});

test('an engine that is too old, too new, or none', async (context) => {
  const engine = await ScriptedEngine.start(context);
  engine.apiVersion = '1.23';
  const old = await new FollowedEngine(context, engine).fails('tooOld');
  assert.match(
    old.message,
    /is too old: it speaks API 1\.23, and 1\.24 is needed; upgrade it to Docker 1\.13 or newer/,
  );

  engine.apiVersion = '1.80';
  const said =
    'client version 1.51 is too old. Minimum supported API version is 1.60, please upgrade your client to a newer version';
  engine.answers.set('/events', () => ({ status: 400, body: JSON.stringify({ message: said }) }));
  const fresh = await new FollowedEngine(context, engine).fails('tooNew');
  assert.match(
    fresh.message,
    /is too new: its oldest API is 1\.60, and 1\.51 is the newest that is spoken here; upgrade autoproxy/,
  );

  engine.apiVersion = '';
  const none = await new FollowedEngine(context, engine).fails('malformed');
  assert.match(
    none.message,
    /is not a Docker engine: its answer names no API version; does --docker name the right place/,
  );
});

const REFUSALS: readonly (readonly [status: number, body: string, kind: DockerFailureKind, words: RegExp])[] = [
  [
    403,
    '<html>403 Forbidden</html>',
    'denied',
    /refuses the list of containers; what stands before it has to allow GET of \/_ping, \/events/,
  ],
  [
    500,
    '{"message":"database is\\nlocked"}',
    'failing',
    /answered 500 for the list of containers \(database is\\u000alocked\)/,
  ],
  [503, 'down', 'failing', /answered 503 for the list of containers \(down\)/],
  [418, '{"message":7}', 'refused', /answered 418 for the list of containers; does --docker name a Docker engine/],
  [200, '[{"Id":', 'malformed', /the list of containers.* is not JSON/],
  [200, '{}', 'malformed', /another form than is known here: the list of containers: the answer: /],
  [200, '[{"Id":"../../x","State":"running"}]', 'malformed', /0\.Id: is not the id of a container/],
];

for (const [status, body, kind, words] of REFUSALS) {
  test(`a list that is answered with ${status} ${body.slice(0, 20)}`, async (context) => {
    const engine = await ScriptedEngine.start(context);
    engine.answers.set('/containers/json', () => ({ status, body }));
    assert.match((await new FollowedEngine(context, engine).fails(kind)).message, words);
  });
}

test('a list that is cut off, larger than is read, or never comes', async (context) => {
  const engine = await ScriptedEngine.start(context);
  engine.run('web');
  const followed = new FollowedEngine(context, engine);
  await followed.knows('web running');
  engine.answers.set('/containers/json', () => ({ body: '[{"Id":', isCut: true }));
  await followed.clock.advance(30_000);
  assert.match((await followed.fails('cut')).message, /broke the connection off/);
  engine.answers.set('/containers/json', () => 'silent');
  await followed.nextAttempt(0);
  await eventually(
    'the list is asked for',
    () => engine.requests.filter((line) => line.includes('/containers/json')).length === 3,
  );
  await followed.clock.advance(10_000);
  await eventually('it is given up', () => followed.failures.length === 2);
  engine.answers.set('/containers/json', () => ({ body: 'x'.repeat(67_108_865) }));
  await followed.nextAttempt(1);
  assert.match(
    (await followed.fails('oversize', 3)).message,
    /the list of containers.* is cut off: it has more than the 67108864 bytes/,
  );
  engine.answers.clear();
  await followed.nextAttempt(2);
  await eventually('it is well again', () => followed.views.length > 1);
  assert.deepEqual(followed.words, ['web running']);
});

test('an engine that is stopped in its tracks answers no ping', async (context) => {
  const engine = await ScriptedEngine.start(context);
  engine.answers.set('/_ping', () => 'silent');
  const followed = new FollowedEngine(context, engine);
  await eventually('the ping is asked for', () => engine.requests.length === 1);
  await followed.clock.advance(5_000);
  assert.match(
    (await followed.fails('late')).message,
    /gave no whole answer for a ping in 5 s; does its machine hang\?/,
  );
});

test('one container that cannot be inspected is named; the others are known', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const [web, api] = [engine.run('web'), engine.run('api')];
  engine.answers.set(`/containers/${web.id}/json`, () => ({ status: 500, body: '{"message":"layer does not exist"}' }));
  const followed = new FollowedEngine(context, engine);
  await followed.knows('api running');
  assert.match(
    followed.views[0]?.remarks[0]?.message ?? '',
    /answered 500 for the inspection of container .*layer does not exist/,
  );
  engine.answers.clear();
  await followed.clock.advance(30_000);
  await followed.knows('api running', 'web running');
  assert.deepEqual(followed.views.at(-1)?.remarks, []);
  assert.deepEqual(followed.failures, []);
  assert.ok(api);
});

const GARBAGE: readonly (readonly [name: string, bytes: string | Uint8Array, words: RegExp])[] = [
  ['text', 'hello\n', /holds what is not JSON: hello/],
  ['bytes', Uint8Array.of(0, 255, 10), /holds what is not JSON: \\u0000/],
  ['two events in one line', '{"Type":"container"}{"Type":"container"}\n', /holds what is not JSON/],
];

for (const [name, bytes, words] of GARBAGE) {
  test(`a stream with ${name} in it is opened anew, each time later`, async (context) => {
    const engine = await ScriptedEngine.start(context);
    engine.run('web');
    const followed = new FollowedEngine(context, engine);
    await followed.knows('web running');
    const delays: number[] = [];
    for (let failures = 0; failures < 4; failures += 1) {
      await eventually(
        'there is a stream, and a view',
        () => engine.streams === 1 && followed.views.length === failures + 1,
      );
      engine.write(bytes);
      delays.push(await followed.nextAttempt(failures));
    }
    assert.match(followed.failures[0]?.message ?? '', words);
    assert.deepEqual(delays, [187.5, 375, 750, 1_500]);
    await eventually('it is followed again', () => followed.views.length === 5);
    assert.equal(followed.views[4]?.failure?.kind, 'malformed', 'and not yet believed to last');
    await followed.clock.advance(10_000);
    assert.equal(followed.views.at(-1)?.failure, null);
    assert.deepEqual(followed.words, ['web running']);
    engine.write(bytes);
    assert.equal(await followed.nextAttempt(4), 187.5, 'what lasted so long begins anew');
  });
}

test('a stream that ends in the middle of an event: the list tells what it was', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const web = engine.run('web');
  const followed = new FollowedEngine(context, engine);
  await followed.knows('web running');
  engine.isDeaf = true;
  engine.stopContainer(web);
  engine.write('{"Type":"container","Action":"die","Actor":{"ID":"');
  engine.endStreams();
  await followed.nextAttempt(0);
  await followed.knows('web ended');
  assert.match(followed.failures[0]?.message ?? '', /ended its event stream/);
});

test('a stream that was cut soon after its start may be a restart; the third one is no longer believed to last', async (context) => {
  const engine = await ScriptedEngine.start(context);
  engine.run('web');
  const followed = new FollowedEngine(context, engine);
  await followed.knows('web running');
  const doubts: boolean[] = [];
  for (let failures = 0; failures < 3; failures += 1) {
    engine.endStreams();
    await followed.nextAttempt(failures);
    await eventually('it is followed again', () => followed.views.length === failures + 2);
    doubts.push(followed.views.at(-1)?.failure !== null);
  }
  assert.deepEqual(doubts, [false, false, true]);
  await followed.clock.advance(10_000);
  assert.equal(followed.views.at(-1)?.failure, null);
});

test('an event of any form that is JSON does no harm', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const web = engine.run('web');
  const followed = new FollowedEngine(context, engine);
  await followed.knows('web running');
  const id = web.id;
  for (const event of [
    null,
    7,
    [],
    {},
    { Type: 'container' },
    { Type: 'container', Action: 'die', Actor: null },
    { Type: 'container', Action: 'die', Actor: { ID: 7 } },
    { Type: 'container', Action: 'exec_die', Actor: { ID: id, Attributes: { exitCode: '0' } } },
    { Type: 'image', Action: 'destroy', Actor: { ID: id } },
    { Type: 'network', Action: 'disconnect', Actor: { ID: id, Attributes: { name: 'bridge' } } },
    { Type: 'container', Action: 'kill', Actor: { ID: id, Attributes: { signal: '9'.repeat(400) } }, timeNano: -1 },
    { Type: 'container', Action: 'die', Actor: { ID: '__proto__', Attributes: {} } },
  ]) {
    engine.write(`${JSON.stringify(event)}\n\n`);
  }
  engine.pause(web);
  await followed.knows('web paused');
  assert.deepEqual(followed.failures, []);
});

test('a megabyte of labels is followed, cut into pieces, and named with what to do', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const labels = { 'autoproxy.app': 'shop', notes: 'é'.repeat(1_048_576) };
  const web = engine.run('web', { labels });
  const followed = new FollowedEngine(context, engine);
  await followed.knows('web running');
  assert.deepEqual([...(followed.containers[0]?.labels ?? [])], [['autoproxy.app', 'shop']]);
  assert.match(
    followed.views[0]?.remarks[0]?.message ?? '',
    /its labels have 1048\d+ characters, and Docker repeats them with each event/,
  );
  engine.pause(web);
  await followed.knows('web paused');

  // Larger than an event may be: the list is read instead.
  engine.write(
    `${JSON.stringify({ Type: 'container', Action: 'die', Actor: { ID: web.id, Attributes: { notes: 'x'.repeat(4_194_304) } } })}\n`,
  );
  Object.assign(web, { state: 'exited' });
  await followed.knows('web ended');
});

test('a label of ours that is too large is left out and named; the others are read', async (context) => {
  const engine = await ScriptedEngine.start(context);
  engine.run('web', { labels: { 'autoproxy.path': 'x'.repeat(70_000), 'autoproxy.app': 'shop' } });
  const followed = new FollowedEngine(context, engine);
  await followed.knows('web running');
  assert.deepEqual([...(followed.containers[0]?.labels ?? [])], [['autoproxy.app', 'shop']]);
  assert.match(
    followed.views[0]?.remarks[0]?.message ?? '',
    /64 KiB of its labels are read, so autoproxy\.path is left out/,
  );
});

test('what answers is another server', async (context) => {
  const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
  atEnd(context, () => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  assert.match((await new FollowedEngine(context, { url }).fails('malformed')).message, /is not a Docker engine/);
  const { message } = await new FollowedEngine(context, { url, tlsVerify: true }).fails('untrusted');
  assert.match(message, /does not speak TLS; leave out --docker-tls-verify and --docker-cert-path/);
});
