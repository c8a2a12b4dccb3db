/** The first line of a request: method, target and version (RFC 9112 3). */
import type { ErrorCode } from '../core/errors.js';
import { CR, LF, SPACE, TARGET, TOKEN } from './characters.js';
import { INCOMPLETE } from './fields.js';
import { isHost } from './host.js';

const VERSION_LENGTH = ' HTTP/1.1'.length;

/** What the line says; functions that fill the caller's object cost no call and no object more than its own methods. */
export interface RequestLine {
  method: string;
  target: string;
  minor: number;
  host: string;
  scheme: string;
  isKeepAlive: boolean;
}

/**
 * Reads a request line into `head`.
 * @param bytes the bytes of `text` begin at `base`
 * @param start where in `text` the line begins
 * @returns the position in `text` behind the line
 */
export function readRequestLine(
  head: RequestLine,
  bytes: Buffer,
  base: number,
  text: string,
  start: number,
): number | typeof INCOMPLETE | ErrorCode {
  const end = text.length;
  let position = start;
  while (position < end && TOKEN[bytes[base + position] ?? 0] === 1) position += 1;
  if (position >= end) return INCOMPLETE;
  if (position === start || bytes[base + position] !== SPACE) return 'METHOD_INVALID';
  head.method = text.slice(start, position);
  position += 1;
  const targetStart = position;
  while (position < end && TARGET[bytes[base + position] ?? 0] === 1) position += 1;
  if (position >= end) return INCOMPLETE;
  if (position === targetStart || bytes[base + position] !== SPACE) return 'TARGET_INVALID';
  const targetEnd = position;
  // " HTTP/1.x" CR LF
  if (position + VERSION_LENGTH + 2 > end && text.indexOf('\n', position) === -1) return INCOMPLETE;
  if (text.startsWith(' HTTP/1.1\r\n', position)) head.minor = 1;
  else if (text.startsWith(' HTTP/1.0\r\n', position)) head.minor = 0;
  else {
    const problem = versionProblem(text, position);
    if (problem !== null) return problem;
    // RFC 9110 2.5: a higher minor version is read as the highest known one.
    head.minor = 1;
  }
  head.isKeepAlive = head.minor === 1;
  const problem = readTarget(head, text, targetStart, targetEnd);
  return problem ?? position + VERSION_LENGTH + 2;
}

/** The four forms of RFC 9112 3.2: an instance gets the origin form, or `*`. */
function readTarget(head: RequestLine, text: string, start: number, end: number): ErrorCode | null {
  head.target = text.slice(start, end);
  // Before the form is judged: an instance that takes `CONNECT /` would see a tunnel where we see requests.
  if (head.method === 'CONNECT') return 'CONNECT_UNSUPPORTED';
  if (text.charCodeAt(start) === 0x2f) return null;
  if (head.target === '*') return head.method === 'OPTIONS' ? null : 'TARGET_INVALID';
  const match = /^(https?):\/\/([^/?]+)(.*)$/i.exec(head.target);
  if (match === null || !isHost(match[2] ?? '')) return 'TARGET_INVALID';
  // RFC 9112 3.2.2 lets the authority win over Host; a Host that differs is refused instead (by the reader of fields).
  head.scheme = (match[1] ?? '').toLowerCase();
  head.host = match[2] ?? '';
  const path = match[3] ?? '';
  head.target = path.startsWith('/') ? path : `/${path}`;
  // RFC 9112 3.2.4: OPTIONS of a URI with neither path nor query is for the server as a whole.
  if (path === '' && head.method === 'OPTIONS') head.target = '*';
  return null;
}

/** @returns the fault of a request line that ends in another version than 1.0 and 1.1; null for a later 1.x. */
function versionProblem(text: string, position: number): ErrorCode | null {
  const version = text.slice(position, position + VERSION_LENGTH);
  if (!/^ HTTP\/\d\.\d/.test(version)) return 'VERSION_INVALID';
  const code = text.charCodeAt(position + VERSION_LENGTH);
  if (code === LF) return 'LINE_END_INVALID';
  if (code !== CR) return 'VERSION_INVALID';
  if (text.charCodeAt(position + VERSION_LENGTH + 1) !== LF) return 'LINE_END_INVALID';
  return version.startsWith(' HTTP/1.') ? null : 'VERSION_UNSUPPORTED';
}
