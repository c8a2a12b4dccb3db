/**
 * Real HAProxy as the load balancer before a node: `send-proxy`, `send-proxy-v2` and `check-send-proxy` against slots
 * and health ports. The instance at the far end says which client it was told of.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { freePort, ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { startHaproxy } from '../support/edge/haproxy-process.js';
import { eventually } from '../support/eventually.js';
import { startNode } from '../support/node/node-process.js';
import { RawConnection } from '../support/traffic/raw-connection.js';

/** Answers with the X-Forwarded-For that it was given. */
async function startInstance(context: TestContext): Promise<string> {
  const host = ownAddress();
  const server = createServer((request, response) => response.end(`for ${request.headers['x-forwarded-for']}`));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  atEnd(context, () => {
    server.closeAllConnections();
    server.close();
  });
  return `${host}:${(server.address() as { readonly port: number }).port}`;
}

for (const word of ['send-proxy', 'send-proxy-v2'] as const) {
  test(`${word}: clients of the balancer reach the instance under their own address`, async (context) => {
    const instance = await startInstance(context);
    const node = await startNode(
      context,
      (_host, slot) => ({
        'shop.yml': `shop: {protocol: http, translated_port: ${slot}, instances: ["${instance}"]}\n`,
      }),
      { '--accept-proxy': 'true' },
    );
    const front = { host: ownAddress(), port: await freePort(node.host) };
    // A network that is loopback and that X-Forwarded-For is still written for does not exist, so a header speaks for
    // a client elsewhere: the first HAProxy is given its source by a second header, as by a balancer before it.
    await startHaproxy(
      context,
      `listen front
  mode tcp
  bind ${front.host}:${front.port} accept-proxy
  server node ${node.host}:${node.slot} ${word} check inter 100ms port ${node.slot + 1} check-send-proxy
`,
      front,
    );
    for (const client of ['198.51.100.7', '203.0.113.9']) {
      const connection = await RawConnection.open(front.port, front.host);
      connection.write(`PROXY TCP4 ${client} 192.0.2.1 40000 443\r\nGET / HTTP/1.1\r\nHost: shop\r\n\r\n`);
      const { status, body } = await connection.response();
      assert.deepEqual([status, body], [200, `for ${client}`]);
      connection.close();
    }
  });

  test(`${word}: HAProxy's own checks, with and without a header, see the node go`, async (context) => {
    const instance = await startInstance(context);
    const node = await startNode(
      context,
      (_host, slot) => ({
        'shop.yml': `shop: {protocol: tcp, translated_port: ${slot}, accept_proxy: true, instances: ["${instance}"]}\n`,
      }),
      { '--lame-duck': '5s' },
    );
    const front = { host: ownAddress(), port: await freePort(node.host) };
    const monitor = { host: front.host, port: front.port + 1 };
    const server = (options: string): string =>
      `${node.host}:${node.slot} ${word} check inter 50ms fastinter 50ms fall 1 rise 1 port ${node.slot + 1} ${options}`;
    await startHaproxy(
      context,
      `backend plain
  mode tcp
  option httpchk GET /health
  server node ${server('')}
backend headed
  mode tcp
  option httpchk GET /health
  server node ${server('check-send-proxy')}
frontend monitor
  mode http
  bind ${monitor.host}:${monitor.port}
  http-request return status 200 content-type text/plain lf-string "%[nbsrv(plain)] %[nbsrv(headed)]"
`,
      monitor,
    );
    let seen = '';
    const look = async (): Promise<void> => {
      const connection = await RawConnection.open(monitor.port, monitor.host);
      connection.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      seen = (await connection.response()).body;
      connection.close();
    };
    const looking = setInterval(() => void look().catch(() => undefined), 30);
    atEnd(context, () => clearInterval(looking));
    await eventually('both kinds of check pass', () => seen === '1 1');
    node.child.kill('SIGTERM');
    await eventually('both kinds of check fail while the node still serves', () => seen === '0 0');
    assert.equal(node.child.exitCode, null);
  });
}

/** As people write them; the node's health port answers each. */
const CHECKS: Readonly<Record<string, string>> = {
  'OPTIONS, HTTP/1.0 without Host': 'option httpchk /health-check',
  'GET, HTTP/1.0 without Host': 'option httpchk GET /health-check',
  'GET, HTTP/1.1 without Host': 'option httpchk GET /health-check HTTP/1.1',
  'GET with an empty Host': 'option httpchk GET /health-check HTTP/1.1\r\\nHost:\\',
  'GET with a Host': 'option httpchk\n  http-check send meth GET uri /health ver HTTP/1.1 hdr Host shop.example.com',
  HEAD: 'option httpchk HEAD /health HTTP/1.0',
  'POST with a body': 'option httpchk\n  http-check send meth POST uri /health-check ver HTTP/1.1 body "are you there"',
  'a connection that is closed again': 'option tcp-check\n  tcp-check connect',
};

test("HAProxy's commonest checks see a node up, with and without a PROXY header", async (context) => {
  const instance = await startInstance(context);
  const node = await startNode(context, (_host, slot) => ({
    'shop.yml': `shop: {protocol: http, translated_port: ${slot}, instances: ["${instance}"]}\n`,
  }));
  const monitor = { host: ownAddress(), port: await freePort(node.host) };
  const server = `${node.host}:${node.slot} check inter 50ms fastinter 50ms fall 1 rise 1 port ${node.slot + 1}`;
  const backends = Object.values(CHECKS).flatMap((check, index) =>
    ['', ' check-send-proxy'].map(
      (header) => `backend b${index}${header === '' ? '' : '-proxy'}
  mode http
  ${check}
  server node ${server}${header}
`,
    ),
  );
  await startHaproxy(
    context,
    `${backends.join('')}frontend monitor
  mode http
  bind ${monitor.host}:${monitor.port}
  stats enable
  stats uri /stats
`,
    monitor,
  );
  let results: readonly string[] = [];
  const look = async (): Promise<void> => {
    const connection = await RawConnection.open(monitor.port, monitor.host);
    connection.write('GET /stats;csv HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const { body } = await connection.response();
    connection.close();
    const [header = '', ...lines] = body.replace(/^# /, '').split('\n');
    const column = header.split(',').indexOf('check_status');
    // A star says that the next check is under way; the result is that of the one before.
    results = lines
      .map((line) => line.split(','))
      .filter(([, name]) => name === 'node')
      .map((cells) => `${cells[0]}: ${cells[column]?.replace(/^\* /, '')}`);
  };
  const expected = Object.keys(CHECKS).flatMap((name, index) => {
    const passed = name.startsWith('a connection') ? 'L4OK' : 'L7OK';
    return [`b${index}: ${passed}`, `b${index}-proxy: ${passed}`];
  });
  const looking = setInterval(() => void look().catch(() => undefined), 50);
  atEnd(context, () => clearInterval(looking));
  // One that a busy machine has held up is made again.
  await eventually('all checks pass', () => results.join() === expected.join()).catch(() => {});
  assert.deepEqual(results, expected);
});
