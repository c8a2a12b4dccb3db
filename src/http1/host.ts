import { BRACKET, COLON, NAME } from './characters.js';

/** A name or an IPv4 address or a bracketed IPv6 address, with an optional port (RFC 9110 7.2). */
export function isHost(host: string): boolean {
  const length = host.length;
  if (length === 0 || length > 255) return false;
  let index = 0;
  if (host.charCodeAt(0) === BRACKET) {
    index = host.indexOf(']') + 1;
    if (!/^\[(?=[^\]]*:)[0-9A-Fa-f:.]+\]$/.test(host.slice(0, index))) return false;
  } else {
    while (index < length && NAME[host.charCodeAt(index)] === 1) index += 1;
  }
  if (index === length) return true;
  if (index === 0 || host.charCodeAt(index) !== COLON || length - index > 6) return false;
  let port = 0;
  for (index += 1; index < length; index += 1) {
    const digit = host.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
  }
  return port <= 65_535;
}

/** The host and port of a URI of `scheme` and of a Host field are the same: without a port it is the scheme's (RFC 9110 4.2.3). */
export function hasSameAuthority(scheme: string, authority: string, host: string): boolean {
  return withPort(scheme, authority) === withPort(scheme, host);
}

function withPort(scheme: string, host: string): string {
  const [, name = '', port = ''] = /^(.*?)(?::(\d*))?$/.exec(host.toLowerCase()) ?? [];
  return `${name}:${port === '' ? defaultPort(scheme) : Number(port)}`;
}

function defaultPort(scheme: string): number {
  return scheme === 'https' ? 443 : 80;
}
