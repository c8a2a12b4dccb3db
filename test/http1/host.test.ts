/** Hosts as RFC 9110 7.2 has them, and when two authorities are the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasSameAuthority, isHost } from '../../src/http1/host.js';

test('names and addresses, with a port or none', () => {
  const good = ['a', 'shop.example', 'a_b-c.', '192.0.2.1', '[::1]', '[2001:DB8::192.0.2.1]', 'x'.repeat(255)];
  for (const host of good) assert.ok(isHost(host), host);
  for (const host of good.slice(0, -1)) {
    for (const port of [':', ':0', ':80', ':65535', ':00080']) assert.ok(isHost(host + port), host + port);
    for (const port of [':65536', ':99999', ':000080', ':-1', ':8a', ':/', ':8:0', '::', ' ', '@', '/']) {
      assert.ok(!isHost(host + port), host + port);
    }
  }
});

test('text that does not form a host is refused', () => {
  const bad = ['', 'x'.repeat(256), ':80', '::1', '[]', '[1]', '[::1', '::1]', '[::g]', '[::1]a', 'a[::1]', '[[::1]]'];
  for (const host of [...bad, 'a b', 'a\tb', 'ä', 'a@b', 'http://a', '[::1%25lo]', ' a', 'a ', '[::1] ']) {
    assert.ok(!isHost(host), host);
  }
});

test('an authority without a port has that of the scheme', () => {
  const rows: readonly [scheme: string, authority: string, host: string, isSame: boolean][] = [
    ['http', 'A.example', 'a.EXAMPLE', true],
    ['http', 'a', 'a:80', true],
    ['http', 'a:', 'a', true],
    ['http', 'a:080', 'a', true],
    ['http', 'a', 'a:443', false],
    ['https', 'a', 'a:443', true],
    ['https', 'a:80', 'a', false],
    ['http', 'a', 'b', false],
    ['http', 'a:81', 'a:82', false],
    ['http', '[::1]:80', '[::1]', true],
    ['http', '[::1]', '[::2]', false],
  ];
  for (const [scheme, authority, host, isSame] of rows) {
    assert.equal(hasSameAuthority(scheme, authority, host), isSame, `${scheme} ${authority} ${host}`);
    assert.equal(hasSameAuthority(scheme, host, authority), isSame, `${scheme} ${host} ${authority}`);
  }
});
