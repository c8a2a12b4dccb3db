import type { ErrorCode } from '../core/errors.js';
import { BACKSLASH, CR, EQUALS, HEX, LF, QUOTE, SEMICOLON, TOKEN, VALUE } from './characters.js';
import {
  DROP,
  FIELD,
  type FieldKind,
  type FieldReader,
  type FieldVerdict,
  type HeadLimits,
  INCOMPLETE,
  KEEP,
  readFields,
} from './fields.js';
import { textOf } from './latin1.js';

/**
 * In stream order (RFC 9112 7.1). "Bad whitespace" in and before extensions is refused.
 * TRAILER holds bytes back until the section is whole.
 *
 *   size *( ";" name [ "=" ( token | quoted-string ) ] ) CR LF content CR LF
 */
const STATE = {
  SIZE_START: 0,
  SIZE: 1,
  NAME_START: 2,
  NAME: 3,
  VALUE_START: 4,
  TOKEN: 5,
  QUOTED: 6,
  ESCAPED: 7,
  QUOTED_END: 8,
  SIZE_LF: 9,
  CONTENT: 10,
  CONTENT_CR: 11,
  CONTENT_LF: 12,
  TRAILER: 13,
  DONE: 14,
  BROKEN: 15,
} as const;
type State = (typeof STATE)[keyof typeof STATE];

/** 13 hexadecimal digits are below 2^53, beyond which nothing is counted exactly. Zeros in front count as digits. */
const MAX_SIZE_DIGITS = 13;
/** Nobody uses extensions; without a bound they are bytes that cost the receiver and carry nothing (CVE-2023-39326). */
const MAX_EXTENSION_BYTES = 256;

/**
 * Follows a chunked body and vouches for every byte of it, so that it may be forwarded as it is: sizes, extensions and
 * line ends were read in the one way that there is. The trailer section is held back, checked and given out whole.
 */
export class ChunkedDecoder {
  /** The content span that the last `next` passed, as positions in its bytes; equal when there was none. */
  contentStart = 0;
  contentEnd = 0;
  /** Up to where the bytes of the last `next` or `scan` may be forwarded: everything before the trailer section. */
  rawEnd = 0;
  /** Checked trailer field lines, each with its line end; complete when `isDone`. */
  trailers = '';
  error: ErrorCode | null = null;

  #state: State = STATE.SIZE_START;
  #remaining = 0;
  #digits = 0;
  #extensionBytes = 0;
  #limits: HeadLimits;
  #held = '';

  constructor(limits: HeadLimits) {
    this.#limits = limits;
  }

  reset(limits: HeadLimits): void {
    this.trailers = '';
    this.error = null;
    this.#state = STATE.SIZE_START;
    this.#remaining = 0;
    this.#digits = 0;
    this.#extensionBytes = 0;
    this.#limits = limits;
    this.#held = '';
  }

  get isDone(): boolean {
    return this.#state === STATE.DONE;
  }

  /**
   * Reads on until the bytes, the body, or its validity ends (`isDone`, `error`).
   * @returns the position behind what belongs to this body.
   */
  scan(bytes: Buffer, start: number, end: number): number {
    let position = start;
    let rawEnd = start;
    while (position < end && this.#state < STATE.DONE) {
      position = this.next(bytes, position, end);
      rawEnd = this.rawEnd;
    }
    this.rawEnd = rawEnd;
    return position;
  }

  /** As `scan`, but stops behind each span of content as well. */
  next(bytes: Buffer, start: number, end: number): number {
    let position = start;
    this.contentStart = start;
    this.contentEnd = start;
    this.rawEnd = start;
    while (position < end) {
      switch (this.#state) {
        case STATE.CONTENT: {
          const length = Math.min(this.#remaining, end - position);
          this.contentStart = position;
          this.contentEnd = position + length;
          this.#remaining -= length;
          position += length;
          this.rawEnd = position;
          if (this.#remaining === 0) this.#state = STATE.CONTENT_CR;
          return position;
        }
        case STATE.TRAILER:
          return this.#readTrailers(bytes, position, end);
        case STATE.DONE:
        case STATE.BROKEN:
          return position;
        default: {
          const problem = this.#readFramingByte(bytes[position] ?? 0);
          if (problem !== null) return this.#fail(problem, position);
          position += 1;
          this.rawEnd = position;
        }
      }
    }
    return position;
  }

  /** One byte outside of content and trailers. */
  #readFramingByte(byte: number): ErrorCode | null {
    switch (this.#state) {
      case STATE.SIZE_START:
        this.#remaining = 0;
        this.#digits = 0;
        this.#extensionBytes = 0;
        if (HEX[byte] === 255) return 'CHUNK_INVALID';
        this.#state = STATE.SIZE;
        return this.#readSizeDigit(byte);
      case STATE.SIZE:
        if (HEX[byte] !== 255) return this.#readSizeDigit(byte);
        if (byte === CR) this.#state = STATE.SIZE_LF;
        else if (byte === SEMICOLON) this.#state = STATE.NAME_START;
        else return 'CHUNK_INVALID';
        return null;
      case STATE.SIZE_LF:
        if (byte !== LF) return 'CHUNK_INVALID';
        this.#state = this.#remaining === 0 ? STATE.TRAILER : STATE.CONTENT;
        return null;
      case STATE.CONTENT_CR:
        if (byte !== CR) return 'CHUNK_INVALID';
        this.#state = STATE.CONTENT_LF;
        return null;
      case STATE.CONTENT_LF:
        if (byte !== LF) return 'CHUNK_INVALID';
        this.#state = STATE.SIZE_START;
        return null;
      default:
        return this.#readExtensionByte(byte);
    }
  }

  #readExtensionByte(byte: number): ErrorCode | null {
    this.#extensionBytes += 1;
    const next = this.#extensionBytes <= MAX_EXTENSION_BYTES ? extensionStateAfter(this.#state, byte) : STATE.BROKEN;
    if (next === STATE.BROKEN) return 'CHUNK_INVALID';
    this.#state = next;
    return null;
  }

