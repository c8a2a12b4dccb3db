/** The tables of bytes against the sets of the RFCs, written out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALPHANUMERIC, HEX, NAME, TARGET, TOKEN, VALUE } from '../../src/http1/characters.js';

const DIGITS = '0123456789';
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

function bytesOf(table: Uint8Array): string {
  assert.equal(table.length, 256);
  return [...table.keys()]
    .filter((code) => table[code] === 1)
    .map((code) => String.fromCharCode(code))
    .join('');
}

const sorted = (text: string): string => [...text].sort().join('');
const range = (first: number, last: number): string =>
  String.fromCharCode(...Array.from({ length: last - first + 1 }, (_, index) => first + index));

test('each table holds its bytes and no other', () => {
  assert.equal(bytesOf(ALPHANUMERIC), sorted(DIGITS + LETTERS));
  assert.equal(bytesOf(TOKEN), sorted(`!#$%&'*+-.^_\`|~${DIGITS}${LETTERS}`));
  assert.equal(bytesOf(NAME), sorted(`._-${DIGITS}${LETTERS}`));
  assert.equal(bytesOf(TARGET), range(0x21, 0x7e).replace('#', ''));
  assert.equal(bytesOf(VALUE), `\t${range(0x20, 0x7e)}${range(0x80, 0xff)}`);
});

test('hexadecimal digits have their value, all other bytes 255', () => {
  for (const [code, value] of HEX.entries()) {
    const place = '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase());
    assert.equal(value, place === -1 ? 255 : place, String(code));
  }
});
