import type { JsonSchema } from '../../src/yaml/reader.js';

/** Names of all keys that hold a value, sorted: `timeouts.connect`; of a list of maps those of its items, and the list. */
export function leafKeys(schema: unknown, place = ''): string[] {
  const {
    properties = {},
    items,
    anyOf = [],
  } = schema as {
    readonly properties?: Readonly<Record<string, JsonSchema>>;
    readonly items?: JsonSchema;
    readonly anyOf?: readonly JsonSchema[];
  };
  const inner = [
    ...Object.entries(properties).flatMap(([key, one]) => leafKeys(one, place === '' ? key : `${place}.${key}`)),
    ...(items === undefined ? [] : [...leafKeys(items, place), place]),
    ...anyOf.flatMap((one) => leafKeys(one, place)),
  ];
  return [...new Set(inner.length === 0 ? [place] : inner)].sort();
}
