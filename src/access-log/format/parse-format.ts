/** HAProxy's format strings (configuration manual, 8.2.6), from text to pieces. */
import { nearestName } from '../../core/nearest-name.js';
import type { Refusal } from '../../core/refusal.js';
import { FETCHES, fetchOf } from './fetches.js';
import { FIELDS } from './fields.js';
import type { Field, FieldFlags } from './writer.js';

export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  /** One or more spaces: empty values beside it leave only one. */
  | { readonly kind: 'space' }
  | { readonly kind: 'field'; readonly field: Field; readonly flags: FieldFlags };

const NO_FLAGS: FieldFlags = { quote: false, hex: false, backslash: false };
const FLAG_NAMES: ReadonlyMap<string, keyof FieldFlags> = new Map([
  ['Q', 'quote'],
  ['X', 'hex'],
  ['E', 'backslash'],
]);
/** Sets flags for all fields behind it, and writes nothing. */
const ALL_BEHIND = 'o';
/** `%(name:type){flags}name` or `%(name:type){flags}[expression]`; HAProxy 3 has the first pair of brackets. */
const FIELD_AT = /%(?:\(([^)]*)\))?(?:\{([^}]*)\})?(?:\[((?:[^[\]()]|\([^)]*\))*)\]|([A-Za-z0-9]+))/y;

/** @returns why it is refused, and where in the text */
export function parseFormat(text: string): readonly Piece[] | Refusal {
  if (/[\r\n\0]/.test(text)) return refusal('the format has a line break or NUL', 'write one line');
  const pieces: Piece[] = [];
  let flags = NO_FLAGS;
  let plain = '';
  const endPlain = (): void => {
    if (plain !== '') pieces.push({ kind: 'text', text: plain });
    plain = '';
  };
  for (let at = 0; at < text.length; ) {
    if (text[at] === ' ') {
      endPlain();
      if (pieces.at(-1)?.kind !== 'space') pieces.push({ kind: 'space' });
      at += 1;
    } else if (text[at] !== '%' || text[at + 1] === '%') {
      plain += text[at];
      at += text[at] === '%' ? 2 : 1;
    } else {
      FIELD_AT.lastIndex = at;
      const match = FIELD_AT.exec(text);
      if (match === null) return unreadable(text, at);
      const [whole, , flagText, expression, name] = match;
      const own = flagsFrom(flags, flagText ?? '');
      if (typeof own === 'string') return unknownFlag(own, at);
      if (name === ALL_BEHIND) {
        flags = own;
      } else {
        const field = expression === undefined ? FIELD_BY_NAME.get(name ?? '') : fetchOf(expression);
        if (field === undefined) return name === undefined ? unknownFetch(expression ?? '', at) : unknownName(name, at);
        endPlain();
        pieces.push({ kind: 'field', field, flags: own });
      }
      at += whole.length;
    }
  }
  endPlain();
  if (pieces.some(({ kind }) => kind === 'field')) return pieces;
  return refusal(
    'the format has no field, so all lines would be the same',
    `write a name (${NAMED_FORMATS}) or fields such as %ci %ST`,
  );
}

const FIELD_BY_NAME: ReadonlyMap<string, Field> = new Map(Object.entries(FIELDS));
const NAMED_FORMATS = 'haproxy, httplog, tcplog, clf, json';

/** @returns the letter that is not a flag, as text */
function flagsFrom(inherited: FieldFlags, text: string): FieldFlags | string {
  const flags = { ...inherited };
  for (const flag of text.split(',')) {
    if (flag === '') continue;
    const name = FLAG_NAMES.get(flag.slice(1));
    if (name === undefined || !/^[+-]/.test(flag)) return flag;
    flags[name] = flag.startsWith('+');
  }
  return flags;
}

function refusal(message: string, hint: string): Refusal {
  return { message, hint };
}

/** Columns count from 1. */
function place(at: number): string {
  return `at column ${at + 1}`;
}

function unreadable(text: string, at: number): Refusal {
  const shown = text.slice(at, at + 12);
  return refusal(
    `"${shown}" ${place(at)} is not a field`,
    'write %name, %{+Q}name or %[expression]; %% for a percent sign',
  );
}

function unknownName(name: string, at: number): Refusal {
  const near = nearestName(name, FIELD_BY_NAME.keys());
  const hint = `there are ${[...FIELD_BY_NAME.keys()].map((one) => `%${one}`).join(' ')}; %% for a percent sign`;
  return refusal(`no field %${name} ${place(at)}`, near === null ? hint : `do you mean %${near}? ${hint}`);
}

function unknownFetch(expression: string, at: number): Refusal {
  return refusal(
    `no expression %[${expression}] ${place(at)}`,
    `there are ${FETCHES.map((one) => `%[${one}]`).join(' ')}`,
  );
}

function unknownFlag(flag: string, at: number): Refusal {
  return refusal(
    `no flag ${flag} ${place(at)}`,
    'write +Q (quotes), +X (hexadecimal), +E (escapes), or - to switch one off',
  );
}
