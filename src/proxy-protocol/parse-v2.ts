import type { Endpoint } from '../core/networks.js';
import { formatAddress } from './address-text.js';
import {
  type Decoded,
  HEADER_INCOMPLETE,
  MAX_V2_BYTES,
  NO_EXTRAS,
  type ProxyHeader,
  refused,
  V2_FIXED_BYTES,
} from './header.js';
import { parseTlvs } from './tlvs.js';

const COMMAND_AT = 12;
const FAMILY_AT = 13;
const LENGTH_AT = 14;
const LOCAL = 0x20;
const PROXY = 0x21;

interface AddressBlock {
  readonly bytes: number;
  readonly hasPort: boolean;
  readonly isUsed: boolean;
}

/**
 * The protocol bytes that the text calls valid, with the bytes of one address and whether it has a port. Only streams
 * of IP give addresses here; for the others the connection's own ones are used, as for UNSPEC.
 */
const FAMILIES: ReadonlyMap<number, AddressBlock> = new Map([
  [0x11, { bytes: 4, hasPort: true, isUsed: true }],
  [0x12, { bytes: 4, hasPort: true, isUsed: false }],
  [0x21, { bytes: 16, hasPort: true, isUsed: true }],
  [0x22, { bytes: 16, hasPort: true, isUsed: false }],
  [0x31, { bytes: 108, hasPort: false, isUsed: false }],
  [0x32, { bytes: 108, hasPort: false, isUsed: false }],
]);
const UNSPEC = 0x00;

/**
 * Reads a header of version 2 (proxy-protocol.txt 2.2) from the bytes [start, end), which may go on behind it and begin
 * with its signature. What is wrong is said as soon as the bytes for it are there.
 */
export function parseV2(bytes: Buffer, start: number, end: number): Decoded {
  const available = end - start;
  if (available <= COMMAND_AT) return HEADER_INCOMPLETE;
  const command = bytes.readUInt8(start + COMMAND_AT);
  if (command >> 4 !== 2) return refused('VERSION_UNKNOWN');
  if (command !== LOCAL && command !== PROXY) return refused('COMMAND_UNKNOWN');
  if (available <= FAMILY_AT) return HEADER_INCOMPLETE;
  const protocol = bytes.readUInt8(start + FAMILY_AT);
  const family = FAMILIES.get(protocol);
  // LOCAL: "discard the protocol block including the family which is ignored".
  if (command === PROXY && family === undefined && protocol !== UNSPEC) return refused('FAMILY_UNKNOWN');
  if (available < V2_FIXED_BYTES) return HEADER_INCOMPLETE;
  const length = V2_FIXED_BYTES + bytes.readUInt16BE(start + LENGTH_AT);
  if (length > MAX_V2_BYTES) return refused('HEADER_TOO_LONG');
  const isRead = command === PROXY && family !== undefined;
  const addressesEnd = V2_FIXED_BYTES + (isRead ? family.bytes * 2 + (family.hasPort ? 4 : 0) : 0);
  if (length < addressesEnd) return refused('HEADER_TOO_SHORT');
  if (available < length) return HEADER_INCOMPLETE;

  const name = command === PROXY ? 'PROXY' : 'LOCAL';
  const own = { version: 2, command: name, length, source: null, destination: null, extras: NO_EXTRAS } as const;
  // What follows UNSPEC has no layout that is known: skipped.
  if (!isRead) return { state: 'complete', header: own };
  const header = bytes.subarray(start, start + length);
  const extras = parseTlvs(header, addressesEnd);
  if (typeof extras === 'string') return refused(extras);
  const ends = family.isUsed ? endpointsFrom(header, family.bytes) : {};
  return { state: 'complete', header: { ...own, ...ends, extras } };
}

function endpointsFrom(header: Buffer, addressBytes: number): Pick<ProxyHeader, 'source' | 'destination'> {
  const portsAt = V2_FIXED_BYTES + addressBytes * 2;
  const endpointAt = (addressAt: number, portAt: number): Endpoint => ({
    address: formatAddress(header.subarray(addressAt, addressAt + addressBytes)),
    port: header.readUInt16BE(portAt),
  });
  return {
    source: endpointAt(V2_FIXED_BYTES, portsAt),
    destination: endpointAt(V2_FIXED_BYTES + addressBytes, portsAt + 2),
  };
}
