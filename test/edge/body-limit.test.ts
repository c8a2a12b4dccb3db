/** A body passes `max_body` in no way: not by another method, without a length, in HTTP/2, or by coming late. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { EdgeProcess } from '../support/edge/edge-process.js';
import { HAPROXY_VERSIONS } from '../support/edge/haproxy-versions.js';
import { http2Response, openHttp2, openHttp2Websocket } from '../support/edge/http2-client.js';

const HOST = 'www.one.example';
const APPS = `
name: shop
pods: [alpha]
protocol: http
slot: 21120
edge:
  max_body: 1k
  routes:
    - {host: ${HOST}}
`;

for (const version of HAPROXY_VERSIONS) {
  test(`bodies, HAProxy ${version}`, async (context) => {
    const edge = await EdgeProcess.start(context, { apps: APPS, version, site: 'timeouts: {request_head: 700ms}' });

    await context.test('of any method, without a length, over HTTP/2', async (inner) => {
      const session = await openHttp2(inner, edge, HOST);
      for (const method of ['POST', 'DELETE', 'OPTIONS', 'GET']) {
        const stream = session.request({ ':method': method }, { endStream: false });
        stream.end('x'.repeat(50_000));
        // By what is there already when it is looked at.
        const { status } = await http2Response(stream);
        assert.ok(status === 411 || status === 413, `${method}: ${status}`);
      }
    });

    await context.test('with a length, over HTTP/2', async (inner) => {
      const session = await openHttp2(inner, edge, HOST);
      for (const [size, expected] of [
        [1_024, 200],
        [1_025, 413],
      ] as const) {
        const stream = session.request({ ':method': 'POST', 'content-length': size }, { endStream: false });
        stream.end('x'.repeat(size));
        assert.equal((await http2Response(stream)).status, expected);
      }
    });

    await context.test('chunked, beside any other field of the request', async () => {
      const request = { method: 'POST', hosts: [HOST], body: '1\r\nx\r\n0\r\n\r\n' };
      const websocket = ['Connection: Upgrade', 'Upgrade: websocket'];
      for (const more of [[], websocket, ['Content-Length: 1']]) {
        const { status } = await edge.ask({ ...request, fields: ['Transfer-Encoding: chunked', ...more] });
        assert.ok(status === 411 || status === 400, `${status} with ${more}`);
      }
    });

    await context.test('that has not begun when the time to wait for it is over', async (inner) => {
      const session = await openHttp2(inner, edge, HOST);
      const stream = session.request({ ':method': 'POST' }, { endStream: false });
      assert.equal((await http2Response(stream)).status, 408);
      const chunked = await edge.open(HOST);
      chunked.write(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n`);
      assert.equal((await chunked.response('POST')).status, 408);
      chunked.close();
    });

    await context.test('no body at all needs no length', async (inner) => {
      assert.equal((await edge.ask({ hosts: [HOST], method: 'POST' })).status, 200);
      const session = await openHttp2(inner, edge, HOST);
      assert.equal((await http2Response(session.request({ ':method': 'POST' }, { endStream: true }))).status, 200);
    });

    await context.test(
      'a websocket over HTTP/2 does not count as a body: its stream stays open, and is not waited for',
      async (inner) => {
        const session = await openHttp2(inner, edge, HOST);
        const stream = await openHttp2Websocket(session, HOST);
        const [fields] = await once(stream, 'response');
        // One that is waited for gets 408, as above.
        assert.equal(fields[':status'], 200);
      },
    );
  });
}
