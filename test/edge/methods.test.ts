/** Which methods come to an app, and what others are told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EdgeProcess } from '../support/edge/edge-process.js';
import { HAPROXY_VERSIONS } from '../support/edge/haproxy-versions.js';
import { http2Response, openHttp2 } from '../support/edge/http2-client.js';

const app = (name: string, slot: number, more = ''): string => `
name: ${name}
pods: [alpha]
protocol: http
slot: ${slot}
edge:
  routes: [{host: ${name}.one.example}]
${more}`;
const APPS = [
  app('shop', 21_140),
  app('dav', 21_142, '  methods: [GET, HEAD, OPTIONS, PROPFIND, MKCOL, LOCK, M-SEARCH]\n'),
].join('---');

const CASES = [
  ['shop', 'PATCH', 200, undefined],
  ['shop', 'OPTIONS', 200, undefined],
  ['shop', 'PROPFIND', 405, 'GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS'],
  ['shop', 'TRACE', 405, 'GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS'],
  ['shop', 'get', 405, 'GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS'],
  ['dav', 'PROPFIND', 200, undefined],
  ['dav', 'MKCOL', 200, undefined],
  ['dav', 'M-SEARCH', 200, undefined],
  ['dav', 'GET', 200, undefined],
  ['dav', 'POST', 405, 'GET,HEAD,LOCK,M-SEARCH,MKCOL,OPTIONS,PROPFIND'],
  ['dav', 'UNLOCK', 405, 'GET,HEAD,LOCK,M-SEARCH,MKCOL,OPTIONS,PROPFIND'],
  ['dav', 'TRACE', 405, 'GET,HEAD,LOCK,M-SEARCH,MKCOL,OPTIONS,PROPFIND'],
  ['dav', 'PROPFIND/x', 400, undefined],
  ['nobody', 'PROPFIND', 404, undefined],
] as const;

for (const version of HAPROXY_VERSIONS)
  test(`methods, HAProxy ${version}`, async (context) => {
    const edge = await EdgeProcess.start(context, { apps: APPS, version });

    for (const [name, method, status, allow] of CASES)
      await context.test(`${method} to ${name} → ${status}`, async () => {
        const response = await edge.ask({ hosts: [`${name}.one.example`], method });
        assert.deepEqual([response.status, response.fields.get('allow')], [status, allow]);
      });

    await context.test('gRPC is answered as a call that nobody implements; gRPC-Web passes', async (inner) => {
      const session = await openHttp2(inner, edge, 'shop.one.example');
      for (const type of ['application/grpc', 'application/grpc+proto']) {
        const stream = session.request({ ':method': 'POST', 'content-type': type, te: 'trailers' });
        const { status, fields } = await http2Response(stream);
        assert.deepEqual([status, fields['content-type'], fields['grpc-status']], [200, 'application/grpc', '12']);
        assert.match(String(fields['grpc-message']), /gRPC does not pass/);
      }
      const stream = session.request({ ':method': 'POST', 'content-type': 'application/grpc-web+proto' });
      const { fields, body } = await http2Response(stream);
      assert.deepEqual([fields['grpc-status'], JSON.parse(body).app], [undefined, 'shop']);
    });
  });
