/**
 * One line of haproxy.cfg and its words (HAProxy manual, 2.2 "Quoting and escaping"). Values are refused, never cleaned;
 * what was written is read back by the rules of the program that will read it, and has to be the same.
 */
import { RefusedValue } from './refused-value.js';

/** Needs no quotes anywhere, and means nothing special to anybody. */
const BARE = /^[A-Za-z0-9_./:@=+-]+$/;
/** Inside of '...' every character means itself. */
const QUOTABLE = /^[\x20-\x26\x28-\x7e]+$/;

/** One value as one word. @param field names the value where it is refused */
export function word(field: string, value: string): string {
  if (!QUOTABLE.test(value)) {
    throw new RefusedValue(field, value === '' ? 'is empty' : "has a ' or a character that is not printable ASCII");
  }
  const written = BARE.test(value) ? value : `'${value}'`;
  const read = parseWords(written);
  if (read.length !== 1 || read[0] !== value) throw new RefusedValue(field, 'would be read as something else');
  return written;
}

/** Decimal, from `min` on. */
export function numberWord(field: string, value: number, min = 1): string {
  if (!Number.isSafeInteger(value) || value < min)
    throw new RefusedValue(field, `is not a whole number from ${min} up`);
  return String(value);
}

/** Milliseconds with their unit, above zero: zero switches most of HAProxy's timeouts off. */
export function durationWord(field: string, durationMs: number): string {
  // The longest that HAProxy's timers take (manual, 2.5 "Time format").
  if (durationMs > 2_147_483_647) throw new RefusedValue(field, 'is too long');
  const text = numberWord(field, durationMs);
  return durationMs % 1_000 === 0 ? `${durationMs / 1_000}s` : `${text}ms`;
}

/** For names of things in the configuration, of a closed alphabet. */
export function nameWord(field: string, value: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.:-]*$/.test(value)) throw new RefusedValue(field, 'is not a name');
  return value;
}

/** One of a few words that HAProxy knows. */
export function choiceWord<T extends string>(field: string, value: T, known: readonly T[]): T {
  if (!known.includes(value)) throw new RefusedValue(field, `is not one of ${known.join(', ')}`);
  return value;
}

/**
 * The words of a line as HAProxy reads them.
 * @throws Error for a line that has no reading, or one that depends on the environment
 */
export function parseWords(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (char < ' ' || char > '~') throw new Error('a character that is not printable ASCII');
    if (quote === null && char === '#') break;
    if (quote === null && char === ' ') {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    word ??= '';
    if (char === quote) quote = null;
    else if (quote === null && (char === '"' || char === "'")) quote = char;
    else if (char === '$' && quote === '"') throw new Error('a variable of the environment');
    else if (char === '\\' && quote !== "'") {
      const escaped = readEscape(line.slice(at + 1));
      word += escaped.text;
      at += escaped.length;
    } else word += char;
  }
  if (quote !== null) throw new Error(`a ${quote} without its end`);
  if (word !== null) words.push(word);
  return words;
}

const CONTROLS: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

function readEscape(rest: string): { readonly text: string; readonly length: number } {
  const hex = /^x([0-9a-fA-F]{2})/.exec(rest)?.[1];
  if (hex !== undefined) return { text: String.fromCharCode(Number.parseInt(hex, 16)), length: 3 };
  const char = rest.charAt(0);
  if (char === '') throw new Error('a backslash at the end');
  if ('\\ #\'"'.includes(char)) return { text: char, length: 1 };
  const control = CONTROLS.get(char);
  return control === undefined ? { text: '\\', length: 0 } : { text: control, length: 1 };
}
