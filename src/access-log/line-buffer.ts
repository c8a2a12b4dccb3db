const FIRST_CAPACITY = 65_536;
/** Longer text is copied by one call of Node; below that the call costs more than a loop over the characters. */
const LONG_TEXT = 24;
const LONG_BYTES = 64;
const ZERO = 0x30;
const MINUS = 0x2d;
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NUMBER_SIGN = 0x23;
const HEX = '0123456789ABCDEF';
const UNICODE_ESCAPE = Buffer.from('\\u00');
const MAX_DIGITS = 16;
/** No byte. */
export const NO_END = -1;

/** Bytes of finished lines, and of the one that is being written. No call allocates while the buffer is large enough. */
export class LineBuffer {
  bytes = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  length = 0;
  /** The last byte came from `separate`, so that an empty value leaves no second space. */
  isSeparated = false;

  /** Makes room for so many more bytes. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  /** Forgets what it holds, and a size that only a flood of lines has needed. */
  clear(): void {
    this.length = 0;
    if (this.bytes.length > 4 * FIRST_CAPACITY) this.bytes = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  }

  byte(code: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length] = code;
    this.length += 1;
    this.isSeparated = false;
  }

  /** One space, however many empty values stand behind each other. */
  separate(): void {
    if (this.isSeparated) return;
    this.byte(SPACE);
    this.isSeparated = true;
  }

  /** Bytes as they are: half the time of the same text. */
  raw(source: Uint8Array): void {
    const { length } = source;
    if (this.length + length > this.bytes.length) this.reserve(length);
    const { bytes, length: at } = this;
    if (length > LONG_BYTES) bytes.set(source, at);
    else for (let index = 0; index < length; index += 1) bytes[at + index] = source[index] ?? 0;
    this.length = at + length;
    this.isSeparated = false;
  }

  /** Latin1 text as it is. @param end a byte behind it, where there is a text */
  text(text: string, end = NO_END): void {
    const { length } = text;
    if (length === 0) return;
    if (this.length + length >= this.bytes.length) this.reserve(length + 1);
    const { bytes, length: at } = this;
    if (length > LONG_TEXT) {
      bytes.latin1Write(text, at, length);
    } else {
      for (let index = 0; index < length; index += 1) bytes[at + index] = text.charCodeAt(index);
    }
    this.length = at + length;
    this.isSeparated = end === SPACE;
    if (end === NO_END) return;
    bytes[this.length] = end;
    this.length += 1;
  }

  /** Latin1 text in quotes. @param end a byte behind them */
  quoted(text: string, end = NO_END): void {
    const { length } = text;
    if (this.length + length + 3 > this.bytes.length) this.reserve(length + 3);
    const { bytes, length: at } = this;
    bytes[at] = QUOTE;
    if (length > LONG_TEXT) {
      bytes.latin1Write(text, at + 1, length);
    } else {
      for (let index = 0; index < length; index += 1) bytes[at + 1 + index] = text.charCodeAt(index);
    }
    bytes[at + 1 + length] = QUOTE;
    this.length = at + length + 2;
    this.isSeparated = end === SPACE;
    if (end === NO_END) return;
    bytes[this.length] = end;
    this.length += 1;
  }

  /** Text whose bytes of the map are written as `#XX`, as HAProxy does. */
  encoded(text: string, map: Uint8Array): void {
    const { length } = text;
    if (this.length + 3 * length > this.bytes.length) this.reserve(3 * length);
    const { bytes } = this;
    let at = this.length;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index) & 255;
      if (map[code] === 0) {
        bytes[at] = code;
        at += 1;
      } else {
        bytes[at] = NUMBER_SIGN;
        bytes[at + 1] = HEX.charCodeAt(code >> 4);
        bytes[at + 2] = HEX.charCodeAt(code & 15);
        at += 3;
      }
    }
    this.length = at;
    if (length > 0) this.isSeparated = false;
  }

  /** Text as it stands in a string of JSON; a byte of the map is written as `\u00XX`. */
  json(text: string, map: Uint8Array): void {
    const { length } = text;
    if (this.length + 6 * length > this.bytes.length) this.reserve(6 * length);
    const { bytes } = this;
    let at = this.length;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index) & 255;
      if (map[code] === 0) {
        bytes[at] = code;
        at += 1;
      } else {
        bytes.set(UNICODE_ESCAPE, at);
        bytes[at + 4] = HEX.charCodeAt(code >> 4);
        bytes[at + 5] = HEX.charCodeAt(code & 15);
        at += 6;
      }
    }
    this.length = at;
    this.isSeparated = false;
  }

  /** Text whose bytes of the map have a backslash before them. */
  escaped(text: string, map: Uint8Array): void {
    const { length } = text;
    this.reserve(2 * length);
    const { bytes } = this;
    let at = this.length;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index) & 255;
      if (map[code] !== 0) {
        bytes[at] = BACKSLASH;
        at += 1;
      }
      bytes[at] = code;
      at += 1;
    }
    this.length = at;
    this.isSeparated = false;
  }

  /** `encoded`, and a backslash before what is left of the other map. */
  encodedAndEscaped(text: string, map: Uint8Array, escapes: Uint8Array): void {
    for (const character of text) {
      if (map[character.charCodeAt(0) & 255] === 0) this.escaped(character, escapes);
      else this.encoded(character, map);
    }
  }

  /** A whole number in decimal digits. @param end a byte behind it */
  number(value: number, end = NO_END): void {
    if (this.length + MAX_DIGITS + 2 > this.bytes.length) this.reserve(MAX_DIGITS + 2);
    this.isSeparated = end === SPACE;
    const { bytes } = this;
    let rest = value;
    if (rest < 0) {
      bytes[this.length] = MINUS;
      this.length += 1;
      rest = -rest;
    }
    let digits = 1;
    for (let bound = 10; bound <= rest && digits < MAX_DIGITS; bound *= 10) digits += 1;
    for (let index = digits - 1; index >= 0; index -= 1) {
      // Exact, so that no fraction is allocated.
      const digit = rest % 10;
      bytes[this.length + index] = ZERO + digit;
      rest = (rest - digit) / 10;
    }
    this.length += digits;
    if (end === NO_END) return;
    bytes[this.length] = end;
    this.length += 1;
  }

  /** A number below 1 000 as three digits. */
  milliseconds(value: number): void {
    this.reserve(3);
    this.isSeparated = false;
    const { bytes, length: at } = this;
    const ones = value % 10;
    const tens = ((value - ones) / 10) % 10;
    bytes[at] = ZERO + (value - 10 * tens - ones) / 100;
    bytes[at + 1] = ZERO + tens;
    bytes[at + 2] = ZERO + ones;
    this.length = at + 3;
  }
}
