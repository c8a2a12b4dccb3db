/** Whatever is written is read back, however it is cut; and whatever is read is read in one way, however it is cut. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeV1, encodeV2 } from '../../src/proxy-protocol/encode.js';
import { NO_EXTRAS } from '../../src/proxy-protocol/header.js';
import { holds } from '../support/properties.js';
import { decodeAtEveryCut } from './cuts.js';

const port = fc.nat({ max: 65_535 });
/** As the URL parser writes it, which obeys RFC 5952; an address that is mapped from IPv4 is written as that. */
const wide = fc
  .array(fc.oneof(fc.constant(0), fc.nat({ max: 65_535 })), { minLength: 8, maxLength: 8 })
  .filter((groups) => groups.slice(0, 5).some((group) => group !== 0))
  .map((groups) => new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]/`).hostname.slice(1, -1));
const PLAIN = { noNullPrototype: true };
const endpointOf = (address: fc.Arbitrary<string>) => fc.record({ address, port }, PLAIN);
const endsOf = (address: fc.Arbitrary<string>) =>
  fc.record({ source: endpointOf(address), destination: endpointOf(address) }, PLAIN);
const ends = fc.oneof(endsOf(fc.ipV4()), endsOf(wide));
const printable = (maxLength: number) =>
  fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength,
  });
const extras = fc.record(
  {
    alpn: fc.option(printable(20)),
    authority: fc.option(printable(255)),
    uniqueId: fc.option(fc.uint8Array({ maxLength: 128 }).map((bytes) => Buffer.from(bytes))),
    bledBy: fc.option(printable(200)),
  },
  PLAIN,
);
const rest = fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes));

test('version 1, there and back, with anything behind it', () =>
  holds(
    fc.property(ends, rest, (endpoints, behind) => {
      const written = encodeV1(endpoints);
      const header = { version: 1, command: 'PROXY', length: written.length, ...endpoints, extras: NO_EXTRAS };
      assert.deepEqual(decodeAtEveryCut(Buffer.concat([written, behind])), { state: 'complete', header });
    }),
    300,
  ));

test('version 2, there and back, with anything behind it', () =>
  holds(
    fc.property(ends, extras, fc.boolean(), rest, (endpoints, more, hasChecksum, behind) => {
      const written = encodeV2(endpoints, { extras: more, hasChecksum });
      const header = { version: 2, command: 'PROXY', length: written.length, ...endpoints, extras: more };
      assert.deepEqual(decodeAtEveryCut(Buffer.concat([written, behind])), { state: 'complete', header });
    }),
    200,
  ));

test('a checksum finds each byte that was changed', () =>
  holds(
    fc.property(ends, extras, fc.nat(), fc.integer({ min: 1, max: 255 }), (endpoints, more, place, change) => {
      const bytes = encodeV2(endpoints, { extras: more, hasChecksum: true });
      // Behind the length, so that it is still a header of that length.
      const index = 16 + (place % (bytes.length - 16));
      bytes.writeUInt8(bytes.readUInt8(index) ^ change, index);
      const { state } = decodeAtEveryCut(bytes);
      // A type or length of a TLV that was changed may hide the checksum itself, or point behind the header.
      const tlvsAt = 16 + (endpoints.source.address.includes(':') ? 36 : 12);
      if (index < tlvsAt) assert.equal(state, 'refused');
    }),
    300,
  ));

test('any bytes have one meaning, wherever they are cut', () => {
  const beginnings = fc.constantFrom(
    'PROXY ',
    'PROXY TCP4 ',
    'PROXY TCP6 ',
    '\r\n\r\n\0\r\nQUIT\n',
    '\r\n\r\n\0\r\nQUIT\n\x21\x11',
  );
  const bytes = fc.tuple(beginnings, fc.uint8Array({ maxLength: 120 }));
  return holds(
    fc.property(bytes, ([beginning, more]) => {
      decodeAtEveryCut(Buffer.concat([Buffer.from(beginning, 'latin1'), Buffer.from(more)]));
    }),
    400,
  );
});
