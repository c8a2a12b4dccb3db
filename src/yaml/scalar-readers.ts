/** Readers of single values: flags, numbers, times, sizes, words and texts. */
import { isScalar, type Node } from 'yaml';
import { MAX_DURATION_MS, parseDuration } from '../core/durations.js';
import { nearestName } from '../core/nearest-name.js';
import { describe, type Place, type Reader, refuse, sourceOf } from './reader.js';

export const flag: Reader<boolean> = {
  schema: { type: 'boolean' },
  read(value, place) {
    if (isScalar(value) && typeof value.value === 'boolean') return value.value;
    const words = place.reading === 'strict' ? /^(true|false)$/ : /^(true|false|yes|no|on|off)$/i;
    const isQuoted = isScalar(value) && words.test(value.source ?? '');
    const hint = isQuoted ? `write ${value.source} without quotes` : 'write true or false';
    return refuse(place, value, `${describe(value)} is neither true nor false`, hint);
  },
};

/** A decimal number; for lenient readers also in quotes, because templates quote. `010` and `1_000` are refused: readers differ. */
export function integer(min: number, max: number, hint = `write a number from ${min} to ${max}`): Reader<number> {
  return {
    schema: { type: 'integer', minimum: min, maximum: max },
    read(value, place) {
      const source = isQuotedNumber(value, place) ? null : sourceOf(value);
      const number = source !== null && /^(0|[1-9]\d{0,14})$/.test(source) ? Number(source) : Number.NaN;
      if (number >= min && number <= max) return number;
      const advice = isQuotedNumber(value, place) ? 'write it without quotes' : hint;
      return refuse(place, value, `${describe(value)} is not a whole number from ${min} to ${max}`, advice);
    },
  };
}

export function duration(minMs: number): Reader<number> {
  return {
    schema: {
      anyOf: [
        { type: 'integer', minimum: minMs },
        { type: 'string', pattern: '^[0-9]+(ms|s|m|h|d)?$' },
      ],
    },
    read(value, place) {
      const source = isQuotedNumber(value, place) ? null : sourceOf(value);
      const durationMs = source === null ? null : parseDuration(source);
      if (durationMs === null) {
        const hint = `write 100ms, 5s, 10m, 1h or milliseconds, at most ${Math.floor(MAX_DURATION_MS / 86_400_000)}d`;
        return refuse(place, value, `${describe(value)} is not a duration`, hint);
      }
      if (durationMs >= minMs) return durationMs;
      return refuse(place, value, `${describe(value)} is too short`, `write ${minMs}ms or more`);
    },
  };
}

const SIZE_UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['k', 1_024],
  ['m', 1_048_576],
  ['g', 1_073_741_824],
]);

/** `64k`, `10m`, `1g` or bytes. */
export function size(maxBytes: number): Reader<number> {
  return {
    schema: {
      anyOf: [
        { type: 'integer', minimum: 1, maximum: maxBytes },
        { type: 'string', pattern: '^[0-9]+[kmg]$' },
      ],
    },
    read(value, place) {
      const source = isQuotedNumber(value, place) ? null : sourceOf(value);
      const match = /^([1-9]\d{0,14})([kmg]?)$/.exec(source ?? '');
      const bytes = match === null ? Number.NaN : Number(match[1]) * (SIZE_UNITS.get(match[2] ?? '') ?? 1);
      if (bytes <= maxBytes) return bytes;
      return refuse(place, value, `${describe(value)} is not a size`, 'write 64k, 10m, 1g or bytes');
    },
  };
}

/** One of a few words, in any case. `false` and `true` are words here too, for keys that can be switched off. */
export function oneOf<const T extends string>(words: readonly T[]): Reader<T> {
  return {
    // The words for completion, the pattern for those in another case.
    schema: { anyOf: [{ enum: words }, { type: 'string', pattern: `^(${words.map(anyCase).join('|')})$` }] },
    read(value, place) {
      const source = sourceOf(value)?.toLowerCase();
      const word = words.find((candidate) => candidate === source);
      if (word !== undefined) return word;
      const nearest = source === undefined ? null : nearestName(source, words);
      const hint = nearest === null ? `write ${words.join(' or ')}` : `did you mean ${nearest}?`;
      return refuse(place, value, `${describe(value)} is not one of ${words.join(', ')}`, hint);
    },
  };
}

function anyCase(word: string): string {
  return word.replace(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`);
}

const MAX_TEXT_LENGTH = 1_024;

/** A text that `accept` turns into its one spelling, or refuses with null. */
export function text(accept: (written: string) => string | null, what: string, hint: string): Reader<string> {
  return {
    schema: { type: 'string', minLength: 1, maxLength: MAX_TEXT_LENGTH },
    read(value, place) {
      const written = isScalar(value) && typeof value.value === 'string' ? value.value : null;
      if (written !== null && written.length > MAX_TEXT_LENGTH) {
        const message = `${describe(value)} has ${written.length} characters, and at most ${MAX_TEXT_LENGTH} are read`;
        return refuse(place, value, message, hint);
      }
      const accepted = written === null ? null : accept(written);
      return accepted ?? refuse(place, value, `${describe(value)} is not ${what}`, hint);
    },
  };
}

function isQuotedNumber(value: Node, { reading }: Place): boolean {
  return reading === 'strict' && isScalar(value) && typeof value.value === 'string' && /^\d*$/.test(value.value);
}
