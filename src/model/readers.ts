/**
 * Small readers that a table of keys is made of. Each turns one YAML node into one value of the model, or notes what is
 * wrong with it; each carries the JSON Schema of what it accepts.
 */
import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { MAX_DURATION_MS, parseDuration } from '../core/durations.js';
import type { Instance } from './app.js';
import { nearestName } from './nearest-name.js';
import { INVALID, type Invalid, shorten, type YamlText } from './yaml-text.js';

export type JsonSchema = { readonly [key: string]: unknown };

export interface Reader<T> {
  readonly schema: JsonSchema;
  /** `value` says something: a key without a value never comes here. */
  read(value: Node, place: Place): T | Invalid;
}

export interface Key<T> {
  readonly reader: Reader<T>;
  readonly isRequired: boolean;
  /** What the key means when it is not there. */
  readonly fallback: T | undefined;
  readonly help: string;
  /** Other names that are understood. */
  readonly aliases: readonly string[];
}

export type KeyTable = { readonly [name: string]: Key<unknown> };
export type Values<Table extends KeyTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Key<infer T> ? T : never;
};

/** Where a value stands: the text, the app and the path of keys that messages begin with. */
export interface Place {
  readonly text: YamlText;
  /** The name of the source, for origins. */
  readonly source: string;
  /** null: not known yet, or of no one app. */
  readonly app: string | null;
  readonly path: string;
  /**
   * lenient, for the old files: an unknown key is a warning, a quoted number a number. strict, for the registry: both
   * are errors.
   */
  readonly reading: 'lenient' | 'strict';
  /** Instances of the app as they are in force, by id: what counts where a word of one cannot be read. */
  readonly lastInstances?: ReadonlyMap<string, Instance>;
}

export function required<T>(reader: Reader<T>, help: string, aliases: readonly string[] = []): Key<T> {
  return { reader, isRequired: true, fallback: undefined, help, aliases };
}

export function optional<T>(reader: Reader<T>, fallback: T, help: string, aliases: readonly string[] = []): Key<T> {
  return { reader, isRequired: false, fallback, help, aliases };
}

/** A group that need not be there: each of its keys then has its own default. */
export function optionalGroup<Table extends KeyTable>(table: Table, help: string): Key<Values<Table>> {
  const defaults = Object.entries(table).map(([name, key]) => [name, key.fallback]);
  return optional(group(table), Object.fromEntries(defaults) as Values<Table>, help);
}

export function refuse(place: Place, node: Node, message: string, hint: string): Invalid {
  place.text.note('error', place.app, node, `${place.path}: ${message}`, hint);
  return INVALID;
}

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

export function list<T>(item: Reader<T>, hint: string): Reader<readonly T[]> {
  return {
    schema: { type: 'array', items: item.schema },
    read(value, place) {
      if (!isSeq(value)) return refuse(place, value, `${describe(value)} is not a list`, hint);
      const values = value.items.map((element, index) => {
        const node = place.text.resolve(element);
        const inner = { ...place, path: `${place.path}[${index}]` };
        return node === null ? refuse(inner, value, 'this element is empty', hint) : item.read(node, inner);
      });
      // All elements are read first, so that one look shows all that is wrong.
      return values.includes(INVALID) ? INVALID : (values as T[]);
    },
  };
}

/** A map whose keys a table knows. */
export function group<Table extends KeyTable>(table: Table): Reader<Values<Table>> {
  return {
    schema: tableSchema(table),
    read(value, place) {
      if (isMap(value)) return readTable(table, value, value, place);
      return refuse(place, value, `${describe(value)} is not a map`, `write {${Object.keys(table)[0]}: ...}`);
    },
  };
}

/**
 * Reads a map by its table, defaults filled in.
 * @param owner where a missing key is reported: the name of what the map describes
 */
export function readTable<Table extends KeyTable>(
  table: Table,
  map: YAMLMap,
  owner: Node,
  place: Place,
): Values<Table> | Invalid {
  const entries = place.text.entries(map, place.app);
  if (entries === INVALID) return INVALID;
  const known = new Map<string, readonly [name: string, definition: Key<unknown>]>();
  for (const entry of Object.entries(table)) for (const name of [entry[0], ...entry[1].aliases]) known.set(name, entry);

  const values = new Map<string, unknown>();
  const written = new Map<string, string>();
  let isInvalid = false;
  for (const { name: writtenName, key, value } of entries) {
    const meant = known.get(writtenName);
    if (meant === undefined) {
      if (noteUnknown(writtenName, key, known.keys(), place) === 'error') isInvalid = true;
      continue;
    }
    const [name, definition] = meant;
    if (value === null) {
      if (!definition.isRequired) continue;
      refuse({ ...place, path: `${place.path}.${writtenName}` }, key, 'has no value', `it is ${definition.help}`);
      written.set(name, writtenName);
      isInvalid = true;
      continue;
    }
    const read = definition.reader.read(value, { ...place, path: `${place.path}.${writtenName}` });
    const earlier = written.get(name);
    const before = values.get(name);
    if (earlier !== undefined && read !== INVALID && before !== undefined && before !== read) {
      refuse(place, key, `${earlier} and ${writtenName} mean the same and differ`, 'keep one of them');
      isInvalid = true;
    }
    written.set(name, writtenName);
    if (read === INVALID) isInvalid = true;
    else values.set(name, read);
  }
  for (const [name, definition] of Object.entries(table)) {
    if (written.has(name)) continue;
    if (definition.isRequired) {
      refuse(place, owner, `${name} is missing`, `add "${name}:", ${definition.help}`);
      isInvalid = true;
    } else values.set(name, definition.fallback);
  }
  // The loops above have filled each key of the table with what its own reader gave.
  return isInvalid ? INVALID : (Object.fromEntries(values) as Values<Table>);
}

function noteUnknown(name: string, key: Node, known: Iterable<string>, place: Place): 'warning' | 'error' {
  const nearest = nearestName(name, known);
  const hint = nearest === null ? 'it has no effect; remove it' : `did you mean "${nearest}"?`;
  const severity = place.reading === 'strict' ? 'error' : 'warning';
  // `env=DB=secret` is one key in the eyes of YAML.
  const said = shorten(name.replace(/[=:].*$/s, '...'));
  place.text.note(severity, place.app, key, `${place.path}: unknown key "${said}"`, hint);
  return severity;
}

export function tableSchema(table: KeyTable): JsonSchema {
  const properties: [name: string, schema: JsonSchema][] = [];
  for (const [name, { reader, help, fallback, aliases }] of Object.entries(table)) {
    const isPlain = ['string', 'number', 'boolean'].includes(typeof fallback);
    const schema = { ...reader.schema, description: help, ...(isPlain ? { default: fallback } : {}) };
    for (const known of [name, ...aliases]) properties.push([known, schema]);
  }
  const needed = Object.entries(table).filter(([, key]) => key.isRequired && key.aliases.length === 0);
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    additionalProperties: false,
    ...(needed.length > 0 ? { required: needed.map(([name]) => name) } : {}),
  };
}

/** What was written, without quotes; null for what is no scalar. */
function sourceOf(value: Node): string | null {
  return isScalar(value) ? (value.source ?? String(value.value)) : null;
}

function isQuotedNumber(value: Node, { reading }: Place): boolean {
  return reading === 'strict' && isScalar(value) && typeof value.value === 'string' && /^\d*$/.test(value.value);
}

export function describe(value: Node): string {
  if (isMap(value)) return 'a map';
  if (isSeq(value)) return 'a list';
  return `"${shorten(sourceOf(value) ?? '')}"`;
}
