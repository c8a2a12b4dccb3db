/** What a request means, as far as a proxy has to know. */
import { TARGET } from './characters.js';

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

/** Whether a 101 switches to the protocol that the request asked for (RFC 9110 7.8). @param wanted empty for none */
export function agreesToSwitch(wanted: string, offered: string): boolean {
  return wanted !== '' && offered.toLowerCase() === wanted.toLowerCase();
}

/** RFC 9112 3.2.1: what may stand in a request line behind a method, as a path with or without a query. */
export function isOriginForm(target: string): boolean {
  if (!target.startsWith('/')) return false;
  for (let index = 0; index < target.length; index += 1) if (TARGET[target.charCodeAt(index)] !== 1) return false;
  return true;
}
