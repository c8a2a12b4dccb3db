import { parseAddress } from '../../core/networks.js';
import { ESCAPED_BYTES } from '../encodings.js';
import type { AccessFacts } from '../facts.js';
import type { LineBuffer } from '../line-buffer.js';

/** Writes one piece of a line. A format is a list of them, made once at the start. */
export type Writer = (line: LineBuffer, facts: AccessFacts) => void;

/** HAProxy's flags of a field: `%{+Q,+X,+E}name`. */
export interface FieldFlags {
  /** Q: in quotes, "" for a missing value. */
  readonly quote: boolean;
  /** X: addresses, ports and counters in hexadecimal digits. */
  readonly hex: boolean;
  /** E: a backslash before quotes, backslashes and "]". */
  readonly backslash: boolean;
}

/** What is known when a format is compiled. */
export interface FormatContext {
  /** Names of fields whose values %hr and %hs show. */
  readonly requestCaptures: readonly string[];
  readonly responseCaptures: readonly string[];
  readonly pid: number;
  readonly hostname: string;
}

export interface Field {
  /** For people: what it is. */
  readonly about: string;
  /** It reads the head of the response, which is kept for it. */
  readonly isOfResponse?: boolean;
  /** It writes a byte behind its value in the same step; it never writes nothing. */
  takesEnd?(flags: FieldFlags): boolean;
  /** Of a field that is the same in each line: what it is. */
  fixedText?(flags: FieldFlags): string;
  /** @param end a byte that follows, of a field that takes it */
  compile(flags: FieldFlags, context: FormatContext, end?: number): Writer;
}

type TextOf = (facts: AccessFacts) => string;
type NumberOf = (facts: AccessFacts) => number;

const QUOTE = 0x22;
const NO_VALUE = '-';

const always = (): boolean => true;
const isAsItIs = ({ backslash }: FieldFlags): boolean => !backslash;

/** A text of our own making. */
export function text(about: string, textOf: TextOf): Field {
  return { about, takesEnd: isAsItIs, compile: (flags, _, end) => textWriter(textOf, flags, null, NO_VALUE, end) };
}

/** What is not known here. */
export function unknown(about: string): Field {
  const fixedText = ({ quote }: FieldFlags): string => (quote ? '""' : NO_VALUE);
  return { about, fixedText, compile: (flags) => literal(fixedText(flags)) };
}

/** A text that a client has written. @param map of bytes that are written as `#XX` */
export function foreignText(about: string, textOf: TextOf, map: Uint8Array, absent = NO_VALUE): Field {
  return { about, compile: (flags) => textWriter(textOf, flags, map, absent) };
}

/** @param absent stands for an empty text that is not quoted */
export function textWriter(
  textOf: TextOf,
  flags: FieldFlags,
  map: Uint8Array | null,
  absent: string,
  end?: number,
): Writer {
  const writeText = textStyle(flags, map);
  if (flags.quote && map === null && !flags.backslash) {
    return (line, facts) => line.quoted(textOf(facts), end);
  }
  if (flags.quote) {
    return (line, facts) => {
      line.byte(QUOTE);
      writeText(line, textOf(facts));
      line.byte(QUOTE);
    };
  }
  if (map === null && !flags.backslash) {
    return (line, facts) => {
      const value = textOf(facts);
      line.text(value === '' ? absent : value, end);
    };
  }
  return (line, facts) => {
    const value = textOf(facts);
    writeText(line, value === '' ? absent : value);
  };
}

export function textStyle(
  { backslash }: FieldFlags,
  map: Uint8Array | null,
): (line: LineBuffer, value: string) => void {
  if (map !== null && backslash) return (line, value) => line.encodedAndEscaped(value, map, ESCAPED_BYTES);
  if (map !== null) return (line, value) => line.encoded(value, map);
  if (backslash) return (line, value) => line.escaped(value, ESCAPED_BYTES);
  return (line, value) => line.text(value);
}

export function number(about: string, numberOf: NumberOf): Field {
  return { about, takesEnd: always, compile: (_flags, _, end) => (line, facts) => line.number(numberOf(facts), end) };
}

/** @param width of its hexadecimal digits at least */
export function hexNumber(about: string, width: number, numberOf: NumberOf): Field {
  return {
    about,
    takesEnd: always,
    compile: ({ hex }, _, end) =>
      hex
        ? (line, facts) => line.text(hexDigits(numberOf(facts), width), end)
        : (line, facts) => line.number(numberOf(facts), end),
  };
}

/** A port beside an address; both are missing together. */
export function port(about: string, addressOf: TextOf, portOf: NumberOf): Field {
  return {
    about,
    takesEnd: always,
    compile({ hex, quote }, _, end) {
      const absent = quote ? '""' : NO_VALUE;
      return (line, facts) => {
        if (addressOf(facts) === '') line.text(absent, end);
        else if (hex) line.text(hexDigits(portOf(facts), 4), end);
        else line.number(portOf(facts), end);
      };
    },
  };
}

export function address(about: string, addressOf: TextOf): Field {
  return {
    about,
    takesEnd: isAsItIs,
    compile: (flags, _, end) =>
      textWriter(flags.hex ? (facts) => hexAddress(addressOf(facts)) : addressOf, flags, null, NO_VALUE, end),
  };
}

export function literal(value: string): Writer {
  if (value.length === 1) {
    const code = value.charCodeAt(0);
    return (line) => line.byte(code);
  }
  const bytes = Buffer.from(value, 'latin1');
  if (!value.endsWith(' ')) return (line) => line.raw(bytes);
  return (line) => {
    line.raw(bytes);
    line.isSeparated = true;
  };
}

function hexDigits(value: number, width: number): string {
  return value.toString(16).toUpperCase().padStart(width, '0');
}

function hexAddress(value: string): string {
  return (parseAddress(value) ?? []).map((byte) => hexDigits(byte, 2)).join('');
}
