/**
 * Requests of real clients that a strict reader stumbles over, through the data plane: what the instance gets of each, in
 * one piece and byte by byte. Those that have two meanings are in test/attacks/request-smuggling.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../../support/node/plane.js';
import { startPod } from '../../support/node/pod.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { answering, okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

interface OddRequest {
  readonly sent: string;
  /** What the instance gets before the fields that the node sets itself; `{instance}` is its `ip:port`. */
  readonly got: string;
}

const GET = 'GET / HTTP/1.1\r\n';
const PLAIN = `${GET}Host: a\r\n`;

const REQUESTS: Readonly<Record<string, OddRequest>> = {
  'the default port in the target': {
    sent: 'GET http://x:80/p HTTP/1.1\r\nHost: x\r\n\r\n',
    got: 'GET /p HTTP/1.1\r\nHost: x\r\n',
  },
  'the default port in Host': {
    sent: 'GET http://x/p HTTP/1.1\r\nHost: x:80\r\n\r\n',
    got: 'GET /p HTTP/1.1\r\nHost: x:80\r\n',
  },
  'HTTP/1.2': { sent: 'GET / HTTP/1.2\r\nHost: a\r\n\r\n', got: PLAIN },
  'HTTP/1.9': { sent: 'GET / HTTP/1.9\r\nHost: a\r\n\r\n', got: PLAIN },
  'empty lines before it': { sent: `${'\r\n'.repeat(5)}${PLAIN}\r\n`, got: PLAIN },
  'a parameter in Connection': { sent: `${PLAIN}Connection: keep-alive; x, timeout=5\r\n\r\n`, got: PLAIN },
  'an empty Expect': { sent: `${PLAIN}Expect:\r\n\r\n`, got: PLAIN },
  'an empty element of Expect': {
    sent: `${PLAIN}Expect: ,100-continue\r\nContent-Length: 0\r\n\r\n`,
    got: `${PLAIN}Content-Length: 0\r\nExpect: 100-continue\r\n`,
  },
  'an empty Host': { sent: `${GET}Host:\r\n\r\n`, got: `${GET}Host:\r\n` },
  'HTTP/1.0 without Host': { sent: 'GET / HTTP/1.0\r\n\r\n', got: `${GET}Host: {instance}\r\n` },
  'HTTP/1.0 with an empty Host': { sent: 'GET / HTTP/1.0\r\nHost: \r\n\r\n', got: `${GET}Host: {instance}\r\n` },
  "nagios' check_http": {
    sent: 'GET / HTTP/1.0\r\nUser-Agent: check_http/v2.3.3 (nagios-plugins 2.3.3)\r\nConnection: close\r\n\r\n',
    got: `${GET}User-Agent: check_http/v2.3.3 (nagios-plugins 2.3.3)\r\nHost: {instance}\r\n`,
  },
  "HAProxy's httpchk": { sent: 'OPTIONS / HTTP/1.0\r\n\r\n', got: 'OPTIONS / HTTP/1.1\r\nHost: {instance}\r\n' },
  'zeros in front of a length': {
    sent: `${PLAIN}Content-Length: 0000\r\n\r\n`,
    got: `${PLAIN}Content-Length: 0\r\n`,
  },
  'the field Proxy': { sent: `${PLAIN}Proxy: http://evil:80\r\n\r\n`, got: PLAIN },
  'lookalikes of fields that are set here': {
    sent: `${PLAIN}X_Forwarded_For: 1.2.3.4\r\nX-Forwarded_Proto: https\r\nx_autoproxy_bled_by: x\r\nX_Other: 1\r\n\r\n`,
    got: `${PLAIN}X_Other: 1\r\n`,
  },
  'Max-Forwards of an OPTIONS': {
    sent: 'OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 2\r\n\r\n',
    got: 'OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 1\r\n',
  },
  'Max-Forwards of a GET': {
    sent: `${PLAIN}Max-Forwards: 0\r\n\r\n`,
    got: `${PLAIN}Max-Forwards: 0\r\n`,
  },
};

for (const [name, { sent, got }] of Object.entries(REQUESTS)) {
  test(`${name}: served, in one piece and byte by byte`, async (context) => {
    const instance = await ScriptedInstance.start(
      context,
      answering((head) => okResponse(head)),
    );
    const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
    for (const pieces of [[sent], [...sent]]) {
      const client = await plane.connect();
      await client.writePieces(pieces);
      const { status, body } = await client.response();
      assert.equal(status, 200);
      // What is set here: who asked, and on a new connection to an instance that it be kept.
      const isOurs = (line: string): boolean =>
        /^x-forwarded-(?:port|proto): /i.test(line) || line === 'Connection: keep-alive';
      const lines = body.split('\r\n').filter((line) => !isOurs(line));
      assert.equal(`${lines.join('\r\n')}\r\n`, got.replace('{instance}', `${instance.host}:${instance.port}`));
      client.close();
    }
  });
}

test('a request without a name of a host is served by a neighbor too', async (context) => {
  const instance = await ScriptedInstance.start(
    context,
    answering((head) => okResponse(/^host:.*$/im.exec(head)?.[0] ?? 'no Host')),
  );
  const { a, b } = await startPod(context);
  await b.change({ instances: [instanceOf(instance)] });
  for (const [request, host] of [
    ['GET / HTTP/1.0\r\n\r\n', `Host: ${b.host}:${b.port}`],
    ['GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n', 'Host:'],
  ]) {
    const client = await a.connect();
    client.write(request ?? '');
    const { status, body } = await client.response();
    assert.deepEqual([status, body], [200, host]);
    client.close();
  }
  assert.equal(a.counters.bled, 2);
});

test('a retry of HTTP/1.0 without Host names the instance that is asked then', async (context) => {
  let failing = '';
  const start = () =>
    ScriptedInstance.start(context, (connection) =>
      connection.socket.on('data', () => {
        const host = /^host: (.*)$/im.exec(connection.text)?.[1]?.trim() ?? '';
        if (failing === '') failing = host;
        if (host === failing) connection.socket.destroy();
        else connection.write(okResponse(host));
      }),
    );
  const instances = [await start(), await start()];
  const plane = await TestPlane.start(context, { slot: { instances: instances.map((one) => instanceOf(one)) } });
  const client = await plane.connect();
  client.write('GET / HTTP/1.0\r\n\r\n');
  const { status, body } = await client.response();
  assert.equal(status, 200);
  const ids = instances.map(({ host, port }) => `${host}:${port}`);
  assert.deepEqual([failing, body].sort(), ids.sort());
  client.close();
});
