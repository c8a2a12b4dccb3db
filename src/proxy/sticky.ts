import { hashText } from './balance/source-hash.js';

/** What stands in the cookie instead of an address, which is nobody's business. Equal on every worker and node. */
export function stickyIdOf(instanceId: string): string {
  return (
    hashText(instanceId, 0x5e55).toString(16).padStart(8, '0') +
    hashText(instanceId, 0x10f7).toString(16).padStart(8, '0')
  );
}

/** @returns the value of a cookie in a Cookie field, or empty (RFC 6265 5.4). */
export function readCookie(cookies: string, name: string): string {
  let start = 0;
  while (start < cookies.length) {
    let end = cookies.indexOf(';', start);
    if (end === -1) end = cookies.length;
    const pair = cookies.slice(start, end).trim();
    if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1);
    start = end + 1;
  }
  return '';
}

/** The field line that binds a client to an instance: HAProxy's `cookie NAME insert indirect nocache httponly`. */
export function stickyFieldLines(name: string, instanceId: string): string {
  return `Set-Cookie: ${name}=${stickyIdOf(instanceId)}; path=/; HttpOnly\r\nCache-Control: private\r\n`;
}
