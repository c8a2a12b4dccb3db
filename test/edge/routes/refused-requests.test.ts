/** Requests that the front door answers with 400 whatever the routes are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalOfRequest } from '../../../edge/routes/refused-requests.js';

const LABEL_63 = 'a'.repeat(63);
/** 253 characters. */
const LONGEST = `${LABEL_63}.${LABEL_63}.${LABEL_63}.${'a'.repeat(61)}`;

test('a host is labels with single dots between, 253 characters at most', () => {
  for (const host of ['a', '0', '_dmarc.example', 'a-b_c.example', '192.0.2.1', LABEL_63, LONGEST]) {
    assert.equal(refusalOfRequest(host, '/'), null, host);
  }
  const bad = ['', 'A', 'a.', '.a', 'a..b', '-a', 'a-', 'a-.b', 'a b', 'a/b', 'a:80', '[::1]', 'é', '*.a', 'a\n'];
  for (const host of [...bad, `${LABEL_63}a`, `${LONGEST}a`]) {
    assert.equal(refusalOfRequest(host, '/'), 'the host is not a host name', host);
  }
});

test('a path may hold no byte that readers take differently, encoded or not', () => {
  const reason = 'the path has a character that no path may have, an encoded slash, or a % that encodes nothing';
  for (const path of ['/', '/a%20b', '/~!', '/%80', '/%FF', '/a..b', '/a;b', '/\x21', '/%41']) {
    assert.equal(refusalOfRequest('a', path), null, path);
  }
  const encoded = ['%00', '%1f', '%1F', '%0a', '%7f', '%7F', '%2f', '%2F', '%5c', '%5C'];
  const bare = ['\0', '\n', ' ', '\x1f', '\x7f', '\\', '\x80', 'é', '%', '%2', '%g0', '%0g', '%%41'];
  for (const text of [...encoded, ...bare]) {
    for (const path of [`/${text}`, `/a${text}x`])
      assert.equal(refusalOfRequest('a', path), reason, JSON.stringify(path));
  }
});

test('a dot segment is refused, however it is written', () => {
  for (const path of [
    '/.',
    '/..',
    '/a/../b',
    '/./a',
    '/a/..;x',
    '/%2e',
    '/%2E%2e/a',
    '/a/.%2E',
    '/.%2e;/',
    '..',
    '.',
  ]) {
    assert.equal(refusalOfRequest('a', path), 'the path has a dot segment', path);
  }
  for (const path of ['/...', '/.a', '/a.', '/..a', '/a../b', '/a;..', '/a%2e', '/%2ea']) {
    assert.equal(refusalOfRequest('a', path), null, path);
  }
});
