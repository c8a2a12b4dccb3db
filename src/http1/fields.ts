import type { ErrorCode } from '../core/errors.js';
import { ALPHANUMERIC, COLON, CR, DASH, LF, SPACE, TAB, TOKEN, VALUE } from './characters.js';

/** The fields that a proxy has to understand; every other one is OTHER and passes as it is. */
export const FIELD = {
  OTHER: 0,
  HOST: 1,
  CONNECTION: 2,
  CONTENT_LENGTH: 3,
  TRANSFER_ENCODING: 4,
  UPGRADE: 5,
  EXPECT: 6,
  COOKIE: 7,
  KEEP_ALIVE: 8,
  /** Always removed: Proxy-Connection, TE, HTTP2-Settings. */
  HOP_BY_HOP: 9,
  FORWARDED_FOR: 10,
  /** X-Forwarded-Port, X-Forwarded-Proto. */
  FORWARDED_PORT: 11,
  FORWARDED_PROTO: 12,
  BLEED_MARK: 13,
  TRAILER: 14,
  MAX_FORWARDS: 15,
  /** CGI programs take the request field Proxy for the variable HTTP_PROXY (httpoxy, CVE-2016-5385). */
  PROXY: 16,
  /**
   * One of these names with another character in place of a "-". CGI, WSGI and Rack make one variable of both, so an
   * instance could take it for the field that is set or judged here (CVE-2024-45614).
   */
  LOOKALIKE: 17,
} as const;

export type FieldKind = (typeof FIELD)[keyof typeof FIELD];

/**
 * The bleed mark of a request, with the name of the node that bled it. From any sender it stops a second hop, and does
 * nothing else; it never reaches an instance.
 */
export const BLEED_MARK_NAME = 'X-Autoproxy-Bled-By';

const NAMES: readonly (readonly [string, FieldKind])[] = [
  ['te', FIELD.HOP_BY_HOP],
  ['host', FIELD.HOST],
  ['proxy', FIELD.PROXY],
  ['cookie', FIELD.COOKIE],
  ['expect', FIELD.EXPECT],
  ['upgrade', FIELD.UPGRADE],
  ['trailer', FIELD.TRAILER],
  ['connection', FIELD.CONNECTION],
  ['keep-alive', FIELD.KEEP_ALIVE],
  ['max-forwards', FIELD.MAX_FORWARDS],
  ['content-length', FIELD.CONTENT_LENGTH],
  ['http2-settings', FIELD.HOP_BY_HOP],
  ['x-forwarded-for', FIELD.FORWARDED_FOR],
  ['x-forwarded-port', FIELD.FORWARDED_PORT],
  ['proxy-connection', FIELD.HOP_BY_HOP],
  ['x-forwarded-proto', FIELD.FORWARDED_PROTO],
  ['transfer-encoding', FIELD.TRANSFER_ENCODING],
  [BLEED_MARK_NAME.toLowerCase(), FIELD.BLEED_MARK],
];

const LONGEST_NAME = Math.max(...NAMES.map(([name]) => name.length));
/**
 * By length, then by the last five bits of the first letter, which are the same in both cases. The two leave at most one
 * name to compare: most fields are told apart without reading them.
 */
const CANDIDATES = Array.from({ length: LONGEST_NAME + 1 }, (_, length) =>
  Array.from({ length: 32 }, (_, letter) =>
    NAMES.find(([name]) => name.length === length && (name.charCodeAt(0) & 31) === letter),
  ),
);

/** @returns what the field is whose name of `length` bytes begins at `start`; case does not matter. */
export function classifyField(bytes: Buffer, start: number, length: number): FieldKind {
  if (length > LONGEST_NAME) return FIELD.OTHER;
  const candidate = CANDIDATES[length]?.[(bytes[start] ?? 0) & 31];
  if (candidate === undefined) return FIELD.OTHER;
  const name = candidate[0];
  let isLookalike = false;
  for (let index = 0; index < length; index += 1) {
    const code = bytes[start + index] ?? 0;
    const lower = code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
    if (lower !== name.charCodeAt(index)) {
      if (name.charCodeAt(index) !== DASH || ALPHANUMERIC[code] === 1) return FIELD.OTHER;
      isLookalike = true;
    }
  }
  return isLookalike ? FIELD.LOOKALIKE : candidate[1];
}

export interface HeadLimits {
  readonly maxBytes: number;
  readonly maxFields: number;
}

/** What becomes of a field that a head was asked about. */
export const KEEP = 'keep';
export const DROP = 'drop';
export type FieldVerdict = typeof KEEP | typeof DROP | ErrorCode;

