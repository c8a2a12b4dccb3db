/** `show sess` and `shutdown session` of a node beside those of real HAProxy, for clients that do the same at both. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { HAPROXY_ENDS } from '../support/edge/haproxy-versions.js';
import { startStatsHaproxy } from '../support/edge/stats-haproxy.js';
import { eventually } from '../support/eventually.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { RawConnection } from '../support/traffic/raw-connection.js';
import { askSocket } from '../support/traffic/socket-question.js';

const SLOW = 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\n';
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

interface Proxy {
  readonly host: string;
  readonly port: number;
  ask(line: string): Promise<string>;
}

async function startShop(context: TestContext, app: string, flags: Readonly<Record<string, string>> = {}) {
  const socket = path.join(temporaryFolder(context, 'stats'), 'haproxy.sock');
  const node = await startNode(
    context,
    (_host, slot) => ({ 'shop.yml': `shop: {translated_port: ${slot}, ${app}}\n` }),
    {
      '--stats-socket': socket,
      ...flags,
    },
  );
  const ask = (line: string): Promise<string> => askSocket(socket, `${line}\n`);
  return { node, host: node.host, port: node.slot, ask } satisfies Proxy & { readonly node: RunningNode };
}

async function open(context: TestContext, { host, port }: Proxy, text: string): Promise<RawConnection> {
  const client = new RawConnection(connect(port, host));
  atEnd(context, () => client.close());
  client.write(text);
  return client;
}

/** Without HAProxy's own line for the one who asks. */
async function linesOf({ ask }: Proxy, verb = 'show sess'): Promise<readonly string[]> {
  return (await ask(verb)).split('\n').filter((line) => line.startsWith('0x') && !line.includes('fe=GLOBAL'));
}

/** Each session as the name of its client and what HAProxy's tools read of it. */
async function sessionsOf(proxy: Proxy, clients: Readonly<Record<string, RawConnection>>): Promise<readonly string[]> {
  const names = new Map(Object.entries(clients).map(([name, { socket }]) => [`${socket.localPort}`, name]));
  return (await linesOf(proxy))
    .map((line) => {
      const fields =
        /^0x[0-9a-f]+: proto=(\S+) src=\S+:(\d+) fe=(\S+) be=(\S+) srv=(\S+) ts=\d\d epoch=\S+ age=\d+s calls=\d+ rate=\d+ cpu=\d+ lat=\d+ rq\[.*\] rp\[.*\] .* rc=\d+ c_exp=/;
      const [, proto, port = '', frontend, backend, server] = fields.exec(line) ?? assert.fail(line);
      return [names.get(port) ?? port, proto, frontend, backend, server].join(' ');
    })
    .sort();
}

for (const version of HAPROXY_ENDS) {
  test(`the sessions are those of HAProxy ${version}, and one that is killed gives its place to the next`, async (context) => {
    const instance = await HttpInstance.start(context);
    const name = `shop_${instance.id}`;
    const proxies: readonly Proxy[] = [
      await startShop(context, `protocol: http, limits: {connections: 1}, instances: ["${instance.id}"]`),
      await startStatsHaproxy(context, version, [
        { name: 'shop', lines: ['timeout queue 20s'], servers: [{ name, address: instance.id, words: 'maxconn 1' }] },
      ]),
    ];
    for (const proxy of proxies) {
      const isServed = instance.slowRequest();
      // One that has asked and asks no more yet, one that has not asked, and one that has not finished its question.
      const idle = await open(context, proxy, GET);
      await idle.until((text) => text.endsWith('done'));
      const silent = await open(context, proxy, '');
      const begun = await open(context, proxy, 'GET / HT');
      const served = await open(context, proxy, SLOW);
      await isServed;
      const queued = await open(context, proxy, SLOW);
      const clients = { idle, silent, begun, served, queued };
      const expected = [`queued tcpv4 shop shop <none>`, `served tcpv4 shop shop ${name}`];
      await eventually('both are there', async () => (await linesOf(proxy)).length >= 2);
      assert.deepEqual(await sessionsOf(proxy, clients), expected);

      const line = (await linesOf(proxy)).find((one) => one.includes(`srv=${name}`)) ?? assert.fail('a line');
      const [id = ''] = line.split(':');
      const full = (await proxy.ask(`show sess ${id}`)).split('\n');
      assert.match(
        full[0] ?? '',
        new RegExp(`^${id}: \\[\\d\\d/\\w{3}/\\d{4}:[\\d:.]+\\] id=\\d+ proto=tcpv4 source=127`),
      );
      for (const part of ['  frontend=shop (id=', '  backend=shop (id=', `  server=${name} (id=1) addr=${instance.id}`])
        assert.ok(
          full.some((one) => one.startsWith(part)),
          `${part} in\n${full.join('\n')}`,
        );

      const isNext = instance.slowRequest();
      assert.equal(await proxy.ask(`shutdown session ${id}`), '\n');
      await isNext;
      // HAProxy 3.2 closes without an answer, and a later session may get the same pointer.
      if (proxy === proxies[0]) {
        await served.until((text) => text.startsWith('HTTP/1.1 503 '));
        assert.equal(await proxy.ask(`shutdown session ${id}`), "No such session (use 'show sess').\n\n");
        assert.equal(await proxy.ask(`show sess ${id}`), 'Session not found.\n\n');
      }
      assert.deepEqual(await sessionsOf(proxy, clients), [`queued tcpv4 shop shop ${name}`]);
      instance.answerSlow();
      await queued.until((text) => text.endsWith('late'));
      await eventually('nothing is under way', async () => (await linesOf(proxy)).length === 0);
      for (const client of Object.values(clients)) client.close();
    }
    const [ours, theirs] = proxies;
    const words = ['shutdown session', 'shutdown session x', 'shutdown session 1', 'show sess 1', 'show sess 0x1'];
    const newest = [
      ...['foo', 'older 9s', 'older', 'older x', 'susp', 'older 9s foo', 'backend nope', 'backend', 'frontend nope'],
      ...['frontend', 'server', 'server shop', 'server nope/x', 'server shop/x', 'backend shop', 'all foo'],
    ].map((option) => `show sess ${option}`);
    for (const line of version === '3.2' ? [...words, ...newest] : words)
      assert.equal(await ours?.ask(line), await theirs?.ask(line), line);
  });
}

