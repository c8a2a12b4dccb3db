/** Which name covers which, compared by labels (RFC 6125, 6.4.3; RFC 9525, 6.3): `*` is one whole label, the first one. */

/**
 * @param name of a certificate or a domain: a host, or `*.` and a name
 * @param wanted the same; a wildcard is covered by itself alone
 */
export function coversName(name: string, wanted: string): boolean {
  return name === wanted || (!wanted.startsWith('*.') && name === wildcardOf(wanted));
}

/** `*.one.example` of `www.one.example`. */
export function wildcardOf(host: string): string {
  const dot = host.indexOf('.');
  return dot === -1 ? '*' : `*${host.slice(dot)}`;
}
