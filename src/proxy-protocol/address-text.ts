import { parseAddress } from '../core/networks.js';

const IPV4_MAPPED: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255];

/** 4 or 16 bytes as text; IPv6 as RFC 5952 has it, and a mapped IPv4 address as what it is. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (IPV4_MAPPED.every((byte, index) => bytes[index] === byte)) return bytes.subarray(12).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => {
    return (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16);
  });
  const { start, length } = longestZeroRun(groups);
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

/** The first one of the longest (RFC 5952 4.2.3). */
function longestZeroRun(groups: readonly string[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== '0') start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}

/** @returns the bytes of an IPv4 or IPv6 text as a socket gives it (perhaps with a zone), or null. */
export function addressBytes(text: string): readonly number[] | null {
  const zone = text.indexOf('%');
  return parseAddress(zone === -1 ? text : text.slice(0, zone));
}

/** 16 bytes for either family. */
export function widenAddress(bytes: readonly number[]): readonly number[] {
  return bytes.length === 4 ? [...IPV4_MAPPED, ...bytes] : bytes;
}