test('a request that follows on the same connection is another session', async (context) => {
  const instance = await HttpInstance.start(context);
  const proxy = await startShop(context, `protocol: http, instances: ["${instance.id}"]`);
  const client = await open(context, proxy, '');
  const ids: string[] = [];
  for (const word of ['late', 'late']) {
    const isServed = instance.slowRequest();
    client.write(SLOW);
    await isServed;
    const [line = ''] = await linesOf(proxy);
    ids.push(line.split(':', 1)[0] ?? '');
    assert.equal((await linesOf(proxy))[0]?.split(':', 1)[0], ids.at(-1), 'it keeps its id');
    if (ids.length === 2) break;
    instance.answerSlow();
    await client.until((text) => text.endsWith(word));
  }
  assert.notEqual(ids[0], ids[1]);
  assert.equal(await proxy.ask(`shutdown session ${ids[0]}`), "No such session (use 'show sess').\n\n");
  assert.equal(await proxy.ask(`shutdown session ${ids[1]?.slice(2)}`), '\n', 'as HAProxy, also without 0x');
  await client.until((text) => text.includes('HTTP/1.1 503'));
  assert.equal(proxy.node.linesOf('a session is ended by an operator')[0]?.session, ids[1]?.slice(2));
});

test('clients of protocol tcp are sessions, and one that is killed is closed at both ends', async (context) => {
  const instance = await HttpInstance.start(context);
  const proxy = await startShop(context, `protocol: tcp, instances: ["${instance.id}"]`);
  const isServed = instance.slowRequest();
  const client = await open(context, proxy, SLOW);
  await isServed;
  assert.deepEqual(await sessionsOf(proxy, { client }), [`client tcpv4 shop shop shop_${instance.id}`]);
  assert.equal((await linesOf(proxy, `show sess server shop/shop_${instance.id}`)).length, 1);
  assert.equal((await linesOf(proxy, 'show sess older 1h')).length, 0);
  const [line = ''] = await linesOf(proxy);
  assert.equal(await proxy.ask(`shutdown session ${line.split(':', 1)[0]}`), '\n');
  await client.ended();
  await eventually('the instance has lost it', () => instance.slowRequests === 0);
  assert.deepEqual(await linesOf(proxy), []);
});

test('a worker that hangs hides its own sessions alone, and is named', async (context) => {
  const instance = await HttpInstance.start(context);
  const proxy = await startShop(context, `protocol: http, instances: ["${instance.id}"]`, { '--workers': '2' });
  const workers = await proxy.node.workerPids();
  const ofWorker = (lines: readonly string[], pid: number): number =>
    lines.filter((line) => line.startsWith(`0x${pid.toString(16)}`)).length;
  let lines: readonly string[] = [];
  let clients = 0;
  await eventually('both workers have some', async () => {
    await open(context, proxy, SLOW);
    clients += 1;
    lines = await linesOf(proxy);
    return workers.every((pid) => ofWorker(lines, pid) > 0);
  });
  await eventually('all are listed', async () => {
    lines = await linesOf(proxy);
    return lines.length === clients;
  });
  const [hung = 0, other = 0] = workers;
  const expected = ofWorker(lines, other);
  process.kill(hung, 'SIGSTOP');
  const said = (await proxy.ask('show sess')).split('\n');
  process.kill(hung, 'SIGCONT');
  assert.equal(said.filter((line) => line.startsWith('0x')).length, expected);
  assert.match(
    said.find((line) => line.startsWith('#')) ?? '',
    new RegExp(`^# worker \\d \\(pid ${hung}\\) does not answer`),
  );
  await eventually('it is listed again', async () => (await linesOf(proxy)).length === clients);
});
