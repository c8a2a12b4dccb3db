/** The order in which `npm test` begins its files. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { LONGEST, parted, spread } from './order.js';

const others = Array.from({ length: 100 }, (_, index) => `other-${index}`);

test('each file begins once, the longest spread over the first part of the others', () => {
  const longest = ['a', 'b', 'c', 'd', 'e'];
  const order = spread(longest, others);
  assert.deepEqual(order.toSorted(), [...longest, ...others].toSorted());
  assert.deepEqual(order.slice(0, 3), ['a', 'b', 'other-0']);
  assert.deepEqual(
    ['c', 'd', 'e'].map((name) => order.indexOf(name)),
    [22, 43, 64],
  );
});

test('where there are few others, none of the longest is lost', () => {
  assert.deepEqual(spread(['a', 'b', 'c', 'd', 'e'], ['other']), ['a', 'b', 'other', 'c', 'd', 'e']);
  assert.deepEqual(spread(['a'], []), ['a']);
  assert.deepEqual(spread([], ['other']), ['other']);
});

test('files are parted by their names: the longest, those of long folders, the rest', () => {
  const names = [
    'state/diff.test.js',
    'registry/history.test.js',
    'e2e/pods.test.js',
    'e2e/roll.test.js',
    'e2e/placement.test.js',
  ];
  assert.deepEqual(parted(names), {
    longest: ['e2e/placement.test.js', 'e2e/pods.test.js'],
    long: ['e2e/roll.test.js', 'registry/history.test.js'],
    rest: ['state/diff.test.js'],
  });
});

test('each of the longest is a file', () => {
  for (const name of LONGEST) assert.ok(existsSync(new URL(`${name}.test.js`, import.meta.url)), name);
  assert.equal(new Set(LONGEST).size, LONGEST.length);
});
