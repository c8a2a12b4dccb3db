/**
 * Wounded headers: no exception, nothing read beyond the span, and nothing accepted that the text refuses. The last is
 * judged by a second reading of the text, written here as patterns over the whole header.
 */
import assert from 'node:assert/strict';
import { isIPv4, isIPv6 } from 'node:net';
import { test } from 'node:test';
import { decodeHeader } from '../../src/proxy-protocol/decode.js';
import { encodeV1, encodeV2 } from '../../src/proxy-protocol/encode.js';
import { MAX_V2_BYTES, type ProxyHeader } from '../../src/proxy-protocol/header.js';
import { SeededRandom } from '../support/seeded-random.js';

const FIRST_SEED = Number(process.env.FUZZ_SEED ?? 1);
const CASES = Number(process.env.FUZZ_CASES ?? 30_000);
const PIECES = [
  '\r\n',
  '\n',
  '\r',
  ' ',
  '\0',
  '0',
  '65536',
  'TCP4',
  'TCP6',
  'UNKNOWN',
  '::',
  ':',
  '.',
  '::ffff:1.2.3.4',
  'PROXY ',
];

function wounded(random: SeededRandom): Buffer {
  const isWide = random.once(2);
  const ends = {
    source: { address: isWide ? '2001:db8::1' : '192.0.2.1', port: random.below(65_536) },
    destination: { address: isWide ? '::1' : '198.51.100.2', port: 443 },
  };
  const extras = { alpn: 'h2', authority: 'a.example', uniqueId: Buffer.from('id'), bledBy: 'a1' };
  const options = random.once(2) ? {} : { extras, hasChecksum: random.once(4) };
  let text = (random.once(2) ? encodeV1(ends) : encodeV2(ends, options)).toString('latin1');
  for (let wounds = random.below(4); wounds > 0; wounds -= 1) {
    // Mostly behind the signature: everything before it is one and the same refusal.
    const at = random.once(8) ? random.below(text.length) : 6 + random.below(text.length);
    const piece = random.once(2) ? random.pick(PIECES) : String.fromCharCode(random.below(random.once(2) ? 256 : 4));
    text = text.slice(0, at) + piece + text.slice(at + random.below(3));
  }
  return Buffer.from(random.once(2) ? text : `${text}GET / HTTP/1.1\r\n`, 'latin1');
}

function assertAllowed(bytes: Buffer, header: ProxyHeader): void {
  const own = bytes.subarray(0, header.length);
  assert.equal(own.length, header.length);
  if (header.version === 1) {
    const line = own.toString('latin1');
    assert.ok(line.length <= 107 && line.indexOf('\r\n') === line.length - 2);
    const match = /^PROXY (TCP4|TCP6) (\S+) (\S+) (\d+) (\d+)\r\n$/.exec(line);
    if (match === null) {
      assert.match(line, /^PROXY UNKNOWN(?: .*)?\r\n$/s);
      return;
    }
    const [, protocol, source = '', destination = '', ...ports] = match;
    const isAddress = protocol === 'TCP4' ? isIPv4 : isIPv6;
    assert.ok(isAddress(source) && isAddress(destination));
    for (const port of ports) assert.ok(String(Number(port)) === port && Number(port) <= 65_535);
    return;
  }
  assert.equal(own.subarray(0, 12).toString('latin1'), '\r\n\r\n\0\r\nQUIT\n');
  assert.ok(own[12] === (header.command === 'PROXY' ? 0x21 : 0x20));
  assert.equal(own.readUInt16BE(14) + 16, header.length);
  assert.ok(header.length <= MAX_V2_BYTES);
  if (header.command === 'LOCAL') return;
  const sizes = new Map([
    [0, 0],
    [0x11, 12],
    [0x12, 12],
    [0x21, 36],
    [0x22, 36],
    [0x31, 216],
    [0x32, 216],
  ]);
  let position = 16 + (sizes.get(own[13] ?? -1) ?? Number.NaN);
  assert.ok(position <= own.length, 'room for the addresses of a family that is assigned');
  if (own[13] === 0) return;
  while (position < own.length) position += 3 + own.readUInt16BE(position + 1);
  assert.equal(position, own.length, 'the TLVs fill the header');
}

test('wounded headers', () => {
  const counts = { complete: 0, refused: 0, incomplete: 0 };
  for (let seed = FIRST_SEED; seed < FIRST_SEED + CASES; seed += 1) {
    const random = new SeededRandom(seed);
    const bytes = wounded(random);
    const where = `seed ${seed}: ${bytes.toString('hex')}`;
    const decoded = decodeHeader(bytes, 0, bytes.length);
    counts[decoded.state] += 1;
    if (decoded.state === 'complete') {
      assert.doesNotThrow(() => assertAllowed(bytes, decoded.header), where);
      const alone = decodeHeader(bytes, 0, decoded.header.length);
      assert.deepEqual(alone, decoded, `the header alone says the same: ${where}`);
    }
    // The same span between other bytes: what is behind it must not be read.
    const within = Buffer.concat([Buffer.from('\xff\0'), bytes, Buffer.from('\r\n\0\xff 1 2\r\n')]);
    assert.deepEqual(decodeHeader(within, 3, 3 + bytes.length), decoded, where);
    const cut = random.below(bytes.length);
    const prefix = decodeHeader(bytes, 0, cut);
    if (prefix.state === 'complete') assert.deepEqual(prefix, decoded, where);
    if (prefix.state === 'refused') assert.ok(decoded.state === 'refused' && decoded.problem === prefix.problem, where);
  }
  for (const [state, count] of Object.entries(counts)) assert.ok(count > CASES / 50, `${count} ${state} of ${CASES}`);
});
