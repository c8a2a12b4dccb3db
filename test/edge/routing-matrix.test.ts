/** Host and path decide which app answers, by one stated precedence; asked of real HAProxy, one case a line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EdgeProcess, type EdgeRequest, type Seen, seenBy } from '../support/edge/edge-process.js';
import { HAPROXY_VERSIONS } from '../support/edge/haproxy-versions.js';
import { http2Response, openHttp2 } from '../support/edge/http2-client.js';

const APPS = `
name: shop
pods: [alpha]
num_instances: 1
image: a:1
protocol: http
slot: 21100
edge:
  routes:
    - {host: www.one.example}
    - {host: www.one.example, path_exact: /status}
    - {host: "*.one.example", path: /wild}
    - {host: one.example, path: /}
---
name: api
pods: [alpha]
num_instances: 1
image: a:1
protocol: http
slot: 21102
edge:
  routes:
    - {host: www.one.example, path: /v1}
    - {host: www.one.example, path: /v1/deep/er}
    - {host: www.one.example, path: /caf%C3%A9}
    - {host: www.one.example, path: '/@me,you'}
    - {host: www.one.example, path_regex: '^/u/[0-9]+$', priority: 10}
    - {host: www.one.example, path_regex: '^/u/[0-9]+/x$', priority: 5}
    - {host: api.one.example, path: /only}
---
name: users
pods: [alpha]
num_instances: 1
image: a:1
protocol: http
slot: 21104
edge:
  routes:
    - {host: www.one.example, path: /u}
    - {host: www.one.example, path_regex: '^/u/[a-z0-9]+$', priority: 1}
    - {host: "*.one.example", path_exact: /exact}
    - {host: "*.one.example", path_regex: '^/w/[a-z]+$'}
---
name: shards
pods: [alpha]
num_instances: 1
image: a:1
protocol: http
slot: 21106
edge:
  routes:
    - {host_regex: '^s-[0-9]+\\.one\\.example$', path: /}
    - {host_regex: '^(s|t)-[0-9]+\\.one\\.example$', path_regex: '^/t/[0-9]+$', priority: 9}
---
name: plain
pods: [alpha]
num_instances: 1
image: a:1
protocol: http
slot: 21108
edge:
  tls: {redirect: false}
  routes:
    - {host: plain.two.example, path: /}
`;

type Expected = string | number;
type Case = readonly [what: string, host: string, target: string, expected: Expected, more?: Partial<EdgeRequest>];

const CASES: readonly Case[] = [
  // Exact hosts
  ['the root of an exact host', 'www.one.example', '/', 'shop'],
  ['a prefix / is every path', 'www.one.example', '/a/b?c=d', 'shop'],
  ['a name without more labels', 'one.example', '/x', 'shop'],
  ['an exact path', 'www.one.example', '/status', 'shop'],
  ['a longer prefix wins', 'www.one.example', '/v1', 'api'],
  ['with a slash at its end', 'www.one.example', '/v1/', 'api'],
  ['below it', 'www.one.example', '/v1/a', 'api'],
  ['/v1 is not /v11', 'www.one.example', '/v11', 'shop'],
  ['nor /v1.json', 'www.one.example', '/v1.json', 'shop'],
  ['nor /V1: paths have case', 'www.one.example', '/V1', 'shop'],
  ['a prefix of two segments', 'www.one.example', '/v1/deep/er/x', 'api'],
  ['a query is no part of the path', 'www.one.example', '/v1?x=/u/1', 'api'],
  ['an expression before a prefix', 'www.one.example', '/u/17', 'api'],
  ['the expression of the higher priority', 'www.one.example', '/u/9', 'api'],
  ['the next one when it does not match', 'www.one.example', '/u/anna', 'users'],
  ['an expression of lower priority', 'www.one.example', '/u/17/x', 'api'],
  ['an expression matches the whole path', 'www.one.example', '/u/17/y', 'users'],
  ['a prefix beside expressions', 'www.one.example', '/u', 'users'],
  // Wildcards
  ['a wildcard and a prefix', 'a.one.example', '/wild/x', 'shop'],
  ['a wildcard and an exact path', 'a.one.example', '/exact', 'users'],
  ['an exact path is the whole path', 'a.one.example', '/exact/', 404],
  ['a wildcard and an expression', 'a.one.example', '/w/abc', 'users'],
  ['the expression matches all of it', 'a.one.example', '/w/abc1', 404],
  ['an exact host whose path does not match lets the wildcard be tried', 'api.one.example', '/wild', 'shop'],
  ['the exact host wins where both match', 'api.one.example', '/only', 'api'],
  ['a path that nobody has', 'a.one.example', '/none', 404],
  ['a wildcard is exactly one label', 'a.b.one.example', '/wild', 'closed'],
  ['a wildcard is not the bare name', 'one.example', '/wild', 'shop'],
  // Expressions for hosts
  ['an expression for a host', 's-12.one.example', '/any', 'shards'],
  ['a wildcard goes before it', 's-12.one.example', '/wild', 'shop'],
  ['expressions by priority', 't-1.one.example', '/t/5', 'shards'],
  ['the whole host', 'xs-1.one.example', '/any', 404],
  ['a path that looks like a host', 'a.one.example', '/s-1.one.example/', 404],
  ['a path that looks like a host and its path', 'a.one.example', '//www.one.example/v1', 404],
  // Other spellings of a path come to the same route
  ['an encoded letter', 'www.one.example', '/%761', 'api'],
  ['all of it encoded', 'www.one.example', '/%76%31', 'api'],
  ['in an exact path', 'www.one.example', '/s%74atus', 'shop'],
  ['in what an expression matches', 'www.one.example', '/%75/%31%37', 'api'],
  ['two slashes', 'www.one.example', '//v1', 'api'],
  ['slashes inside', 'www.one.example', '/v1///deep//er', 'api'],
  ['a parameter', 'www.one.example', '/v1;a', 'api'],
  ['an encoded one', 'www.one.example', '/v1%3Ba', 'api'],
  ['a parameter in front', 'www.one.example', '/;a/v1', 'api'],
  ['parameters with slashes after them', 'www.one.example', '//;a//v1;b;c/x', 'api'],
  ['parameters alone', 'www.one.example', '/;v1', 'shop'],
  ['hex digits of either case', 'www.one.example', '/caf%c3%A9/x', 'api'],
  ['a character that a segment may hold, encoded', 'www.one.example', '/%40me%2Cyou', 'api'],
  ['the same as it is', 'www.one.example', '/@me,you/x', 'api'],
  ['encoded twice is another path', 'www.one.example', '/%2576%31', 'shop'],
  ['an encoded dot that is no segment', 'www.one.example', '/v1%2e', 'shop'],
  // Spelling
  ['upper case', 'WWW.ONE.EXAMPLE', '/v1', 'api'],
  ['a port', 'www.one.example:443', '/v1', 'api'],
  ['a dot at the end', 'www.one.example.', '/v1', 'api'],
  ['both', 'www.one.example.:443', '/v1', 'api'],
  ['an empty port', 'www.one.example:', '/v1', 'api', { sni: 'www.one.example' }],
  ['a dot and an empty port', 'www.one.example.:', '/v1', 'api', { sni: 'www.one.example' }],
  ['a port twice', 'www.one.example:443:443', '/v1', 400, { sni: 'www.one.example' }],
  ['two dots at the end', 'www.one.example..', '/v1', 400, { sni: 'www.one.example' }],
  ['a comma list', 'www.one.example, a.one.example', '/v1', 400, { sni: 'www.one.example' }],
  ['two Host lines', 'www.one.example', '/v1', 400, { hosts: ['www.one.example', 'a.one.example'] }],
  ['no Host', 'www.one.example', '/v1', 400, { hosts: [], sni: 'www.one.example' }],
  ['a blank in it', 'www.one.example x', '/v1', 400, { sni: 'www.one.example' }],
  ['a slash in it', 'www.one.example/v1', '/', 400, { sni: 'www.one.example' }],
  // What no app should see
  ['dot segments', 'www.one.example', '/v1/../u', 400],
  ['encoded dot segments', 'www.one.example', '/v1/%2e%2e/u', 400],
  ['dot segments before ;', 'www.one.example', '/v1/..;/u', 400],
  ['one dot', 'www.one.example', '/v1/./u', 400],
  ['an encoded slash', 'www.one.example', '/v1%2fu', 400],
  ['an encoded slash in front', 'www.one.example', '/%2Fv1', 400],
  ['an encoded slash in upper case', 'www.one.example', '/x%2Fv1', 400],
  ['a backslash', 'www.one.example', '/\\v1', 400],
  ['dot segments behind encoded letters', 'www.one.example', '/%76%31/%2E./u', 400],
  ['one dot in front', 'www.one.example', '/./v1', 400],
  ['a dot segment with an encoded parameter', 'www.one.example', '/x/..%3ba/v1', 400],
  ['an encoded backslash', 'www.one.example', '/v1%5cu', 400],
  ['an encoded NUL', 'www.one.example', '/v1%00', 400],
  ['an encoded control character', 'www.one.example', '/a%1f', 400],
  ['an encoded DEL', 'www.one.example', '/a%7f', 400],
  ['an escape that is none', 'www.one.example', '/%zz', 400],
  ['half an escape', 'www.one.example', '/a%2', 400],
  ['a lone %', 'www.one.example', '/%', 400],
  ['an encoded letter of another script', 'www.one.example', '/v1/%E2%82%AC', 'api'],
  ['a method that is not in use', 'www.one.example', '/', 405, { method: 'TRACE' }],
  ['the absolute form', 'www.one.example', 'https://www.one.example/v1/a', 'api'],
  // Certificates
  ['a host of another certificate', 'two.example', '/', 421, { sni: 'www.one.example' }],
  ['a host of the same certificate', 'a.one.example', '/exact', 'users', { sni: 'www.one.example' }],
  ['a name that no certificate has', 'www.three.example', '/', 'closed'],
  ['no app at a host that has a certificate', 'two.example', '/', 404],
  // Plain HTTP
  ['GET is led to HTTPS', 'www.one.example', '/v1?a=b', 301, { sni: null }],
  ['POST too, to stay one', 'www.one.example', '/v1', 308, { sni: null, method: 'POST' }],
  ['not for hosts that nobody has', 'www.three.example', '/', 404, { sni: null }],
  ['an app that wants it is served', 'plain.two.example', '/', 'plain', { sni: null }],
  ['and over TLS as well', 'plain.two.example', '/', 'plain'],
];

/** Letters that need no encoding have none, hex digits are upper case; all else is as the client wrote it. */
const SPELLINGS: readonly (readonly [target: string, got: string])[] = [
  ['/%76%31', '/v1'],
  ['/%7euser/%c3%a9', '/~user/%C3%A9'],
  ['//v1;a=1//b', '//v1;a=1//b'],
  ['/%40me%2cyou', '/%40me%2Cyou'],
  ['/x%20y%25%36%31', '/x%20y%2561'],
  ['/%76?q=%61%c3%a9&r=100%', '/v?q=%61%c3%a9&r=100%'],
  ['/v1?q=%61%zz', '/v1?q=%61%zz'],
  ['/%76?', '/v?'],
  ['/%76?a?b', '/v?a?b'],
  ['https://www.one.example/%76?%61', '/v?%61'],
];

