/**
 * Host confusion: who routes by one name and serves by another can be made to serve what it should not, or to write the
 * attacker's name into links and caches. There is one Host, it is made of what hosts are made of, and an absolute target
 * that names another one is refused.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const REFUSED: readonly string[] = [
  'GET / HTTP/1.1\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n',
  'GET / HTTP/1.1\r\nHost : a\r\n\r\n',
  'GET / HTTP/1.1\r\n Host: a\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a b\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a?b\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a#b\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a%00b\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\\b\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: "a"\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: <a>\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: \xe9\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: :80\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a:-1\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: [::1]:99999\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: [::1\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: [a]\r\n\r\n',
  `GET / HTTP/1.1\r\nHost: ${'a'.repeat(256)}\r\n\r\n`,
  'GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET http://a:443/ HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET https://a/ HTTP/1.1\r\nHost: a:80\r\n\r\n',
  'GET http://a/ HTTP/1.1\r\nHost:\r\n\r\n',
  'GET http://a/ HTTP/1.1\r\n\r\n',
  'GET http://a@b/ HTTP/1.1\r\nHost: b\r\n\r\n',
  'GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET //b/ftp HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  'GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET a HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET * HTTP/1.1\r\nHost: a\r\n\r\n',
];

test('a Host that is missing, repeated, odd or contradicted is refused, and nothing reaches the instance', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  for (const bytes of REFUSED) {
    const client = await plane.connect();
    client.write(bytes);
    assert.equal((await client.response()).status, 400, JSON.stringify(bytes));
    client.close();
  }
  assert.equal(instance.connections.length, 0);
});

test('an absolute target is served in origin form, with the one Host that both agree on', async (context) => {
  const instance = await ScriptedInstance.start(
    context,
    answering((head) => okResponse(head.slice(0, head.indexOf('\r\nX-Forwarded')))),
  );
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  for (const [target, path] of [
    ['HTTP://A/x?y', '/x?y'],
    ['https://a', '/'],
    ['http://a?q', '/?q'],
    ['//b/x', '//b/x'],
  ]) {
    client.write(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    assert.equal((await client.response()).body, `GET ${path} HTTP/1.1\r\nHost: a`);
  }
  client.close();
});

test('a host filter serves one name alone, in any letter case and with any port', async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('shop')));
  const plane = await TestPlane.start(context, {
    slot: { instances: [instanceOf(instance)], hostFilter: 'shop.example' },
  });
  const client = await plane.connect();
  for (const [host, status] of [
    ['shop.example', 200],
    ['SHOP.example:8080', 200],
    ['shop.example.', 503],
    ['xshop.example', 503],
    ['shop.example.evil', 503],
    ['[::1]', 503],
  ] as const) {
    client.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.equal((await client.response()).status, status, host);
  }
  client.close();
});
