/** The binary header of version 2: proxy-protocol.txt 2.2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from '../../src/proxy-protocol/crc32c.js';
import { MAX_V2_BYTES, NO_EXTRAS, V2_SIGNATURE } from '../../src/proxy-protocol/header.js';
import { assertIncomplete, assertRefused, headerOf } from './cuts.js';

const IPV4 = 'c0000201 c6336402 dc04 01bb';
const IPV6 = '20010db8000000000000000000000001 00000000000000000000000000000001 dc04 01bb';

/** A header from its hexadecimal parts, the length filled in unless it is given. */
function headerBytes(command: number, family: number, rest: string, length?: number): Buffer {
  const body = Buffer.from(rest.replaceAll(' ', ''), 'hex');
  const fixed = Buffer.from([command, family, 0, 0]);
  fixed.writeUInt16BE(length ?? body.length, 2);
  return Buffer.concat([V2_SIGNATURE, fixed, body]);
}

function tlv(type: number, value: string | Buffer): string {
  const bytes = Buffer.from(value);
  const length = bytes.length.toString(16).padStart(4, '0');
  return `${type.toString(16).padStart(2, '0')}${length}${bytes.toString('hex')}`;
}

const withTlvs = (...tlvs: readonly string[]): Buffer => headerBytes(0x21, 0x11, IPV4 + tlvs.join(''));

test('streams of IPv4 and IPv6', () => {
  const source = { address: '192.0.2.1', port: 56_324 };
  const destination = { address: '198.51.100.2', port: 443 };
  assert.deepEqual(headerOf(Buffer.concat([headerBytes(0x21, 0x11, IPV4), Buffer.from('rest')])), {
    version: 2,
    command: 'PROXY',
    length: 28,
    source,
    destination,
    extras: NO_EXTRAS,
  });
  const ipv6 = headerOf(headerBytes(0x21, 0x21, IPV6));
  assert.deepEqual([ipv6.length, ipv6.source], [52, { address: '2001:db8::1', port: 56_324 }]);
  assert.deepEqual(ipv6.destination, { address: '::1', port: 443 });
});

test('where the addresses of the connection itself are used', () => {
  const unix = '2f'.repeat(216);
  const cases: readonly (readonly [string, Buffer])[] = [
    ['UNSPEC', headerBytes(0x21, 0x00, '')],
    ['UNSPEC with whatever', headerBytes(0x21, 0x00, 'ffffff')],
    ['UDP4', headerBytes(0x21, 0x12, IPV4)],
    ['UDP6', headerBytes(0x21, 0x22, IPV6)],
    ['UNIX stream', headerBytes(0x21, 0x31, unix)],
    ['UNIX datagram', headerBytes(0x21, 0x32, unix)],
    ['LOCAL', headerBytes(0x20, 0x00, '')],
    ['LOCAL with addresses', headerBytes(0x20, 0x11, IPV4)],
    ['LOCAL with a block that is too short', headerBytes(0x20, 0x11, '00')],
    ['LOCAL with a family that is not assigned', headerBytes(0x20, 0xff, 'ffff')],
    ['LOCAL with a wrong checksum', headerBytes(0x20, 0x11, IPV4 + tlv(0x03, Buffer.alloc(4)))],
  ];
  for (const [name, bytes] of cases) {
    const header = headerOf(bytes);
    assert.deepEqual([header.length, header.source, header.destination], [bytes.length, null, null], name);
    assert.equal(header.command, name.startsWith('LOCAL') ? 'LOCAL' : 'PROXY', name);
  }
});

test('commands, versions, families that are not assigned', () => {
  for (const command of [0x11, 0x31, 0x01, 0xf1]) {
    assertRefused(headerBytes(command, 0x11, IPV4), 'VERSION_UNKNOWN', `command ${command}`);
  }
  for (const command of [0x22, 0x2f]) assertRefused(headerBytes(command, 0x11, IPV4), 'COMMAND_UNKNOWN', `${command}`);
  const valid = [0x00, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32];
  for (let family = 0; family < 256; family += 1) {
    if (!valid.includes(family)) assertRefused(headerBytes(0x21, family, IPV6), 'FAMILY_UNKNOWN', `family ${family}`);
  }
});