for (const version of HAPROXY_VERSIONS)
  test(`routes, HAProxy ${version}`, async (context) => {
    const edge = await EdgeProcess.start(context, { apps: APPS, version });

    for (const [what, host, target, expected, more] of CASES) {
      await context.test(`${what}: ${host} ${target} → ${expected}`, async () => {
        const asking = edge.ask({ hosts: [host], target, ...more });
        if (expected === 'closed') return assert.rejects(asking, /closed|ECONNRESET|disconnected|EPIPE|alert/);
        const response = await asking;
        if (typeof expected === 'number') assert.equal(response.status, expected);
        else assert.equal(response.status === 200 ? seenBy(response).app : response.status, expected);
      });
    }

    for (const [target, got] of SPELLINGS) {
      await context.test(`the app gets ${got} for ${target}`, async () => {
        assert.equal(seenBy(await edge.ask({ hosts: ['www.one.example'], target })).target, got);
      });
    }

    await context.test('over HTTP/2, too', async (inner) => {
      const session = await openHttp2(inner, edge, 'www.one.example');
      const stream = session.request({ ':path': '/%76%31/%c3%a9;a?q=%61' });
      const { status, body } = await http2Response(stream);
      assert.equal(status, 200);
      const { app, target } = JSON.parse(body) as Seen;
      assert.deepEqual({ app, target }, { app: 'api', target: '/v1/%C3%A9;a?q=%61' });
    });

    await context.test('a redirect goes to the name in its one spelling, and keeps path and query', async () => {
      const { fields } = await edge.ask({ hosts: ['WWW.one.example.:80'], target: '/v1?a=b', sni: null });
      assert.equal(fields.get('location'), 'https://www.one.example/v1?a=b');
    });
  });
