/** Paths of routes: no spelling that one reader decodes or cleans and another does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRefusal } from '../../src/core/refusal.js';
import { parsePathExact, parsePathPrefix, parsePathRegex } from '../../src/documents/route-path.js';

test('a prefix is of whole segments, so its last slash says nothing; an exact path keeps it', () => {
  assert.deepEqual(parsePathPrefix('/checkout/'), { kind: 'prefix', path: '/checkout' });
  assert.deepEqual(parsePathPrefix('/'), { kind: 'prefix', path: '/' });
  assert.deepEqual(parsePathExact('/checkout/'), { kind: 'exact', path: '/checkout/' });
});

test('what may stand in a path', () => {
  for (const path of ['/a%20b', '/%C3%A9', '/..a', '/a.b', '/~x(1)!$&+,:@=', '/.well-known/x']) {
    assert.deepEqual(parsePathExact(path), { kind: 'exact', path });
  }
});

const BAD: readonly (readonly [path: string, why: RegExp])[] = [
  ['checkout', /begin with/],
  ['', /begin with/],
  ['/a b', /ASCII/],
  ['/a\tb', /ASCII/],
  ['/a\r\nuse_backend x', /ASCII/],
  ['/\0', /ASCII/],
  ['/é', /ASCII/],
  ['/a"b', /quote/],
  ["/a'b", /quote/],
  ['/a\\b', /quote/],
  ['/a#b', /quote/],
  ['/a?b=c', /quote/],
  ['/a%2fb', /%2f/],
  ['/a%5Cb', /%5C/],
  ['/%2E%2E/b', /%2E/],
  ['/%61dmin', /has %61 in it; write a:/],
  ['/a%2eb', /has %2e in it; write \.:/],
  ['/%c3%A9', /has %c3 in it; write %C3:/],
  ['/%40me', /has %40 in it; write @:/],
  ['/a%3Bb', /has "%3B".*without their parameters/],
  ['/a;v=1', /has ";".*without their parameters/],
  ['/api/*', /"\*".*path: \/api takes all/],
  ['/*', /"\*".*path: \/ takes all/],
  ['/api*', /"\*".*path: \/api takes all/],
  ['/a/*/b', /"\*".*path_regex/],
  ['/a%2A', /has %2A in it; write \*/],
  ['/a%00', /%00/],
  ['/a%0a', /%0a/],
  ['/100%', /without two hex digits/],
  ['/a%zz', /without two hex digits/],
  ['/a/../b', /dot segment/],
  ['/a/..', /dot segment/],
  ['/./a', /dot segment/],
  ['/a/..;x/b', /dot segment/],
  ['//a', /slashes/],
  ['/a//b', /slashes/],
  ['//', /slashes/],
];

for (const [path, why] of BAD) {
  test(`${JSON.stringify(path)} is not a path`, () => {
    for (const parse of [parsePathPrefix, parsePathExact]) {
      const read = parse(path);
      assert.ok(isRefusal(read), `taken as ${JSON.stringify(read)}`);
      assert.match(`${read.message}; ${read.hint}`, why);
    }
  });
}

test('an expression begins with a slash, or matches nothing', () => {
  assert.deepEqual(parsePathRegex('^/u/[0-9]+$'), { kind: 'regex', pattern: '/u/[0-9]+' });
  assert.ok(isRefusal(parsePathRegex('u/[0-9]+')));
});

test('an expression is for the spelling that requests are brought to', () => {
  for (const [pattern, why] of [
    ['^/%61dmin$', /has %61 in it; write a:/],
    ['^/caf%c3%A9/.*$', /has %c3 in it; write %C3:/],
    ['^/a;v=[0-9]+$', /has ";"/],
    ['^/a//b$', /two slashes/],
    ['^/a\\/\\/b$', /two slashes/],
    ['^/x%2Fy$', /has %2F in it; leave it out/],
  ] as const) {
    const read = parsePathRegex(pattern);
    assert.ok(isRefusal(read), pattern);
    assert.match(`${read.message}; ${read.hint}`, why);
  }
  for (const pattern of ['/caf%C3%A9/[^;/]+', '/%[0-9A-F][0-9A-F]/.*', '/@me/.*'])
    assert.deepEqual(parsePathRegex(`^${pattern}$`), { kind: 'regex', pattern });
});
