import { hostPort, parseAddress } from '../core/networks.js';
import type { Refusal } from '../core/refusal.js';

interface InstanceAddress {
  /** `ip:port` or `[v6]:port`, one spelling for each address. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `ip:port` or `[v6]:port`. Names are refused: who resolves a name decides when it changes, and that is a
 * source's work, not the data plane's.
 */
export function parseInstanceAddress(text: string): InstanceAddress | Refusal {
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):(.*)$/.exec(text);
  if (match === null) return refusalOf(text);
  const [, bracketed, plain, portText = ''] = match;
  const written = bracketed ?? plain ?? '';
  const bytes = parseAddress(written);
  // Brackets are for IPv6 and for nothing else.
  if (bytes === null || (bracketed !== undefined) !== written.includes(':')) return refusalOf(text);
  const port = /^[1-9]\d{0,4}$/.test(portText) ? Number(portText) : 0;
  if (port < 1 || port > 65_535) {
    return { message: 'the port is not a number from 1 to 65535', hint: 'write ip:port, such as 172.17.0.2:8080' };
  }
  if (bytes.every((byte) => byte === 0)) {
    return { message: 'this address means every address', hint: 'write the address that the instance listens on' };
  }
  const host = hostFromBytes(bytes);
  return { id: hostPort(host, port), host, port };
}

function refusalOf(text: string): Refusal {
  const bare = /^(.*):(\d+)$/.exec(text);
  if (bare?.[1]?.includes(':') && parseAddress(bare[1]) !== null) {
    return { message: 'an IPv6 address needs brackets', hint: `write "[${bare[1]}]:${bare[2]}"` };
  }
  if (parseAddress(text) !== null) {
    return { message: 'the port is missing', hint: 'write ip:port, such as 172.17.0.2:8080' };
  }
  if (/^[a-z0-9_-][a-z0-9_.-]*(:\d+)?$/i.test(text) && /[a-z]/i.test(text)) {
    return { message: 'this is a name', hint: 'names are not resolved; write the IP address, such as 172.17.0.2:8080' };
  }
  return { message: 'this is not an address', hint: 'write ip:port, such as 172.17.0.2:8080 or "[fd00::2]:8080"' };
}

/** IPv6 as RFC 5952 writes it, so that two spellings of one address are one instance. */
function hostFromBytes(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups: string[] = [];
  for (let index = 0; index < 16; index += 2) {
    groups.push((((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0)).toString(16));
  }
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}
