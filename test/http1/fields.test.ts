/** Names are told apart by length and first letter before anything is compared: no two may share both. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BLEED_MARK_NAME, classifyField, FIELD, type FieldKind } from '../../src/http1/fields.js';

const KINDS: Readonly<Record<string, FieldKind>> = {
  Host: FIELD.HOST,
  Connection: FIELD.CONNECTION,
  'Content-Length': FIELD.CONTENT_LENGTH,
  'Transfer-Encoding': FIELD.TRANSFER_ENCODING,
  Upgrade: FIELD.UPGRADE,
  Expect: FIELD.EXPECT,
  Cookie: FIELD.COOKIE,
  'Keep-Alive': FIELD.KEEP_ALIVE,
  TE: FIELD.HOP_BY_HOP,
  'Proxy-Connection': FIELD.HOP_BY_HOP,
  'HTTP2-Settings': FIELD.HOP_BY_HOP,
  'X-Forwarded-For': FIELD.FORWARDED_FOR,
  'X-Forwarded-Port': FIELD.FORWARDED_PORT,
  'X-Forwarded-Proto': FIELD.FORWARDED_PROTO,
  [BLEED_MARK_NAME]: FIELD.BLEED_MARK,
  Trailer: FIELD.TRAILER,
  'Max-Forwards': FIELD.MAX_FORWARDS,
  Proxy: FIELD.PROXY,
};

const alternating = (name: string): string =>
  [...name].map((char, index) => (index % 2 === 0 ? char.toLowerCase() : char.toUpperCase())).join('');

function kindOf(name: string): FieldKind {
  // In the middle of a text, where it stands in a head.
  return classifyField(Buffer.from(`X: y\r\n${name}: z\r\n`, 'latin1'), 6, name.length);
}

test('every name that is known is its kind, in any case', () => {
  for (const [name, kind] of Object.entries(KINDS)) {
    for (const text of [name, name.toLowerCase(), name.toUpperCase(), alternating(name)]) {
      assert.equal(kindOf(text), kind, text);
    }
  }
  const kinds = new Set(Object.values(KINDS));
  for (const kind of Object.values(FIELD))
    assert.ok(kind === FIELD.OTHER || kind === FIELD.LOOKALIKE || kinds.has(kind), `kind ${kind} is tried`);
});

test('no two names share length and first letter', () => {
  const keys = Object.keys(KINDS).map((name) => `${name.length}${name.charAt(0).toLowerCase()}`);
  assert.equal(new Set(keys).size, keys.length);
});

test('a name with one byte changed, more or less is another field', () => {
  for (const name of Object.keys(KINDS)) {
    for (let index = 0; index < name.length; index += 1) {
      // Bit 5 apart is the other case of a letter and another byte for anything else.
      for (const bit of [1, 2, 4, 8, 16, 32, 64, 128]) {
        const char = String.fromCharCode(name.charCodeAt(index) ^ bit);
        if (char.toLowerCase() === name.charAt(index).toLowerCase()) continue;
        const changed = name.slice(0, index) + char + name.slice(index + 1);
        const isLookalike = name.charAt(index) === '-' && !/[0-9a-z]/i.test(char);
        assert.equal(kindOf(changed), isLookalike ? FIELD.LOOKALIKE : FIELD.OTHER, JSON.stringify(changed));
      }
    }
    assert.equal(kindOf(`${name}x`), FIELD.OTHER);
    assert.equal(kindOf(name.slice(0, -1)), FIELD.OTHER);
  }
});

test('longer than every name', () => assert.equal(kindOf('x'.repeat(64)), FIELD.OTHER));
