import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from 'undici';
import { startAdmin } from './node-double.js';
import { rawExchange } from './raw-exchange.js';

test('hostile paths are 404, and what is repeated of them is escaped', async (context) => {
  const { host, port, node } = await startAdmin(context);
  const paths = [
    '/../state',
    '//state',
    '/state/',
    '/STATE',
    '/%73tate',
    '/apps/a%2Fdrain',
    '/apps/%00',
    '/apps/%ff/drain',
    '/apps/__proto__',
    '/sources/accept-removal',
    `/${'a'.repeat(8_000)}`,
    '/<script>',
    'http://evil.example/state',
    '*',
  ];
  for (const path of paths) {
    const head = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
    const answer = await rawExchange(host, port, head);
    assert.match(answer, /^HTTP\/1\.1 404 /, path.slice(0, 40));
    assert.ok(answer.length < 3_000, path.slice(0, 40));
    assert.match(answer, /x-content-type-options: nosniff/);
  }
  assert.deepEqual(node.decisions, []);
});

test('names with line ends and control characters reach the node as one text, and nothing else', async (context) => {
  const { origin, node } = await startAdmin(context);
  const { statusCode, body } = await request(
    `${origin}/apps/checkout/instances/${encodeURIComponent('a\r\nb: c')}/drain`,
    {
      method: 'POST',
      headers: { 'x-autoproxy': '1' },
    },
  );
  await body.dump();
  assert.equal(statusCode, 200);
  assert.equal(node.decisions[0]?.instance, 'a\r\nb: c');
});

test('who asks is escaped and cut; who does not say is an address', async (context) => {
  const { origin, node } = await startAdmin(context);
  for (const by of ['ada@pts/1', '\u00e9[31mred', 'x'.repeat(1_000), '   ']) {
    const headers = { 'x-autoproxy': '1', 'x-autoproxy-by': by };
    const { body } = await request(`${origin}/apps/checkout/maint`, { method: 'POST', headers });
    await body.dump();
  }
  const names = node.decisions.map(({ by }) => by);
  assert.equal(names[0], 'ada@pts/1');
  assert.match(names[1] ?? '', /^[\x20-\x7e]+$/);
  assert.equal(names[2], 'x'.repeat(128));
  assert.match(names[3] ?? '', /^somebody at 127\./);
});

test('a body over 64 KiB is refused before it is read, with and without a length', async (context) => {
  const { host, port, node } = await startAdmin(context);
  const head = 'POST /apps/checkout/drain HTTP/1.1\r\nHost: localhost\r\nX-Autoproxy: 1\r\n';
  const sized = `${head}Content-Length: 70000\r\n\r\n${'x'.repeat(70_000)}`;
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n11170\r\n${'x'.repeat(70_000)}\r\n0\r\n\r\n`;
  for (const bytes of [sized, chunked]) assert.match(await rawExchange(host, port, bytes), /^HTTP\/1\.1 413 /);
  assert.deepEqual(node.decisions, []);
});

test('a small body is read and means nothing', async (context) => {
  const { origin, node } = await startAdmin(context);
  const headers = { 'content-type': 'application/json' };
  const body = '{"state": "maint", "__proto__": {';
  const answer = await request(`${origin}/apps/checkout/drain`, { method: 'POST', headers, body });
  await answer.body.dump();
  assert.equal(answer.statusCode, 200);
  assert.equal(node.decisions[0]?.state, 'drain');
});

test('bytes that are not HTTP get a 400, too large a head gets a 431, and the next request is answered', async (context) => {
  const { host, port, origin } = await startAdmin(context);
  assert.match(await rawExchange(host, port, '\x16\x03\x01\x02\x00\x01\r\n\r\n'), /^HTTP\/1\.1 400 /);
  const large = `GET /ready HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`;
  assert.match(await rawExchange(host, port, large), /^HTTP\/1\.1 431 /);
  const { statusCode, body } = await request(`${origin}/ready`);
  await body.dump();
  assert.equal(statusCode, 200);
});
