/**
 * The whole way: a balancer's PROXY header, HAProxy as the edge writes its configuration, a real node, instances behind
 * it. Asked in HTTP/1.1, HTTP/2 and WebSockets of two domains; the instance says what it was told of the client.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import WebSocket from 'ws';
import { atEnd } from '../support/at-end.js';
import { EdgeProcess } from '../support/edge/edge-process.js';
import { HAPROXY_ENDS, type TestedVersion } from '../support/edge/haproxy-versions.js';
import { http2Response, openHttp2, openHttp2Websocket } from '../support/edge/http2-client.js';
import { eventually } from '../support/eventually.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { startEchoServer } from '../support/traffic/echo-sockets.js';
import { startToldInstance, type Told } from '../support/traffic/told-instance.js';

const CLIENTS = ['198.51.100.7', '2001:db8::7'];

interface EdgeAndNode {
  readonly edge: EdgeProcess;
  readonly node: RunningNode;
}

const ROUTES: Readonly<Record<string, string>> = {
  shop: '{host: www.one.example}, {host: "*.one.example", path: /wild}',
  api: '{host: www.one.example, path: /v1}, {host: www.two.example, path_regex: "^/u/[0-9]+$"}',
  headed: '{host: www.two.example}',
  chat: '{host: chat.two.example}',
  empty: '{host: empty.one.example}',
};

async function start(context: TestContext, version: TestedVersion): Promise<EdgeAndNode> {
  const instances: Readonly<Record<string, readonly string[]>> = {
    shop: [await startToldInstance(context, 'shop')],
    api: [await startToldInstance(context, 'api')],
    headed: [await startToldInstance(context, 'headed', true)],
    chat: [(await startEchoServer(context)).id],
    empty: [],
  };
  const names = Object.keys(ROUTES);
  const slotOf = (first: number, name: string): number => first + 2 * names.indexOf(name);
  const node = await startNode(
    context,
    (_host, first) =>
      Object.fromEntries(
        names.map((name) => [`${name}.yml`, service(name, slotOf(first, name), instances[name] ?? [])]),
      ),
    { '--accept-proxy': 'true' },
  );
  const apps = names.map(
    (name) => `name: ${name}
pods: [alpha]
protocol: http
slot: ${slotOf(node.slot, name)}
health: {interval: 100ms, rise: 1, fall: 1}
timeouts: {tunnel: 6h}
edge:
  max_body: 1m
  routes: [${ROUTES[name]}]
`,
  );
  const edge = await EdgeProcess.start(context, {
    apps: apps.join('---\n'),
    version,
    headerVersion: 2,
    servers: `{nodes: {alpha: [${node.host}]}}`,
    site: 'timeouts: {client: 1s, hello: 1s}',
  });
  return { edge, node };
}

function service(name: string, slot: number, instances: readonly string[]): string {
  const header = name === 'headed' ? ', send_proxy: v2' : '';
  return `${name}: {protocol: http, translated_port: ${slot}, instances: ${JSON.stringify(instances)}${header}}\n`;
}

/** What HAProxy thinks of the one server of an app: UP, DOWN. */
async function serverState({ address, ports }: EdgeProcess, app: string): Promise<string> {
  const text = await (await fetch(`http://${address}:${ports.admin}/stats;csv`)).text();
  const [head = '', ...lines] = text.split('\n').map((line) => line.split(','));
  const row = lines.find(([proxy, server = '']) => proxy === `be_${app}` && server.startsWith('alpha-'));
  return row?.[[...head].indexOf('status')] ?? 'not there';
}

type Case = readonly [host: string, target: string, expected: string | number];

const MATRIX: readonly Case[] = [
  ['www.one.example', '/', 'shop'],
  ['www.one.example', '/a/b?c=d', 'shop'],
  ['www.one.example', '/v1', 'api'],
  ['www.one.example', '/v1/x?y=%20', 'api'],
  ['www.one.example', '/v11', 'shop'],
  ['any.one.example', '/wild/x', 'shop'],
  ['any.one.example', '/none', 404],
  ['www.two.example', '/', 'headed'],
  ['www.two.example', '/u/17', 'api'],
  ['www.two.example', '/u/anna', 'headed'],
  ['empty.one.example', '/', 503],
  ['two.example', '/', 404],
];

