import { type Endpoint, parseAddress } from '../core/networks.js';
import { formatAddress } from './address-text.js';
import { type Decoded, HEADER_INCOMPLETE, type HeaderProblem, MAX_V1_BYTES, NO_EXTRAS, refused } from './header.js';

const LINE_END = '\r\n';

/**
 * Reads a line of version 1 (proxy-protocol.txt 2.1) from the bytes [start, end), which may go on behind it.
 *
 *   PROXY TCP4|TCP6 source destination source-port destination-port CR LF
 *   PROXY UNKNOWN [anything] CR LF
 */
export function parseV1(bytes: Buffer, start: number, end: number): Decoded {
  const text = bytes.latin1Slice(start, Math.min(end, start + MAX_V1_BYTES));
  const lineEnd = text.indexOf(LINE_END);
  const lineFeed = text.indexOf('\n');
  const isUnknown = /^PROXY UNKNOWN[ \r]/.test(text);
  // Only behind UNKNOWN may a bare LF stand: the text wants everything before CR LF ignored.
  if (!isUnknown && lineFeed !== -1 && lineFeed !== lineEnd + 1) return refused('LINE_INVALID');
  if (lineEnd === -1) return text.length < MAX_V1_BYTES ? HEADER_INCOMPLETE : refused('LINE_TOO_LONG');
  const length = lineEnd + LINE_END.length;
  if (isUnknown) {
    const header = {
      version: 1,
      command: 'PROXY',
      length,
      source: null,
      destination: null,
      extras: NO_EXTRAS,
    } as const;
    return text.startsWith('\r', 13) && lineEnd !== 13 ? refused('LINE_INVALID') : { state: 'complete', header };
  }
  const words = text.slice(0, lineEnd).split(' ');
  const [, protocol = '', source = '', destination = '', sourcePort = '', destinationPort = ''] = words;
  if (protocol !== 'TCP4' && protocol !== 'TCP6') return refused('PROTOCOL_UNKNOWN');
  if (words.length !== 6) return refused('LINE_INVALID');
  const from = endpointFrom(protocol, source, sourcePort);
  if (typeof from === 'string') return refused(from);
  const to = endpointFrom(protocol, destination, destinationPort);
  if (typeof to === 'string') return refused(to);
  const header = { version: 1, command: 'PROXY', length, source: from, destination: to, extras: NO_EXTRAS } as const;
  return { state: 'complete', header };
}

function endpointFrom(protocol: 'TCP4' | 'TCP6', addressText: string, portText: string): Endpoint | HeaderProblem {
  const bytes = parseAddress(addressText);
  if (bytes === null || !isOfFamily(protocol, addressText)) return 'ADDRESS_INVALID';
  if (!/^(?:0|[1-9]\d{0,4})$/.test(portText)) return 'PORT_INVALID';
  const port = Number(portText);
  return port <= 65_535 ? { address: formatAddress(Uint8Array.from(bytes)), port } : 'PORT_INVALID';
}

/**
 * The text knows hexadecimal groups alone for IPv6. A mapped IPv4 address with dots is taken as well: that is how
 * inet_ntop writes it, and with it HAProxy, when the two ends of a connection are of different families.
 */
function isOfFamily(protocol: 'TCP4' | 'TCP6', address: string): boolean {
  if (protocol === 'TCP4') return !address.includes(':');
  return address.includes(':') && (!address.includes('.') || /^::ffff:[\d.]+$/i.test(address));
}
