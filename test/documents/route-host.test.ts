/** Hosts of routes: one spelling, no address, no way out of one's own domain. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRefusal } from '../../src/core/refusal.js';
import { parseHostRegex, parseRouteHost } from '../../src/documents/route-host.js';

test('upper case and a dot at the end are brought to the one spelling', () => {
  assert.deepEqual(parseRouteHost('WWW.One.Example.'), { kind: 'exact', host: 'www.one.example' });
  assert.deepEqual(parseRouteHost('*.Shop.one.example'), { kind: 'wildcard', suffix: 'shop.one.example' });
});

test('A-labels and underscores are labels', () => {
  for (const host of ['xn--bcher-kva.example', 'r3---sn.example', 'my_app.one.example', 'localhost']) {
    assert.deepEqual(parseRouteHost(host), { kind: 'exact', host });
  }
});

const BAD: readonly (readonly [host: string, why: RegExp])[] = [
  ['', /characters/],
  ['.', /characters/],
  ['*.', /characters/],
  ['*', /"\*"/],
  ['a.*.example', /"\*"/],
  ['*a.example', /"\*"/],
  ['*.*.example', /"\*"/],
  ['a..example', /host name/],
  ['.one.example', /host name/],
  ['one.example..', /host name/],
  ['-a.example', /host name/],
  ['a-.example', /host name/],
  [`${'a'.repeat(64)}.example`, /host name/],
  [`${'a.'.repeat(130)}example`, /characters/],
  ['one.example ', /host name/],
  ['one.example\nbind 0.0.0.0', /host name/],
  ['-m reg .*', /"\*"/],
  ['one.example:80', /port/],
  ['user@one.example', /more than a host/],
  ['http://one.example', /more than a host/],
  ['one.example/path', /more than a host/],
  ['1.2.3.4', /address/],
  ['0x7f.1', /address/],
  ['127.1', /address/],
  ['2130706433', /address/],
  ['a.0x1', /address/],
  ['*.0.0.1', /address/],
  ['::1', /port|address/],
  ['[::1]', /address/],
  ['bücher.example', /ASCII/],
  ['one。example', /ASCII/],
  ['xn--a.example', /xn--/],
  ['%{+Q}o.example', /host name/],
];

for (const [host, why] of BAD) {
  test(`${JSON.stringify(host.slice(0, 40))} is not a host`, () => {
    const read = parseRouteHost(host);
    assert.ok(isRefusal(read), `taken as ${JSON.stringify(read)}`);
    assert.match(`${read.message}; ${read.hint}`, why);
  });
}

test('a name in letters of others is answered with its A-labels', () => {
  const read = parseRouteHost('bücher.example');
  assert.ok(isRefusal(read));
  assert.match(read.hint, /xn--bcher-kva\.example/);
});

test('an expression ends in a domain that is written out', () => {
  assert.deepEqual(parseHostRegex('^s-[0-9]+\\.one\\.example$'), {
    kind: 'regex',
    pattern: 's-[0-9]+\\.one\\.example',
  });
  for (const pattern of [
    '.*',
    'one\\.example.*',
    's-[0-9]+\\.(one|two)',
    'a|b\\.one\\.example',
    'S-[0-9]+\\.example',
  ]) {
    assert.ok(isRefusal(parseHostRegex(pattern)), pattern);
  }
});
