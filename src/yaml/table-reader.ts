/** Readers of lists and of maps whose keys a table knows, and the JSON Schema of such a table. */
import { isMap, isSeq, type Node, type YAMLMap } from 'yaml';
import { nearestName } from '../core/nearest-name.js';
import { shorten } from '../core/short-text.js';
import {
  describe,
  type JsonSchema,
  type Key,
  type KeyTable,
  optional,
  type Place,
  type Reader,
  refuse,
  type Values,
} from './reader.js';
import { INVALID, type Invalid } from './yaml-text.js';

/** A group that need not be there: each of its keys then has its own default. */
export function optionalGroup<Table extends KeyTable>(table: Table, help: string): Key<Values<Table>> {
  const defaults = Object.entries(table).map(([name, key]) => [name, key.fallback]);
  return optional(group(table), Object.fromEntries(defaults) as Values<Table>, help);
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
