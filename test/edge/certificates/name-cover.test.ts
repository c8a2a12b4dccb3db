/** Names cover names by whole labels, and a wildcard only the first one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coversName, wildcardOf } from '../../../edge/certificates/name-cover.js';

test('a wildcard covers one label, and is covered by itself alone', () => {
  const rows: readonly [name: string, wanted: string, covers: boolean][] = [
    ['shop.example', 'shop.example', true],
    ['shop.example', 'www.shop.example', false],
    ['*.shop.example', 'www.shop.example', true],
    ['*.shop.example', 'shop.example', false],
    ['*.shop.example', 'a.b.shop.example', false],
    ['*.shop.example', '*.shop.example', true],
    ['*.example', '*.shop.example', false],
    ['*.shop.example', 'xshop.example', false],
    ['*', 'localhost', true],
    ['*', 'a.example', false],
  ];
  for (const [name, wanted, covers] of rows) assert.equal(coversName(name, wanted), covers, `${name} ${wanted}`);
});

test('the wildcard of a host', () => {
  assert.deepEqual(['www.one.example', '.example', 'localhost'].map(wildcardOf), ['*.one.example', '*.example', '*']);
});
