/**
 * A web page in an operator's browser can send requests to 127.0.0.1. It may neither change anything (forms and bare
 * fetches need no permission) nor read anything (by a name of its own that it makes resolve to 127.0.0.1).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from 'undici';
import { startAdmin } from './node-double.js';
import { rawExchange } from './raw-exchange.js';

const DRAIN = '/apps/checkout/drain';

test('a POST that a form or a bare fetch could send changes nothing', async (context) => {
  const { node, origin } = await startAdmin(context);
  const types = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain; application/json',
  ];
  for (const type of types) {
    const { statusCode, body } = await request(origin + DRAIN, {
      method: 'POST',
      headers: { 'content-type': type },
      body: 'state=drain',
    });
    assert.equal(statusCode, 403, type);
    assert.match(await body.text(), /x-autoproxy: 1/);
  }
  assert.deepEqual(node.decisions, []);
});

test('nor one without any type; a preflight is not granted', async (context) => {
  const { node, origin } = await startAdmin(context);
  const bare = await request(origin + DRAIN, { method: 'POST' });
  await bare.body.dump();
  assert.equal(bare.statusCode, 403);
  const preflight = await request(origin + DRAIN, {
    method: 'OPTIONS',
    headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
  });
  await preflight.body.dump();
  assert.equal(preflight.statusCode, 405);
  assert.equal(preflight.headers['access-control-allow-origin'], undefined);
  assert.deepEqual(node.decisions, []);
});

test('JSON is enough, as is our own field', async (context) => {
  const { node, origin } = await startAdmin(context);
  for (const headers of [{ 'content-type': 'application/json; charset=utf-8' }, { 'X-Autoproxy': '1' }]) {
    const { statusCode, body } = await request(origin + DRAIN, { method: 'POST', headers });
    await body.dump();
    assert.equal(statusCode, 200);
  }
  assert.equal(node.decisions.length, 2);
});

test('what a browser sends must come from the page of this node, with its token', async (context) => {
  const { node, origin } = await startAdmin(context);
  const page = await request(`${origin}/`, { headers: { accept: 'text/html' } });
  const token = /<meta name="autoproxy-token" content="([\w-]{32})">/.exec(await page.body.text())?.[1] ?? '';
  assert.notEqual(token, '');
  const send = async (headers: Readonly<Record<string, string>>): Promise<number> => {
    const { statusCode, body } = await request(origin + DRAIN, {
      method: 'POST',
      headers: { 'X-Autoproxy': '1', ...headers },
    });
    await body.dump();
    return statusCode;
  };
  const own = { origin, 'sec-fetch-site': 'same-origin', 'x-autoproxy-token': token };
  const refused = [
    { ...own, origin: 'http://evil.example' },
    { ...own, origin: 'null' },
    { ...own, 'sec-fetch-site': 'cross-site' },
    { ...own, 'sec-fetch-site': 'same-site' },
    { ...own, 'x-autoproxy-token': `${token.slice(0, -1)}!` },
    { ...own, 'x-autoproxy-token': '' },
    { origin },
    { 'sec-fetch-site': 'same-origin' },
  ];
  for (const headers of refused) assert.equal(await send(headers), 403, JSON.stringify(headers));
  assert.deepEqual(node.decisions, []);
  assert.equal(await send(own), 200);
  assert.equal(await send({ origin: own.origin, 'x-autoproxy-token': token }), 200);
  assert.equal(node.decisions.length, 2);
});

test('a foreign Host is refused on every path', async (context) => {
  const { host, port, node } = await startAdmin(context);
  const foreign = [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'a:b:c',
    '[evil]',
    '',
  ];
  for (const name of foreign) {
    for (const line of ['GET /state', `POST ${DRAIN}`, 'GET /']) {
      const head = `${line} HTTP/1.1\r\nHost: ${name}\r\nX-Autoproxy: 1\r\nConnection: close\r\n\r\n`;
      assert.match(await rawExchange(host, port, head), /^HTTP\/1\.1 403 /, `${line} for "${name}"`);
    }
  }
  assert.deepEqual(node.decisions, []);
});

test('addresses, localhost and the names of the node are its own', async (context) => {
  const { host, port } = await startAdmin(context, { hostNames: ['Alpha-1.example'] });
  for (const name of [
    '127.0.0.1',
    `10.0.0.5:${port}`,
    '[::1]:1936',
    'LOCALHOST:1936',
    'localhost.',
    'alpha-1.example',
  ]) {
    const head = `GET /ready HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`;
    assert.match(await rawExchange(host, port, head), /^HTTP\/1\.1 200 /, name);
  }
});

test('a probe in HTTP/1.0 has no Host and is answered', async (context) => {
  const { host, port } = await startAdmin(context);
  assert.match(await rawExchange(host, port, 'GET /ready HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /);
});
