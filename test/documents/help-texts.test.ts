/** The words of each key: they stand in the JSON Schema, and behind "it is" in an error, so each is a phrase of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SITE_KEYS } from '../../edge/site/site-keys.js';
import { APP_KEYS } from '../../src/documents/app-keys.js';
import { DEFINITION_KEYS } from '../../src/documents/definition-keys.js';
import { tableSchema } from '../../src/yaml/table-reader.js';

/** A phrase that says what the value is, without the name of its key. */
const PHRASE = /^(?:an?|the|whether|how|which|what|where|who) \S+ \S+/;

function describedKeys(schema: unknown, path: string): (readonly [path: string, description: string])[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([name, value]) => {
    if (name !== 'properties') return describedKeys(value, path);
    return Object.entries(value as Readonly<Record<string, { readonly description: string }>>).flatMap(([key, one]) => [
      [`${path}.${key}`, one.description] as const,
      ...describedKeys(one, `${path}.${key}`),
    ]);
  });
}

test('each key of apps, definitions and sites is described by a whole phrase', () => {
  const described = Object.entries({ services: APP_KEYS, definition: DEFINITION_KEYS, site: SITE_KEYS }).flatMap(
    ([name, table]) => describedKeys(tableSchema(table), name),
  );
  assert.ok(described.length > 100, `${described.length}`);
  assert.deepEqual(
    described.filter(([, description]) => !PHRASE.test(description)),
    [],
  );
});