/** Each version leads requests so (edge/routing-matrix); the way to the instance is the node's. */
for (const version of HAPROXY_ENDS) {
  test(`from the balancer to the instance, HAProxy ${version}`, async (context) => {
    const { edge, node } = await start(context, version);

    await context.test('the server of an app without an instance is down, by the health port of the node', async () => {
      for (const [app, state] of Object.entries({ empty: 'DOWN', shop: 'UP', api: 'UP', headed: 'UP', chat: 'UP' }))
        await eventually(`${app} is ${state}`, async () => (await serverState(edge, app)).startsWith(state));
    });

    await context.test('host and path lead to the app, over HTTP/1.1 and HTTP/2', async (inner) => {
      for (const [host, target, expected] of MATRIX) {
        const old = await edge.ask({ hosts: [host], target });
        const session = await openHttp2(inner, edge, host);
        const { status, body } = await http2Response(session.request({ ':path': target }));
        session.close();
        for (const answer of [old, { status, body }]) {
          const told = answer.status === 200 ? (JSON.parse(answer.body) as Told) : null;
          assert.equal(told?.app ?? answer.status, expected, `${host}${target}`);
          if (told !== null) assert.equal(told.target, target);
        }
      }
    });

    await context.test(
      'the instance is told of the client, in fields and in the PROXY header that it asked for',
      async (inner) => {
        for (const client of CLIENTS) {
          for (const [host, app] of [
            ['www.one.example', 'shop'],
            ['www.two.example', 'headed'],
          ] as const) {
            const lies = ['X-Forwarded-For: 1.2.3.4', 'X-Forwarded-Proto: http', 'X-Forwarded-Port: 80'];
            const old = await edge.ask({ hosts: [host], client, fields: lies });
            const session = await openHttp2(inner, edge, host, client);
            const { body } = await http2Response(session.request({ ':path': '/', 'x-forwarded-for': '1.2.3.4' }));
            session.close();
            for (const told of [old.body, body].map((text) => JSON.parse(text) as Told)) {
              assert.equal(told.app, app);
              // By the edge; the node finds it there, and the same client in the header that the connection begins with.
              assert.equal(told.fields['x-forwarded-for'], client);
              assert.equal(told.fields['x-forwarded-proto'], 'https');
              assert.equal(told.fields['x-forwarded-port'], '443');
              assert.equal(told.client, app === 'headed' ? client : null);
            }
          }
        }
      },
    );

    await context.test(
      'a WebSocket goes through, and may be silent for longer than a client of HTTP',
      async (inner) => {
        const host = 'chat.two.example';
        const secure = await edge.secure(host);
        const socket = new WebSocket(`ws://${host}/`, { createConnection: () => secure });
        atEnd(inner, () => socket.terminate());
        await once(socket, 'open');
        await assertEcho(socket, 'before');
        await new Promise((resolve) => setTimeout(resolve, 1_700));
        await assertEcho(socket, 'after');
      },
    );

    await context.test('a WebSocket over HTTP/2, too', async (inner) => {
      const host = 'chat.two.example';
      const stream = await openHttp2Websocket(await openHttp2(inner, edge, host), host);
      const [fields] = await once(stream, 'response');
      assert.equal(fields[':status'], 200);
      // A binary frame with a mask of zeros (RFC 6455, 5.2); the answer has none.
      stream.write(Buffer.from([0x82, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
      const [bytes] = (await once(stream, 'data')) as [Buffer];
      assert.deepEqual([...bytes], [0x82, 2, 0x68, 0x69]);
      stream.close();
    });

    await context.test('an instance that comes brings its server up, one that goes takes it down', async () => {
      const slot = node.slot + 2 * Object.keys(ROUTES).indexOf('empty');
      const instance = await startToldInstance(context, 'empty');
      await node.write('empty.yml', service('empty', slot, [instance]));
      await eventually('its server is up', async () => (await serverState(edge, 'empty')).startsWith('UP'));
      assert.equal((await edge.ask({ hosts: ['empty.one.example'] })).status, 200);
      await node.write('empty.yml', service('empty', slot, []));
      await eventually('its server is down', async () => (await serverState(edge, 'empty')).startsWith('DOWN'));
      assert.equal((await edge.ask({ hosts: ['empty.one.example'] })).status, 503);
    });
  });
}

/** Rejects when the socket is closed, or is closed meanwhile. */
async function assertEcho(socket: WebSocket, word: string): Promise<void> {
  assert.equal(socket.readyState, WebSocket.OPEN);
  const closed = once(socket, 'close').then(() => assert.fail(`closed before it heard ${word}`));
  const heard = once(socket, 'message');
  socket.send(word);
  const [bytes] = (await Promise.race([heard, closed])) as [Buffer];
  assert.equal(bytes.toString(), word);
}
