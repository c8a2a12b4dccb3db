/** Maps under any key, and where a document does not fit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { entriesOf, issueLine } from '../../src/core/shapes.js';

test('each key of a map is kept, also one that objects have a meaning for', () => {
  const given = JSON.parse('{"__proto__": "a", "constructor": "b", "prototype": "c", "plain": "d"}') as unknown;
  const entries = v.parse(entriesOf(v.string()), given);
  assert.deepEqual(
    entries.map(([key]) => key),
    ['__proto__', 'constructor', 'prototype', 'plain'],
  );
});

test('what is not a map is refused, and so is a value of another form', () => {
  for (const wrong of [null, [], 'text', 7, undefined]) assert.equal(v.is(entriesOf(v.string()), wrong), false);
  assert.equal(v.is(entriesOf(v.string()), { a: 1 }), false);
});

test('an issue is told with its place, in the value and in the document around it', () => {
  const schema = v.object({ apps: v.array(v.object({ slot: v.number() })) });
  const issuesOf = (value: unknown) => v.safeParse(schema, value).issues ?? [];
  assert.match(issueLine(issuesOf({ apps: [{ slot: 'x' }] }), 'the file'), /^apps\.0\.slot: .*number/);
  assert.match(issueLine(issuesOf({ apps: [{ slot: 'x' }] }), 'the file', 'list.3'), /^list\.3\.apps\.0\.slot: /);
  assert.match(issueLine(issuesOf(7), 'the file'), /^the file: /);
  assert.match(issueLine(issuesOf(7), 'the file', 'list.3'), /^list\.3: /);
});
