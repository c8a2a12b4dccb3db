/** What a proxy has to know of a request's meaning. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agreesToSwitch, hostWithoutPort, isIdempotent, isOriginForm } from '../../src/http1/semantics.js';

test('methods that may be sent twice are those of RFC 9110 9.2.2, in their own case', () => {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']) assert.ok(isIdempotent(method), method);
  for (const method of ['POST', 'PATCH', 'CONNECT', 'get', 'PROPFIND', '']) assert.ok(!isIdempotent(method), method);
});

test('a host is compared without its port and in lower case', () => {
  const rows: readonly [field: string, host: string][] = [
    ['Shop.Example', 'shop.example'],
    ['Shop.Example:8080', 'shop.example'],
    ['a:', 'a'],
    ['192.0.2.1:80', '192.0.2.1'],
    ['[2001:DB8::1]', '[2001:db8::1]'],
    ['[2001:DB8::1]:80', '[2001:db8::1]'],
    ['', ''],
  ];
  for (const [field, host] of rows) assert.equal(hostWithoutPort(field), host, field);
});

test('a 101 agrees when it names the protocol that was asked for, in any case', () => {
  assert.ok(agreesToSwitch('websocket', 'WebSocket'));
  assert.ok(agreesToSwitch('WebSocket', 'websocket'));
  for (const [wanted, offered] of [
    ['websocket', 'h2c'],
    ['websocket', ''],
    ['', ''],
    ['', 'websocket'],
  ] as const) {
    assert.ok(!agreesToSwitch(wanted, offered), `${wanted} ${offered}`);
  }
});

test('a path begins with a slash and holds what may stand in a request line', () => {
  for (const path of ['/', '/a?b=c', '/~|{}', '//']) assert.ok(isOriginForm(path), path);
  for (const path of ['', 'a', '*', 'http://a/', '/a b', '/a#b', '/\x7f', '/é', ' /', '/a\n']) {
    assert.ok(!isOriginForm(path), JSON.stringify(path));
  }
});
