/** CIDR networks and the addresses in them; IPv4 and IPv6, where `::ffff:a.b.c.d` is the IPv4 address that it maps. */
interface Network {
  /** 4 or 16 bytes. */
  readonly bytes: readonly number[];
  readonly prefix: number;
}

/** One end of a connection. */
export interface Endpoint {
  /** IPv4 or IPv6 text; an IPv4 address that came mapped into IPv6 is the IPv4 address. */
  readonly address: string;
  readonly port: number;
}

/** @returns the bytes of an IP address, 4 or 16, or null when the text is none. Zone ids are refused. */
export function parseAddress(text: string): readonly number[] | null {
  const bytes = text.includes(':') ? parseIPv6(text) : parseIPv4(text);
  const isMapped =
    bytes?.length === 16 && bytes[10] === 255 && bytes[11] === 255 && bytes.slice(0, 10).every((b) => b === 0);
  return isMapped ? bytes.slice(12) : bytes;
}

/** The spelling of the kernel (RFC 5952), so that one address is one text; any other text stays as it is. */
export function canonicalAddress(text: string): string {
  const bytes = parseAddress(text);
  if (bytes === null) return text;
  return bytes.length === 4 ? bytes.join('.') : new URL(`http://[${text}]`).hostname.slice(1, -1);
}

/** `::` or `0.0.0.0`, however it is spelled: a listener there is reached at each address of the machine. */
export function isEveryAddress(text: string): boolean {
  return parseAddress(text)?.every((byte) => byte === 0) === true;
}

/** 127.0.0.0/8 or ::1: nobody but this machine reaches it, or comes from it. */
export function isLoopback(text: string): boolean {
  const bytes = parseAddress(text);
  if (bytes?.length === 4) return bytes[0] === 127;
  return bytes?.every((byte, index) => byte === (index === 15 ? 1 : 0)) === true;
}

/** As URLs and Host fields name it (RFC 3986 3.2.2): IPv6 in brackets. */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** `ip:port`, IPv6 in brackets. */
export function hostPort(host: string, port: number | string): string {
  return `${bracketed(host)}:${port}`;
}

function parseIPv4(text: string): number[] | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return null;
  const bytes: number[] = [];
  for (const part of match.slice(1)) {
    // A leading zero is octal to some readers and decimal to others.
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return null;
    bytes.push(Number(part));
  }
  return bytes;
}

function parseIPv6(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] ?? '');
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '') : [];
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return null;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function parseGroups(text: string): number[] | null {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    if (group.includes('.')) {
      const last = index === groups.length - 1 ? parseIPv4(group) : null;
      if (last === null) return null;
      bytes.push(...last);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    }
  }
  return bytes;
}

/** Reads `10.0.0.0/8`, `fd00::/8` or a single address. @returns null for any other text. */
export function parseNetwork(text: string): Network | null {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text);
  const bytes = match === null ? null : parseAddress(match[1] ?? '');
  if (match === null || bytes === null) return null;
  const bits = bytes.length * 8;
  const prefix = match[2] === undefined ? bits : Number(match[2]);
  return prefix <= bits ? { bytes, prefix } : null;
}

function networkContains(network: Network, address: readonly number[]): boolean {
  if (network.bytes.length !== address.length) return false;
  const whole = network.prefix >> 3;
  for (let index = 0; index < whole; index += 1) if (network.bytes[index] !== address[index]) return false;
  const rest = network.prefix & 7;
  const mask = (0xff << (8 - rest)) & 0xff;
  return rest === 0 || ((network.bytes[whole] ?? 0) & mask) === ((address[whole] ?? 0) & mask);
}

/** Asked once a connection, not once a request. Each text is a network: others were refused before. */
export class NetworkSet {
  readonly #networks: readonly Network[];
  /** The newest answer: most connections come from the same few balancers, and finding it costs 0.8 µs. */
  #asked = '';
  #answer = false;

  constructor(texts: readonly string[]) {
    this.#networks = texts.map(parseNetwork).filter((network) => network !== null);
  }

  contains(addressText: string): boolean {
    if (this.#networks.length === 0) return false;
    if (addressText === this.#asked) return this.#answer;
    const address = parseAddress(addressText);
    this.#answer = address !== null && this.#networks.some((network) => networkContains(network, address));
    this.#asked = addressText;
    return this.#answer;
  }
}