test('lengths', () => {
  for (const [family, block] of [
    [0x11, IPV4],
    [0x12, IPV4],
    [0x21, IPV6],
    [0x22, IPV6],
    [0x31, '00'.repeat(216)],
  ] as const) {
    const bytes = headerBytes(0x21, family, block.replaceAll(' ', '').slice(2));
    assertRefused(bytes, 'HEADER_TOO_SHORT', `one byte less for ${family}`);
  }
  assertRefused(headerBytes(0x21, 0x11, ''), 'HEADER_TOO_SHORT', 'nothing');
  assertIncomplete(headerBytes(0x21, 0x11, IPV4, 13), 'one byte is missing');
  assertIncomplete(headerBytes(0x20, 0x00, '', MAX_V2_BYTES - 16), 'as long as may be');
  assertRefused(headerBytes(0x20, 0x00, '', MAX_V2_BYTES - 15), 'HEADER_TOO_LONG', 'one byte more than may be');
  assertRefused(headerBytes(0x21, 0x11, IPV4, 0xffff), 'HEADER_TOO_LONG', 'as long as can be written');
});

test('TLVs that are understood, and those that are not', () => {
  const header = headerOf(
    withTlvs(
      tlv(0x01, 'h2'),
      tlv(0x02, 'shop.b\u00fccher.example'),
      tlv(0x04, 'padding'),
      tlv(0x05, Buffer.from([0, 255])),
      tlv(0x20, Buffer.from([0x01, 0, 0, 0, 0])),
      tlv(0xe0, Buffer.from([0, 1, 2, 3, 4, 5, 6, 7])),
      tlv(0xe0, 'autoproxy:a1'),
      tlv(0xea, Buffer.from('\x01vpce-1')),
      tlv(0x04, ''),
    ),
  );
  assert.deepEqual(header.extras, {
    alpn: 'h2',
    authority: 'shop.b\u00fccher.example',
    uniqueId: Buffer.from([0, 255]),
    bledBy: 'a1',
  });
});

test('a bleed mark that is not of ours is somebody else\u2019s TLV', () => {
  for (const value of ['', 'autoproxy:', 'autoproxy:a b', 'autoproxy:a\n', 'Autoproxy:a', 'a1']) {
    assert.equal(headerOf(withTlvs(tlv(0xe0, value))).extras.bledBy, null, value);
  }
});

test('TLVs that are broken', () => {
  assertRefused(withTlvs('05'), 'TLV_INVALID', 'a type alone');
  assertRefused(withTlvs('0500'), 'TLV_INVALID', 'half a length');
  assertRefused(withTlvs('050001'), 'TLV_INVALID', 'no value');
  assertRefused(withTlvs('05ffff00'), 'TLV_INVALID', 'a value beyond the header');
  assertRefused(withTlvs(tlv(0x04, 'a'), '000001'), 'TLV_INVALID', 'the last one is broken');
  assertRefused(withTlvs(tlv(0x05, Buffer.alloc(129))), 'TLV_INVALID', 'a unique id of 129 bytes');
  assertRefused(withTlvs(tlv(0x02, Buffer.from([0xc3]))), 'TLV_INVALID', 'an authority that is no UTF-8');
  assertRefused(withTlvs(tlv(0x02, 'a\r\nb')), 'TLV_INVALID', 'an authority with a line end');
  for (const type of [0x01, 0x02, 0x05]) {
    assertRefused(withTlvs(tlv(type, 'a'), tlv(type, 'b')), 'TLV_REPEATED', `type ${type} twice`);
  }
});

test('CRC32C', () => {
  // RFC 3720 B.4.
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43);
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);

  const bytes = withTlvs(tlv(0x03, Buffer.alloc(4)), tlv(0x02, 'a'));
  bytes.writeUInt32BE(crc32c(bytes), 28 + 3);
  assert.equal(headerOf(bytes).extras.authority, 'a');
  for (let index = 16; index < bytes.length; index += 1) {
    // Lengths and types aside: those give other problems.
    if ([28, 29, 30, 35, 36, 37].includes(index)) continue;
    const changed = Buffer.from(bytes);
    changed[index] = (changed[index] ?? 0) ^ 1;
    assertRefused(changed, 'CHECKSUM_INVALID', `byte ${index}`);
  }
  assertRefused(withTlvs(tlv(0x03, Buffer.alloc(3))), 'TLV_INVALID', 'three bytes');
  assertRefused(withTlvs(tlv(0x03, Buffer.alloc(5))), 'TLV_INVALID', 'five bytes');
});

test('the signature', () => {
  const bytes = headerBytes(0x21, 0x11, IPV4);
  for (let index = 0; index < V2_SIGNATURE.length; index += 1) {
    const changed = Buffer.from(bytes);
    changed[index] = (changed[index] ?? 0) ^ 1;
    assertRefused(changed, 'NOT_A_HEADER', `byte ${index}`);
  }
});
