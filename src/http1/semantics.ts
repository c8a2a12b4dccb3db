/** What a request means, as far as a proxy has to know. */

/** RFC 9110 9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** May be sent twice without another effect than once. */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

/** The name or address of a Host field, in lower case. */
export function hostWithoutPort(host: string): string {
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':');
  return (end > 0 ? host.slice(0, end) : host).toLowerCase();
}
