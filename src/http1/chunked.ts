import type { ErrorCode } from '../core/errors.js';
import { BACKSLASH, CR, HEX, LF, QUOTE, SEMICOLON, SPACE, TAB, VALUE } from './characters.js';
import { type HeadLimits, INCOMPLETE, readFields } from './fields.js';
import { textOf } from './latin1.js';
import { TrailerReader } from './trailers.js';

/**
 * RFC 9112 7.1, read byte by byte from SIZE_START to CONTENT_LF. Before them stand the states of what is dropped:
 * extensions, which have no meaning here, and "bad whitespace". TRAILER holds bytes back until the section is
 * whole.
 *
 *   size *( blank / ";" *( byte / quoted-string ) ) CR LF content CR LF
 */
const STATE = {
  BLANKS: 0,
  EXTENSION: 1,
  QUOTED: 2,
  ESCAPED: 3,
  SIZE_START: 4,
  SIZE: 5,
  SIZE_LF: 6,
  CONTENT: 7,
  CONTENT_CR: 8,
  CONTENT_LF: 9,
  TRAILER: 10,
  DONE: 11,
  BROKEN: 12,
} as const;
type State = (typeof STATE)[keyof typeof STATE];

/** 13 hexadecimal digits stay below 2^53, up to which every number is exact. Zeros in front count as digits. */
const MAX_SIZE_DIGITS = 13;
/**
 * How many bytes the extensions together may have more than the content that came so far: without a bound they cost work
 * and carry no content (CVE-2023-39326, CVE-2024-22019). As much as Node's own parser takes.
 */
const MAX_EXTENSION_BYTES = 16_384;

/**
 * Follows a chunked body and vouches for every byte of it that is to be forwarded: sizes, content and line ends were read
 * in the one way that there is. Extensions are dropped: what stays is moved over them, within the bytes that were given.
 * The trailer section is held back, checked and given out whole.
 */
export class ChunkedDecoder {
  /** The content span that the last `next` passed, as positions in its bytes; equal when there was none. */
  contentStart = 0;
  contentEnd = 0;
  /** Up to where the bytes of the last `next` or `scan` may be forwarded: everything before the trailer section. */
  rawEnd = 0;
  /** Extensions were dropped from the bytes of the last `scan`: what follows them stands at another place than it came. */
  hasMoved = false;
  /** Checked trailer field lines, each with its line end; complete when `isDone`. */
  trailers = '';
  error: ErrorCode | null = null;

  #state: State = STATE.SIZE_START;
  #remaining = 0;
  #digits = 0;
  #extensionBytesLeft = MAX_EXTENSION_BYTES;
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
    this.#extensionBytesLeft = MAX_EXTENSION_BYTES;
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
    this.rawEnd = start;
    this.hasMoved = false;
    while (position < end && this.#state < STATE.DONE) position = this.#next(bytes, position, end, this.rawEnd);
    return position;
  }

  /** As `scan`, but stops behind each span of content as well. */
  next(bytes: Buffer, start: number, end: number): number {
    return this.#next(bytes, start, end, start);
  }

  /** @param from where the bytes go that may be forwarded; before `start` once something was dropped. */
  #next(bytes: Buffer, start: number, end: number, from: number): number {
    let position = start;
    let rawEnd = from;
    this.contentStart = from;
    this.contentEnd = from;
    while (position < end) {
      switch (this.#state) {
        case STATE.CONTENT: {
          const length = Math.min(this.#remaining, end - position);
          if (rawEnd !== position) bytes.copyWithin(rawEnd, position, position + length);
          this.contentStart = rawEnd;
          rawEnd += length;
          this.contentEnd = rawEnd;
          this.rawEnd = rawEnd;
          this.#remaining -= length;
          this.#extensionBytesLeft += length;
          if (this.#remaining === 0) this.#state = STATE.CONTENT_CR;
          return position + length;
        }
        case STATE.TRAILER:
          this.rawEnd = rawEnd;
          return this.#readTrailers(bytes, position, end);
        case STATE.DONE:
        case STATE.BROKEN:
          this.rawEnd = rawEnd;
          return position;
        default: {
          const byte = bytes[position] ?? 0;
          const problem = this.#readFramingByte(byte);
          if (problem !== null) {
            this.rawEnd = rawEnd;
            return this.#fail(problem, position);
          }
          if (this.#state < STATE.SIZE_START) {
            this.hasMoved = true;
          } else {
            if (rawEnd !== position) bytes[rawEnd] = byte;
            rawEnd += 1;
          }
          position += 1;
        }
      }
    }
    this.rawEnd = rawEnd;
    return position;
  }

  /** One byte outside of content and trailers. */
  #readFramingByte(byte: number): ErrorCode | null {
    switch (this.#state) {
      case STATE.SIZE_START:
        this.#remaining = 0;
        this.#digits = 0;
        if (HEX[byte] === 255) return 'CHUNK_INVALID';
        this.#state = STATE.SIZE;
        return this.#readSizeDigit(byte);
      case STATE.SIZE:
        if (HEX[byte] !== 255) return this.#readSizeDigit(byte);
        if (byte === CR) {
          this.#state = STATE.SIZE_LF;
          return null;
        }
        return this.#readExtensionByte(byte);
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
    this.#extensionBytesLeft -= 1;
    this.#state = this.#extensionBytesLeft < 0 ? STATE.BROKEN : extensionStateAfter(this.#state, byte);
    return this.#state === STATE.BROKEN ? 'CHUNK_INVALID' : null;
  }

  #readSizeDigit(byte: number): ErrorCode | null {
    this.#digits += 1;
    if (this.#digits > MAX_SIZE_DIGITS) return 'LENGTH_TOO_LARGE';
    this.#remaining = this.#remaining * 16 + (HEX[byte] ?? 0);
    return null;
  }

  /** Holds the section back until its empty line is there, or an error. */
  #readTrailers(bytes: Buffer, start: number, end: number): number {
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
      return this.#fail('TRAILER_TOO_LARGE', end);
    }
    if (typeof verdict === 'string') return this.#fail(verdict, end);
    this.trailers = reader.allowedLines();
    this.#held = '';
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
    case STATE.SIZE:
    case STATE.BLANKS:
      if (byte === SPACE || byte === TAB) return STATE.BLANKS;
      if (byte === SEMICOLON) return STATE.EXTENSION;
      return byte === CR && state === STATE.BLANKS ? STATE.SIZE_LF : STATE.BROKEN;
    case STATE.EXTENSION:
      if (byte === QUOTE) return STATE.QUOTED;
      if (byte === CR) return STATE.SIZE_LF;
      return VALUE[byte] === 1 ? STATE.EXTENSION : STATE.BROKEN;
    case STATE.QUOTED:
      if (byte === QUOTE) return STATE.EXTENSION;
      if (byte === BACKSLASH) return STATE.ESCAPED;
      return VALUE[byte] === 1 ? STATE.QUOTED : STATE.BROKEN;
    case STATE.ESCAPED:
      return VALUE[byte] === 1 ? STATE.QUOTED : STATE.BROKEN;
    default:
      return STATE.BROKEN;
  }
}
