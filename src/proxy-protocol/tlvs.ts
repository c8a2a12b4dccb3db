import { crc32c } from './crc32c.js';
import { BLEED_MARK_START, type HeaderExtras, type HeaderProblem, MAX_UNIQUE_ID_BYTES, TLV } from './header.js';

const TLV_FIXED_BYTES = 3;
const CRC_BYTES = 4;
const ONCE: ReadonlySet<number> = new Set([TLV.ALPN, TLV.AUTHORITY, TLV.CRC32C, TLV.UNIQUE_ID]);

/**
 * Reads the TLVs of one whole header of version 2 (proxy-protocol.txt 2.2): type, length in two bytes, value.
 * @param header all bytes of the header: the checksum is over them.
 * @param start where the TLVs begin in it.
 */
export function parseTlvs(header: Buffer, start: number): HeaderExtras | HeaderProblem {
  let alpn: string | null = null;
  let authority: string | null = null;
  let uniqueId: Buffer | null = null;
  let bledBy: string | null = null;
  const seen = new Set<number>();
  for (let position = start; position < header.length; ) {
    if (position + TLV_FIXED_BYTES > header.length) return 'TLV_INVALID';
    const type = header.readUInt8(position);
    const valueStart = position + TLV_FIXED_BYTES;
    position = valueStart + header.readUInt16BE(position + 1);
    if (position > header.length) return 'TLV_INVALID';
    if (ONCE.has(type) && seen.has(type)) return 'TLV_REPEATED';
    seen.add(type);
    const value = header.subarray(valueStart, position);
    if (type === TLV.CRC32C) {
      if (value.length !== CRC_BYTES) return 'TLV_INVALID';
      if (!isChecksumRight(header, valueStart)) return 'CHECKSUM_INVALID';
    } else if (type === TLV.ALPN) {
      alpn = value.toString('latin1');
    } else if (type === TLV.AUTHORITY) {
      authority = authorityFrom(value);
      if (authority === null) return 'TLV_INVALID';
    } else if (type === TLV.UNIQUE_ID) {
      if (value.length > MAX_UNIQUE_ID_BYTES) return 'TLV_INVALID';
      // A copy: the bytes belong to the reader of the socket.
      uniqueId = Buffer.from(value);
    } else if (type === TLV.BLEED_MARK) {
      bledBy ??= nodeFrom(value);
    }
  }
  return { alpn, authority, uniqueId, bledBy };
}

/** The checksum counts its own four bytes as zeros. */
function isChecksumRight(header: Buffer, valueStart: number): boolean {
  const zeroed = Buffer.from(header);
  zeroed.fill(0, valueStart, valueStart + CRC_BYTES);
  return crc32c(zeroed) === header.readUInt32BE(valueStart);
}

/** UTF-8 by the text; control bytes would break the line that it is logged in. */
function authorityFrom(value: Buffer): string | null {
  const text = value.toString('utf8');
  return Buffer.from(text, 'utf8').equals(value) && !/\p{Cc}/u.test(text) ? text : null;
}

/** @returns null for a value that is not of ours: the type is free for all. */
function nodeFrom(value: Buffer): string | null {
  const text = value.toString('latin1');
  const node = text.startsWith(BLEED_MARK_START) ? text.slice(BLEED_MARK_START.length) : '';
  return /^[!-~]{1,400}$/.test(node) ? node : null;
}
