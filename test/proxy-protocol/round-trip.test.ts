/** What is written is read back as it was. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Endpoints, encodeV1, encodeV2 } from '../../src/proxy-protocol/encode.js';
import { type HeaderExtras, MAX_V1_BYTES, NO_EXTRAS } from '../../src/proxy-protocol/header.js';
import { SeededRandom } from '../support/seeded-random.js';
import { headerOf } from './cuts.js';

const endsOf = (source: string, destination: string): Endpoints => ({
  source: { address: source, port: 56_324 },
  destination: { address: destination, port: 443 },
});

test('version 1 in bytes', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['192.0.2.1', '198.51.100.2', 'TCP4 192.0.2.1 198.51.100.2'],
    ['2001:db8::1', '::1', 'TCP6 2001:db8::1 ::1'],
    ['::ffff:192.0.2.1', '198.51.100.2', 'TCP4 192.0.2.1 198.51.100.2'],
    ['192.0.2.1', '::1', 'TCP6 ::ffff:192.0.2.1 ::1'],
    ['fe80::1%eth0', 'fe80::2', 'TCP6 fe80::1 fe80::2'],
  ];
  for (const [source, destination, words] of cases) {
    assert.equal(encodeV1(endsOf(source, destination)).toString('latin1'), `PROXY ${words} 56324 443\r\n`);
  }
  assert.equal(encodeV1(null).toString('latin1'), 'PROXY UNKNOWN\r\n');
  assert.equal(encodeV1(endsOf('/run/a.sock', '192.0.2.1')).toString('latin1'), 'PROXY UNKNOWN\r\n');
});

test('version 2 in bytes', () => {
  assert.equal(
    encodeV2(endsOf('192.0.2.1', '198.51.100.2'), { extras: { bledBy: 'a1' } }).toString('hex'),
    `0d0a0d0a000d0a515549540a2111001bc0000201c6336402dc0401bbe0000c${Buffer.from('autoproxy:a1').toString('hex')}`,
  );
  assert.equal(encodeV2(null).toString('hex'), '0d0a0d0a000d0a515549540a20000000');
});

test('extras that are too long are refused where they are written', () => {
  const ends = endsOf('192.0.2.1', '198.51.100.2');
  const longest = encodeV2(ends, { extras: { authority: 'a'.repeat(4_065) } });
  assert.deepEqual([longest.length, headerOf(longest).length], [4_096, 4_096]);
  const tooLong = new RangeError('the PROXY header would be too long');
  for (const length of [4_066, 5_000, 70_000]) {
    assert.throws(() => encodeV2(ends, { extras: { authority: 'a'.repeat(length) } }), tooLong);
  }
  const tooLongId = new RangeError('a unique id has at most 128 bytes');
  assert.throws(() => encodeV2(ends, { extras: { uniqueId: Buffer.alloc(129) } }), tooLongId);
});

function randomAddress(random: SeededRandom, isWide: boolean): string {
  const part = (limit: number): number => (random.once(2) ? 0 : random.below(limit));
  if (!isWide) return Array.from({ length: 4 }, () => part(256)).join('.');
  // The host's own writing of it is the oracle of ours: the URL parser obeys RFC 5952.
  const groups = Array.from({ length: 8 }, (_, index) => (index === 0 ? 0x2001 : part(65_536)).toString(16));
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}

test('random ends and extras, both versions', () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = new SeededRandom(seed);
    const isWide = random.once(2);
    const endpoint = () => ({ address: randomAddress(random, isWide), port: random.below(65_536) });
    const ends = { source: endpoint(), destination: endpoint() };
    const extras: HeaderExtras = {
      alpn: random.once(2) ? 'http/1.1' : null,
      authority: random.once(2) ? 'shop.example' : null,
      uniqueId: random.once(2) ? Buffer.alloc(random.below(129), seed) : null,
      bledBy: random.once(2) ? `node-${seed}` : null,
    };
    const v1 = encodeV1(ends);
    assert.ok(v1.length <= MAX_V1_BYTES);
    const read1 = headerOf(Buffer.concat([v1, Buffer.from('x')]));
    assert.deepEqual(
      read1,
      { version: 1, command: 'PROXY', length: v1.length, ...ends, extras: NO_EXTRAS },
      `seed ${seed}`,
    );
    const v2 = encodeV2(ends, { extras, hasChecksum: random.once(2) });
    const read2 = headerOf(Buffer.concat([v2, Buffer.from('x')]));
    assert.deepEqual(read2, { version: 2, command: 'PROXY', length: v2.length, ...ends, extras }, `seed ${seed}`);
  }
});
