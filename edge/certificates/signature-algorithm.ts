/** What a certificate is signed with: the DER of it says so (RFC 5280, 4.1), node:crypto does not on all versions. */

/** Object identifiers as their DER bytes in hex. Collisions can be made for these hashes, so nobody trusts them. */
const WEAK = new Map([
  ['2a864886f70d010102', 'MD2'],
  ['2a864886f70d010104', 'MD5'],
  ['2a864886f70d010105', 'SHA-1'],
  ['2b0e03021d', 'SHA-1'],
  ['2a8648ce380403', 'SHA-1'],
  ['2a8648ce3d0401', 'SHA-1'],
]);

/** @returns the name of the hash when it is a weak one, else null */
export function weakSignatureHashOf(der: Buffer): string | null {
  const certificate = elementAt(der, 0);
  const signed = elementAt(der, certificate.start);
  const algorithm = elementAt(der, signed.end);
  const identifier = elementAt(der, algorithm.start);
  return WEAK.get(der.subarray(identifier.start, identifier.end).toString('hex')) ?? null;
}

/** Where the content of a DER element lies; OpenSSL has read the whole already, so lengths are right. */
function elementAt(der: Buffer, at: number): { readonly start: number; readonly end: number } {
  const first = der[at + 1] ?? 0;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const start = at + 2 + lengthBytes;
  const length = lengthBytes === 0 ? first : der.readUIntBE(at + 2, lengthBytes);
  return { start, end: start + length };
}
