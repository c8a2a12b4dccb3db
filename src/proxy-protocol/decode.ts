import { type Decoded, HEADER_INCOMPLETE, refused, V1_START, V2_SIGNATURE } from './header.js';
import { parseV1 } from './parse-v1.js';
import { parseV2 } from './parse-v2.js';

/**
 * Reads the PROXY header, of either version, at the beginning of a connection.
 *
 *   incomplete ──more bytes──► incomplete | complete | refused
 *
 * To be called with all bytes so far, again whenever some have come; at most MAX_V2_BYTES are ever waited for. Whether
 * the sender may send one at all is decided before, by its address (proxy-protocol.txt 2: never guess).
 */
export function decodeHeader(bytes: Buffer, start: number, end: number): Decoded {
  if (start === end) return HEADER_INCOMPLETE;
  const isText = bytes[start] === V1_START[0];
  const signature = isText ? V1_START : V2_SIGNATURE;
  const compared = Math.min(signature.length, end - start);
  if (signature.compare(bytes, start, start + compared, 0, compared) !== 0) {
    return refused('NOT_A_HEADER', likelyCause(bytes.latin1Slice(start, Math.min(end, start + 64))));
  }
  return isText ? parseV1(bytes, start, end) : parseV2(bytes, start, end);
}

/**
 * For who knows that none may follow: judges the bytes behind a header. A sender that is configured twice, or a chain
 * of balancers that pass headers on, would make the second header a part of the first request.
 * @returns incomplete as long as the bytes are the beginning of a header; null when none follows.
 */
export function refuseSecondHeader(bytes: Buffer, start: number, end: number): Decoded | null {
  const available = end - start;
  for (const signature of [V1_START, V2_SIGNATURE]) {
    const compared = Math.min(signature.length, available);
    if (signature.compare(bytes, start, start + compared, 0, compared) !== 0) continue;
    if (compared < signature.length) return HEADER_INCOMPLETE;
    return refused('HEADER_TWICE', 'two balancers in front send a PROXY header, or one of them sends it twice');
  }
  return null;
}

/** What `text`, the first bytes of a connection, looks like. */
function likelyCause(text: string): string | null {
  if (text.startsWith('\x16\x03')) return 'a TLS hello: the sender does not send the PROXY protocol';
  if (/^[A-Z]{3,20} \S/.test(text)) return 'a plain HTTP request: the sender does not send the PROXY protocol';
  if (text.startsWith('SSH-')) return 'a plain SSH client: the sender does not send the PROXY protocol';
  if (/^PROXY/i.test(text)) return 'nearly a PROXY line: it begins with PROXY in capitals and one space';
  return null;
}