/** A head that is being read: it is asked about each field that a proxy has to understand. */
export interface FieldReader {
  /** Field lines to forward, each with its line end. */
  block: string;
  onField(kind: FieldKind, text: string, valueStart: number, valueEnd: number): FieldVerdict;
}

export const INCOMPLETE = 'incomplete';

/**
 * Walks the field lines from `position` to the empty line, once, and gathers in `reader.block` what is to be forwarded;
 * lines that stay together are copied as one piece, beginning at `blockStart`.
 *
 * The same head comes twice: as `bytes` from `base` on, which are looked at one by one (1 ns each, where charCodeAt of a
 * string costs 3), and as `text`, from which pieces are cut. Positions count in `text`.
 * @returns the position behind the empty line; or what is wrong; or INCOMPLETE when the text ends before.
 */
export function readFields(
  bytes: Buffer,
  base: number,
  text: string,
  position: number,
  blockStart: number,
  limits: HeadLimits,
  reader: FieldReader,
): number | ErrorCode | typeof INCOMPLETE {
  const end = base + text.length;
  let at = base + position;
  let pieceStart = blockStart;
  let fields = 0;
  for (;;) {
    const lineStart = at;
    if (at >= end) return INCOMPLETE;
    let code = bytes[at] ?? 0;
    if (code === CR) {
      if (at + 1 >= end) return INCOMPLETE;
      if (bytes[at + 1] !== LF) return 'LINE_END_INVALID';
      reader.block += text.slice(pieceStart, at - base);
      return at + 2 - base;
    }
    if (code === SPACE || code === TAB) return 'FIELD_FOLDED';
    if (code === LF) return 'LINE_END_INVALID';
    fields += 1;
    if (fields > limits.maxFields) return 'TOO_MANY_FIELDS';

    while (TOKEN[code] === 1) {
      at += 1;
      if (at >= end) return INCOMPLETE;
      code = bytes[at] ?? 0;
    }
    if (code !== COLON || at === lineStart) return 'FIELD_NAME_INVALID';
    const nameLength = at - lineStart;
    do {
      at += 1;
      if (at >= end) return INCOMPLETE;
      code = bytes[at] ?? 0;
    } while (code === SPACE || code === TAB);
    const valueStart = at;
    while (VALUE[code] === 1) {
      at += 1;
      if (at >= end) return INCOMPLETE;
      code = bytes[at] ?? 0;
    }
    if (code !== CR) return code === LF ? 'LINE_END_INVALID' : 'FIELD_VALUE_INVALID';
    if (at + 1 >= end) return INCOMPLETE;
    if (bytes[at + 1] !== LF) return 'LINE_END_INVALID';

    const valueEnd = at;
    at += 2;
    const kind = classifyField(bytes, lineStart, nameLength);
    if (kind !== FIELD.OTHER) {
      const trimmedEnd = trimEnd(bytes, valueStart, valueEnd);
      const verdict = reader.onField(kind, text, valueStart - base, trimmedEnd - base);
      const colon = lineStart + nameLength;
      if (verdict === DROP) {
        reader.block += text.slice(pieceStart, lineStart - base);
        pieceStart = at - base;
      } else if (verdict !== KEEP) {
        return verdict;
      } else if (trimmedEnd !== valueEnd || valueStart > colon + 2 || bytes[valueStart - 1] === TAB) {
        // Whitespace that some readers (llhttp for a tab behind `chunked`) take for a part of the value: written anew.
        reader.block += `${text.slice(pieceStart, colon - base)}: ${text.slice(valueStart - base, trimmedEnd - base)}\r\n`;
        pieceStart = at - base;
      }
    }
  }
}

function trimEnd(bytes: Buffer, start: number, end: number): number {
  let last = end;
  while (last > start && (bytes[last - 1] === SPACE || bytes[last - 1] === TAB)) last -= 1;
  return last;
}

/**
 * Removes the lines whose names a Connection field listed (RFC 9110 7.6.1). Rare, so it may be slow.
 * @param startLineLength of the start line at the beginning of the block
 */
export function removeNamedFields(block: string, startLineLength: number, names: ReadonlySet<string>): string {
  let kept = block.slice(0, startLineLength);
  for (const line of block.slice(startLineLength).split('\r\n')) {
    if (line !== '' && !names.has(line.slice(0, line.indexOf(':')).toLowerCase())) kept += `${line}\r\n`;
  }
  return kept;
}

/**
 * Text without the optional whitespace around it (OWS, RFC 9110 5.6.3). By hand, since `[ \t]+$` begins anew at each
 * space: for 16 KB of them inside a value that took 320 ms.
 */
export function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpaceOrTab(text.charCodeAt(start))) start += 1;
  while (end > start && isSpaceOrTab(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isSpaceOrTab(code: number): boolean {
  return code === SPACE || code === TAB;
}
