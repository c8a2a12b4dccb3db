/** The line of version 1: proxy-protocol.txt 2.1. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_V1_BYTES, NO_EXTRAS } from '../../src/proxy-protocol/header.js';
import { assertIncomplete, assertRefused, headerOf } from './cuts.js';

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

test('TCP4', () => {
  const line = 'PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n';
  assert.deepEqual(headerOf(bytesOf(`${line}GET / HTTP/1.1\r\n`)), {
    version: 1,
    command: 'PROXY',
    length: line.length,
    source: { address: '192.0.2.1', port: 56_324 },
    destination: { address: '198.51.100.2', port: 443 },
    extras: NO_EXTRAS,
  });
});

test('addresses and ports at their limits', () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ['TCP4 0.0.0.0 255.255.255.255 0 65535', '0.0.0.0', 0],
    ['TCP6 2001:DB8::1 ::1 1 2', '2001:db8::1', 1],
    ['TCP6 :: 2001:db8:0:0:1:0:0:1 1 2', '::', 1],
    ['TCP6 1:0002:0003:4:5:6:7:8 ::1 1 2', '1:2:3:4:5:6:7:8', 1],
    // How inet_ntop, and so HAProxy, writes an IPv4 address among IPv6 ones.
    ['TCP6 ::ffff:192.0.2.1 ::1 1 2', '192.0.2.1', 1],
    ['TCP6 ::FFFF:c000:201 ::1 1 2', '192.0.2.1', 1],
  ];
  for (const [words, address, port] of cases) {
    assert.deepEqual(headerOf(bytesOf(`PROXY ${words}\r\n`)).source, { address, port }, words);
  }
});

test('UNKNOWN: everything up to CR LF is ignored', () => {
  const longest = `PROXY UNKNOWN ${'f'.repeat(MAX_V1_BYTES - 16)}\r\n`;
  for (const line of ['PROXY UNKNOWN\r\n', 'PROXY UNKNOWN \r\n', 'PROXY UNKNOWN a\nb\rc TCP4\r\n', longest]) {
    const header = headerOf(bytesOf(`${line}x`));
    assert.deepEqual([header.length, header.source, header.destination], [line.length, null, null], line);
  }
});

test('the longest line is 107 bytes', () => {
  const ipv6 = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff1';
  assert.equal(headerOf(bytesOf(`PROXY TCP6 ${ipv6} ${ipv6} 65535 65535\r\n`)).source?.address, ipv6);
  assertRefused(bytesOf(`PROXY UNKNOWN ${'f'.repeat(MAX_V1_BYTES - 15)}\r\n`), 'LINE_TOO_LONG', '108 bytes');
  assertRefused(bytesOf(`PROXY TCP4 ${'1'.repeat(200)}`), 'LINE_TOO_LONG', 'no end');
  assertIncomplete(bytesOf(`PROXY UNKNOWN ${'f'.repeat(MAX_V1_BYTES - 16)}\r`), 'CR at the end of 106 bytes');
});

test('what the text does not allow', () => {
  const refusals: readonly (readonly [string, Parameters<typeof assertRefused>[1]])[] = [
    ['TCP5 1.1.1.1 2.2.2.2 1 2\r\n', 'PROTOCOL_UNKNOWN'],
    ['UDP4 1.1.1.1 2.2.2.2 1 2\r\n', 'PROTOCOL_UNKNOWN'],
    ['tcp4 1.1.1.1 2.2.2.2 1 2\r\n', 'PROTOCOL_UNKNOWN'],
    [' TCP4 1.1.1.1 2.2.2.2 1 2\r\n', 'PROTOCOL_UNKNOWN'],
    ['UNKNOWNX\r\n', 'PROTOCOL_UNKNOWN'],
    // UNKNOWN in another place than that of the protocol.
    ['TCP4 PROXY UNKNOWN 1 2\r\n', 'ADDRESS_INVALID'],
    ['UNKNOWN\rX\r\n', 'LINE_INVALID'],
    ['UNKNOWN\n', 'LINE_INVALID'],
    ['\r\n', 'PROTOCOL_UNKNOWN'],
    ['TCP4\r\n', 'LINE_INVALID'],
    ['TCP4 1.1.1.1 2.2.2.2 1\r\n', 'LINE_INVALID'],
    ['TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n', 'LINE_INVALID'],
    ['TCP4 1.1.1.1 2.2.2.2 1 2 \r\n', 'LINE_INVALID'],
    ['TCP4 1.1.1.1  2.2.2.2 1 2\r\n', 'LINE_INVALID'],
    ['TCP4 1.1.1.1\t2.2.2.2 1 2\r\n', 'LINE_INVALID'],
    ['TCP4 1.1.1.1 2.2.2.2 1 2\n', 'LINE_INVALID'],
    ['TCP4 1.1.1.1 2.2.2.2 1 2\nX\r\n', 'LINE_INVALID'],
    ['TCP4 1.1.1.1 2.2.2.2 1 2\r\r\n', 'PORT_INVALID'],
    ['TCP4 1.1.1.1 2.2.2.2 1 2\0\r\n', 'PORT_INVALID'],
    ['TCP4 1.1.1 2.2.2.2 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP4 1.1.1.1.1 2.2.2.2 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP4 1.1.1.256 2.2.2.2 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP4 01.1.1.1 2.2.2.2 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP4 1.1.1.1 2.2.2.00 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP4 0x1.1.1.1 2.2.2.2 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP4 ::1 2.2.2.2 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP4 1.1.1.1 ::2 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP4 ::ffff:1.1.1.1 2.2.2.2 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP4 localhost 2.2.2.2 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP6 1.1.1.1 ::2 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP6 ::1 2.2.2.2 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP6 ::1::2 ::2 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP6 1:2:3:4:5:6:7 ::2 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP6 1:2:3:4:5:6:7:8:9 ::2 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP6 12345::1 ::2 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP6 [::1] ::2 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP6 fe80::1%eth0 ::2 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP6 64:ff9b::1.1.1.1 ::2 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP6 g::1 ::2 1 2\r\n', 'ADDRESS_INVALID'],
    ['TCP4 1.1.1.1 2.2.2.2 65536 2\r\n', 'PORT_INVALID'],
    ['TCP4 1.1.1.1 2.2.2.2 1 99999\r\n', 'PORT_INVALID'],
    ['TCP4 1.1.1.1 2.2.2.2 01 2\r\n', 'PORT_INVALID'],
    ['TCP4 1.1.1.1 2.2.2.2 00 2\r\n', 'PORT_INVALID'],
    ['TCP4 1.1.1.1 2.2.2.2 +1 2\r\n', 'PORT_INVALID'],
    ['TCP4 1.1.1.1 2.2.2.2 -1 2\r\n', 'PORT_INVALID'],
    ['TCP4 1.1.1.1 2.2.2.2 1e1 2\r\n', 'PORT_INVALID'],
    ['TCP4 1.1.1.1 2.2.2.2 0x1 2\r\n', 'PORT_INVALID'],
    ['TCP4 1.1.1.1 2.2.2.2 1 \r\n', 'PORT_INVALID'],
  ];
  for (const [rest, problem] of refusals) assertRefused(bytesOf(`PROXY ${rest}`), problem, JSON.stringify(rest));
});