  #readSizeDigit(byte: number): ErrorCode | null {
    this.#digits += 1;
    if (this.#digits > MAX_SIZE_DIGITS) return 'LENGTH_TOO_LARGE';
    this.#remaining = this.#remaining * 16 + (HEX[byte] ?? 0);
    return null;
  }

  /** Holds the section back until its empty line is there, or an error. */
  #readTrailers(bytes: Buffer, start: number, end: number): number {
    this.rawEnd = start;
    const heldBytes = this.#held.length;
    const taken = Math.min(end, start + this.#limits.maxBytes - heldBytes + 1);
    const text = this.#held + textOf(bytes, start, taken);
    const reader = new TrailerReader();
    // Judged when a line ends: a section that comes byte by byte must not be read again with each of them.
    const hasLineEnd = text.indexOf('\n', heldBytes) !== -1;
    const verdict = hasLineEnd
      ? readFields(Buffer.from(text, 'latin1'), 0, text, 0, 0, this.#limits, reader)
      : INCOMPLETE;
    if (verdict === INCOMPLETE && text.length <= this.#limits.maxBytes) {
      this.#held = text;
      return end;
    }
    if (verdict === INCOMPLETE || (typeof verdict === 'number' && verdict > this.#limits.maxBytes)) {
      return this.#fail('TRAILER_INVALID', end);
    }
    if (typeof verdict === 'string') return this.#fail(verdict, end);
    this.trailers = reader.block;
    this.#state = STATE.DONE;
    return start + verdict - heldBytes;
  }

  #fail(code: ErrorCode, position: number): number {
    this.error = code;
    this.#state = STATE.BROKEN;
    return position;
  }
}

function extensionStateAfter(state: State, byte: number): State {
  switch (state) {
    case STATE.NAME_START:
      return TOKEN[byte] === 1 ? STATE.NAME : STATE.BROKEN;
    case STATE.NAME:
      if (TOKEN[byte] === 1) return STATE.NAME;
      return byte === EQUALS ? STATE.VALUE_START : extensionEndState(byte);
    case STATE.VALUE_START:
      if (byte === QUOTE) return STATE.QUOTED;
      return TOKEN[byte] === 1 ? STATE.TOKEN : STATE.BROKEN;
    case STATE.TOKEN:
      return TOKEN[byte] === 1 ? STATE.TOKEN : extensionEndState(byte);
    case STATE.QUOTED:
      if (byte === QUOTE) return STATE.QUOTED_END;
      if (byte === BACKSLASH) return STATE.ESCAPED;
      return VALUE[byte] === 1 ? STATE.QUOTED : STATE.BROKEN;
    case STATE.ESCAPED:
      return VALUE[byte] === 1 ? STATE.QUOTED : STATE.BROKEN;
    case STATE.QUOTED_END:
      return extensionEndState(byte);
    default:
      return STATE.BROKEN;
  }
}

function extensionEndState(byte: number): State {
  if (byte === SEMICOLON) return STATE.NAME_START;
  return byte === CR ? STATE.SIZE_LF : STATE.BROKEN;
}

/** RFC 9110 6.5.1: no trailer may frame, route or authenticate a message whose head has been judged already. */
class TrailerReader implements FieldReader {
  block = '';

  onField(kind: FieldKind): FieldVerdict {
    switch (kind) {
      case FIELD.KEEP_ALIVE:
      case FIELD.HOP_BY_HOP:
      case FIELD.BLEED_MARK:
        return DROP;
      case FIELD.OTHER:
        return KEEP;
      default:
        return 'TRAILER_INVALID';
    }
  }
}
