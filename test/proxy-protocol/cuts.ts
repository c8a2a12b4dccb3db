/** A connection may bring its first bytes in any pieces: wherever they are cut, the outcome is the one of the whole. */
import assert from 'node:assert/strict';
import { decodeHeader } from '../../src/proxy-protocol/decode.js';
import type { Decoded, HeaderProblem, ProxyHeader } from '../../src/proxy-protocol/header.js';

/** Decodes in the middle of a larger buffer, and tries every prefix on the way. Without a likely cause. */
export function decodeAtEveryCut(bytes: Buffer): Decoded {
  const whole = decodeWithin(bytes, bytes.length);
  const enough = whole.state === 'complete' ? whole.header.length : bytes.length;
  for (let length = 0; length < enough; length += 1) {
    const prefix = decodeWithin(bytes, length);
    if (prefix.state !== 'incomplete') assert.deepEqual(prefix, whole, `after ${length} bytes`);
    assert.notEqual(prefix.state, 'complete', `complete after ${length} bytes`);
  }
  for (let length = enough; length < bytes.length; length += 1) {
    assert.deepEqual(decodeWithin(bytes, length), whole, `with ${length - enough} bytes behind it`);
  }
  return whole;
}

function decodeWithin(bytes: Buffer, length: number): Decoded {
  // What stands around is what would change the outcome if it were looked at.
  const around = Buffer.concat([Buffer.from('PROXY '), bytes.subarray(0, length), Buffer.from(' 1\r\n\r\n')]);
  const decoded = decodeHeader(around, 6, 6 + length);
  return decoded.state === 'refused' ? { ...decoded, likelyCause: null } : decoded;
}

export function headerOf(bytes: Buffer): ProxyHeader {
  const decoded = decodeAtEveryCut(bytes);
  assert.equal(decoded.state, 'complete', `${bytes.toString('hex')}: ${JSON.stringify(decoded)}`);
  return (decoded as { readonly header: ProxyHeader }).header;
}

export function assertRefused(bytes: Buffer, problem: HeaderProblem, why: string): void {
  assert.deepEqual(decodeAtEveryCut(bytes), { state: 'refused', problem, likelyCause: null }, why);
}

export function assertIncomplete(bytes: Buffer, why: string): void {
  assert.deepEqual(decodeAtEveryCut(bytes), { state: 'incomplete' }, why);
}
