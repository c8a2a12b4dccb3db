import { FIELD_BYTES } from '../encodings.js';
import type { AccessFacts } from '../facts.js';
import { type Field, type FieldFlags, type FormatContext, textStyle, type Writer } from './writer.js';

const COLON = 0x3a;
const SPACE = 0x20;
const TAB = 0x09;

/**
 * @param head start line and field lines
 * @param name in lower case
 * @returns the value of the last field of that name, as HAProxy captures it; empty when the field is missing
 */
export function fieldValue(head: string, name: string): string {
  let value = '';
  for (let end = head.indexOf('\r\n'); end !== -1; ) {
    const start = end + 2;
    end = head.indexOf('\r\n', start);
    if (end === -1) return value;
    if (!isNamed(head, start, end, name)) continue;
    let from = start + name.length + 1;
    while (head.charCodeAt(from) === SPACE || head.charCodeAt(from) === TAB) from += 1;
    value = head.slice(from, end);
  }
  return value;
}

function isNamed(head: string, start: number, end: number, name: string): boolean {
  const { length } = name;
  if (start + length >= end || head.charCodeAt(start + length) !== COLON) return false;
  for (let index = 0; index < length; index += 1) {
    const code = head.charCodeAt(start + index);
    const lower = code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
    if (lower !== name.charCodeAt(index)) return false;
  }
  return true;
}

const headOf = {
  request: (facts: AccessFacts) => facts.requestHead,
  response: (facts: AccessFacts) => facts.responseHead,
};

type Side = keyof typeof headOf;

function namesOf(side: Side, { requestCaptures, responseCaptures }: FormatContext): readonly string[] {
  return (side === 'request' ? requestCaptures : responseCaptures).map((name) => name.toLowerCase());
}

/** `{one|two}`; nothing where nothing is captured, or where no request could be read. */
function block(side: Side, flags: FieldFlags, context: FormatContext): Writer {
  const names = namesOf(side, context);
  const write = textStyle(flags, FIELD_BYTES);
  const [before, after] = flags.quote ? ['"{', '}"'] : ['{', '}'];
  return (line, facts) => {
    if (names.length === 0 || facts.requestHead === '') return;
    const head = headOf[side](facts);
    line.text(before);
    for (let index = 0; index < names.length; index += 1) {
      if (index > 0) line.text('|');
      write(line, fieldValue(head, names[index] ?? ''));
    }
    line.text(after);
  };
}

/** Each value for itself, with a space between. */
function list(side: Side, flags: FieldFlags, context: FormatContext): Writer {
  const names = namesOf(side, context);
  const write = textStyle(flags, FIELD_BYTES);
  return (line, facts) => {
    if (facts.requestHead === '') return;
    const head = headOf[side](facts);
    for (let index = 0; index < names.length; index += 1) {
      if (index > 0) line.separate();
      const value = fieldValue(head, names[index] ?? '');
      if (flags.quote) line.text('"');
      write(line, value === '' && !flags.quote ? '-' : value);
      if (flags.quote) line.text('"');
    }
  };
}

export const CAPTURE_FIELDS = {
  hr: {
    about: 'captured fields of the request: {one|two}',
    compile: (flags, context) => block('request', flags, context),
  },
  hrl: {
    about: 'captured fields of the request, one after the other',
    compile: (flags, context) => list('request', flags, context),
  },
  hs: {
    about: 'captured fields of the response: {one|two}',
    isOfResponse: true,
    compile: (flags, context) => block('response', flags, context),
  },
  hsl: {
    about: 'captured fields of the response, one after the other',
    isOfResponse: true,
    compile: (flags, context) => list('response', flags, context),
  },
} as const satisfies Record<string, Field>;
