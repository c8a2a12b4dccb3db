import type { ErrorCode } from '../core/errors.js';
import { CR, HEX, LF, SEMICOLON, VALUE } from './characters.js';
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
 * In stream order (RFC 9112 7.1). "Bad whitespace" between a size and its extension is refused.
 * TRAILER holds bytes back until the section is whole.
 */
const STATE = {
  SIZE_START: 0,
  SIZE: 1,
  EXTENSION: 2,
  SIZE_LF: 3,
  CONTENT: 4,
  CONTENT_CR: 5,
  CONTENT_LF: 6,
  TRAILER: 7,
  DONE: 8,
  BROKEN: 9,
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
        else if (byte === SEMICOLON) this.#state = STATE.EXTENSION;
        else return 'CHUNK_INVALID';
        return null;
      case STATE.EXTENSION:
        if (byte === CR) {
          this.#state = STATE.SIZE_LF;
          return null;
        }
        this.#extensionBytes += 1;
        return VALUE[byte] === 1 && this.#extensionBytes <= MAX_EXTENSION_BYTES ? null : 'CHUNK_INVALID';
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
        return 'CHUNK_INVALID';
    }
  }

  #readSizeDigit(byte: number): ErrorCode | null {
    this.#digits += 1;
    if (this.#digits > MAX_SIZE_DIGITS) return 'LENGTH_TOO_LARGE';
    this.#remaining = this.#remaining * 16 + (HEX[byte] ?? 0);
    return null;
  }

  /** Holds the section back until its empty line is there; then all of it is judged at once. */
  #readTrailers(bytes: Buffer, start: number, end: number): number {
    this.rawEnd = start;
    const heldBytes = this.#held.length;
    const taken = Math.min(end, start + this.#limits.maxBytes - heldBytes + 1);
    const text = this.#held + textOf(bytes, start, taken);
    // Judged once, when it is whole: a section that comes byte by byte must not be read again with each of them.
    const emptyLine = text.startsWith('\r\n') ? 2 : text.indexOf('\r\n\r\n') + 4;
    if (emptyLine === 3) {
      const isOver =
        text.length > this.#limits.maxBytes || /^\n|\n\n|\n\r[^\n]/.test(text.slice(Math.max(0, heldBytes - 3)));
      this.#held = text;
      return isOver ? this.#fail('TRAILER_INVALID', end) : end;
    }
    const reader = new TrailerReader();
    const verdict = readFields(text, 0, 0, this.#limits, reader);
    if (typeof verdict === 'string') return this.#fail(verdict === INCOMPLETE ? 'TRAILER_INVALID' : verdict, end);
    if (verdict > this.#limits.maxBytes) return this.#fail('TRAILER_INVALID', end);
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
