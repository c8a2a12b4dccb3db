import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInstanceAddress } from '../../src/model/address.js';

const GOOD: readonly (readonly [text: string, id: string])[] = [
  ['172.17.0.2:8080', '172.17.0.2:8080'],
  ['127.0.0.1:1', '127.0.0.1:1'],
  ['127.0.0.1:65535', '127.0.0.1:65535'],
  ['[::1]:80', '[::1]:80'],
  ['[FD00:0:0::0002]:80', '[fd00::2]:80'],
];

test('an address has one spelling', () => {
  for (const [text, id] of GOOD) {
    const parsed = parseInstanceAddress(text);
    assert.ok('id' in parsed, text);
    assert.equal(parsed.id, id);
  }
});

test('an IPv4 address in IPv6 clothes is the IPv4 address', () => {
  const parsed = parseInstanceAddress('[::ffff:192.168.1.1]:80');
  assert.deepEqual(parsed, { id: '192.168.1.1:80', host: '192.168.1.1', port: 80 });
});

const BAD: readonly (readonly [text: string, hint: RegExp])[] = [
  ['web:8080', /names are not resolved/],
  ['web.internal', /names are not resolved/],
  ['172.17.0.2', /write ip:port/],
  ['172.17.0.2:', /write ip:port/],
  ['172.17.0.2:0', /write ip:port/],
  ['172.17.0.2:65536', /write ip:port/],
  ['172.17.0.2:080', /write ip:port/],
  ['172.17.0.2:80 ', /write ip:port/],
  ['172.17.0.256:80', /write ip:port/],
  ['172.17.0.02:80', /write ip:port/],
  ['fd00::1:80', /write "\[fd00::1\]:80"/],
  ['[172.17.0.2]:80', /write ip:port/],
  ['[fe80::1%eth0]:80', /write ip:port/],
  ['0.0.0.0:80', /the address that the instance listens on/],
  ['[::]:80', /the address that the instance listens on/],
  ['http://172.17.0.2:80', /write ip:port/],
  ['', /write ip:port/],
];

test('anything else is refused with what to write instead', () => {
  for (const [text, hint] of BAD) {
    const parsed = parseInstanceAddress(text);
    assert.ok('hint' in parsed, text);
    assert.match(parsed.hint, hint, text);
  }
});
