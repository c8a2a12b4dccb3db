import type { ErrorCode } from '../core/errors.js';
import { trimmed } from './fields.js';

/** What a head says of the body that follows it. */
export interface Framing {
  readonly contentLength: number;
  readonly isChunked: boolean;
}

export const BODY = { NONE: 0, LENGTH: 1, CHUNKED: 2, UNTIL_CLOSE: 3 } as const;
export type BodyKind = (typeof BODY)[keyof typeof BODY];

/** RFC 9112 6.3 for requests: without a length and without chunked there is no body. */
export function requestBodyKind(head: Framing): BodyKind {
  if (head.isChunked) return BODY.CHUNKED;
  return head.contentLength > 0 ? BODY.LENGTH : BODY.NONE;
}

/**
 * RFC 9112 6.3 for final responses:
 *
 *   method  status    Transfer-Encoding  Content-Length  body
 *   HEAD    any       any                any             none
 *   any     204, 304  any                any             none
 *   other   other     chunked            (refused)       chunked
 *   other   other     none               n > 0           n bytes
 *   other   other     none               0               none
 *   other   other     none               none            until the connection closes
 */
export function responseBodyKind(method: string, status: number, head: Framing): BodyKind {
  if (method === 'HEAD' || status === 204 || status === 304) return BODY.NONE;
  if (head.isChunked) return BODY.CHUNKED;
  if (head.contentLength === -1) return BODY.UNTIL_CLOSE;
  return head.contentLength > 0 ? BODY.LENGTH : BODY.NONE;
}

/** 15 digits stay below 2^53, up to which every number is exact. */
const MAX_LENGTH_DIGITS = 15;

/** Content-Length = 1*DIGIT (RFC 9110 8.6): decimal, no sign, no list, no space. Zeros in front count as digits. */
export function parseContentLength(text: string, start: number, end: number): number | ErrorCode {
  if (start === end) return 'LENGTH_INVALID';
  let length = 0;
  for (let position = start; position < end; position += 1) {
    const digit = text.charCodeAt(position) - 0x30;
    if (digit < 0 || digit > 9) return 'LENGTH_INVALID';
    length = length * 10 + digit;
  }
  return end - start > MAX_LENGTH_DIGITS ? 'LENGTH_TOO_LARGE' : length;
}

/** The value of `parseContentLength` has zeros in front, which a reader could take for an octal number. */
export function hasLeadingZero(text: string, start: number, end: number): boolean {
  return end - start > 1 && text.charCodeAt(start) === 0x30;
}

/**
 * Transfer-Encoding whose only coding is `chunked` (RFC 9112 6.1), with or without empty elements (RFC 9110 5.6.1).
 * @returns what is wrong with any other value, else null.
 */
export function codingProblem(value: string): ErrorCode | null {
  const codings = value
    .split(',')
    .map(trimmed)
    .filter((coding) => coding !== '');
  if (codings.length === 0) return 'CODING_INVALID';
  return codings.length === 1 && codings[0]?.toLowerCase() === 'chunked' ? null : 'CODING_UNSUPPORTED';
}

/** The usual spellings of the field, which are forwarded as they are. */
export function isPlainChunked(text: string, start: number, end: number): boolean {
  return end - start === 7 && text.slice(start, end).toLowerCase() === 'chunked';
}
