import type { Endpoint } from '../core/networks.js';
import { addressBytes, formatAddress, widenAddress } from './address-text.js';
import { crc32c } from './crc32c.js';
import {
  BLEED_MARK_START,
  type HeaderExtras,
  MAX_UNIQUE_ID_BYTES,
  MAX_V2_BYTES,
  TLV,
  V2_FIXED_BYTES,
  V2_SIGNATURE,
} from './header.js';

/** The two ends of the connection that is spoken for; null when they are not known, or the sender speaks for itself. */
export interface Endpoints {
  readonly source: Endpoint;
  readonly destination: Endpoint;
}

/** The line of version 1, with its line end. Other texts than addresses give UNKNOWN. */
export function encodeV1(endpoints: Endpoints | null): Buffer {
  const addresses = endpoints === null ? null : addressesOf(endpoints);
  if (endpoints === null || addresses === null) return Buffer.from('PROXY UNKNOWN\r\n');
  const { source, destination } = addresses;
  const words = [
    source.length === 4 ? 'TCP4' : 'TCP6',
    addressText(source),
    addressText(destination),
    endpoints.source.port,
    endpoints.destination.port,
  ];
  return Buffer.from(`PROXY ${words.join(' ')}\r\n`);
}

interface V2Options {
  readonly extras?: Partial<HeaderExtras>;
  /** Adds the CRC32C over the whole header. */
  readonly hasChecksum?: boolean;
}

/**
 * A header of version 2. Without endpoints, or with other texts than addresses: LOCAL, which carries only that.
 * @throws RangeError when the extras are longer than a header may be.
 */
export function encodeV2(endpoints: Endpoints | null, options: V2Options = {}): Buffer {
  const addresses = endpoints === null ? null : addressesOf(endpoints);
  if (endpoints === null || addresses === null) return Buffer.concat([V2_SIGNATURE, Buffer.from([0x20, 0, 0, 0])]);
  const tlvs = encodeTlvs(options.extras ?? {});
  if (options.hasChecksum === true) tlvs.push(encodeTlv(TLV.CRC32C, Buffer.alloc(4)));
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(endpoints.source.port, 0);
  ports.writeUInt16BE(endpoints.destination.port, 2);
  const rest = Buffer.concat([Buffer.from([...addresses.source, ...addresses.destination]), ports, ...tlvs]);
  if (V2_FIXED_BYTES + rest.length > MAX_V2_BYTES) throw new RangeError('the PROXY header would be too long');
  const fixed = Buffer.from([0x21, addresses.source.length === 4 ? 0x11 : 0x21, 0, 0]);
  fixed.writeUInt16BE(rest.length, 2);
  const header = Buffer.concat([V2_SIGNATURE, fixed, rest]);
  // Over the header with zeros in its own place, which is at the end.
  if (options.hasChecksum === true) header.writeUInt32BE(crc32c(header), header.length - 4);
  return header;
}

/** Both of one family: when they differ, the IPv4 one is mapped into IPv6. */
function addressesOf({ source, destination }: Endpoints): Record<keyof Endpoints, readonly number[]> | null {
  const from = addressBytes(source.address);
  const to = addressBytes(destination.address);
  if (from === null || to === null) return null;
  if (from.length === to.length) return { source: from, destination: to };
  return { source: widenAddress(from), destination: widenAddress(to) };
}

/** 16 bytes stay IPv6: a mapped address is written with dots, as inet_ntop does. */
function addressText(bytes: readonly number[]): string {
  const text = formatAddress(Uint8Array.from(bytes));
  return bytes.length === 16 && !text.includes(':') ? `::ffff:${text}` : text;
}

function encodeTlvs({ alpn, authority, uniqueId, bledBy }: Partial<HeaderExtras>): Buffer[] {
  const tlvs: Buffer[] = [];
  if (alpn != null) tlvs.push(encodeTlv(TLV.ALPN, Buffer.from(alpn, 'latin1')));
  if (authority != null) tlvs.push(encodeTlv(TLV.AUTHORITY, Buffer.from(authority, 'utf8')));
  if (uniqueId != null) {
    if (uniqueId.length > MAX_UNIQUE_ID_BYTES) throw new RangeError('a unique id has at most 128 bytes');
    tlvs.push(encodeTlv(TLV.UNIQUE_ID, uniqueId));
  }
  if (bledBy != null) tlvs.push(encodeTlv(TLV.BLEED_MARK, Buffer.from(`${BLEED_MARK_START}${bledBy}`)));
  return tlvs;
}

function encodeTlv(type: number, value: Buffer): Buffer {
  if (value.length > MAX_V2_BYTES) throw new RangeError('the PROXY header would be too long');
  const fixed = Buffer.from([type, 0, 0]);
  fixed.writeUInt16BE(value.length, 1);
  return Buffer.concat([fixed, value]);
}
