/** The hash of a signature is read from the DER of a certificate, whatever the lengths in it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { weakSignatureHashOf } from '../../../edge/certificates/signature-algorithm.js';

/** A DER element: tag, length in the short or the long form, content. */
function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const head = length < 0x80 ? [length] : [0x80 | bytes.length, ...bytes];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

/** RFC 5280, 4.1: what is signed, by what, the signature. */
function certificate(identifier: string, signedBytes: number): Buffer {
  const algorithm = element(0x30, Buffer.concat([element(0x06, Buffer.from(identifier, 'hex')), Buffer.from([5, 0])]));
  const signature = element(0x03, Buffer.alloc(64));
  return element(0x30, Buffer.concat([element(0x30, Buffer.alloc(signedBytes)), algorithm, signature]));
}

const WEAK: readonly [identifier: string, hash: string][] = [
  // 1.2.840.113549.1.1: md2, md5, sha1 with RSA.
  ['2a864886f70d010102', 'MD2'],
  ['2a864886f70d010104', 'MD5'],
  ['2a864886f70d010105', 'SHA-1'],
  // 1.3.14.3.2.29, sha1 with RSA as some wrote it; 1.2.840.10040.4.3, with DSA; 1.2.840.10045.4.1, with ECDSA.
  ['2b0e03021d', 'SHA-1'],
  ['2a8648ce380403', 'SHA-1'],
  ['2a8648ce3d0401', 'SHA-1'],
];
/** SHA-256 with RSA and with ECDSA, Ed25519. */
const STRONG = ['2a864886f70d01010b', '2a8648ce3d040302', '2b6570'];

test('weak hashes are named and strong ones are not, with lengths of one to three bytes', () => {
  for (const signedBytes of [0, 1, 0x7f - 30, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000]) {
    for (const [identifier, hash] of WEAK) {
      assert.equal(weakSignatureHashOf(certificate(identifier, signedBytes)), hash, `${identifier} ${signedBytes}`);
    }
    for (const identifier of STRONG) assert.equal(weakSignatureHashOf(certificate(identifier, signedBytes)), null);
  }
});
