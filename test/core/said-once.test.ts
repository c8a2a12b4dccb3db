import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SaidOnce } from '../../src/core/said-once.js';

const itself = (text: string): string => text;

test('what goes on is said once, and again when it comes back', () => {
  const said = new SaidOnce();
  assert.deepEqual(said.newAmong(['a', 'b'], itself), ['a', 'b']);
  assert.deepEqual(said.newAmong(['b', 'c', 'a'], itself), ['c']);
  assert.deepEqual(said.newAmong([], itself), []);
  assert.deepEqual(said.newAmong(['a'], itself), ['a']);
});

test('two things of one text are said once', () => {
  const said = new SaidOnce();
  const two = [
    { text: 'a', place: 1 },
    { text: 'a', place: 2 },
  ];
  assert.equal(said.newAmong(two, ({ text }) => text).length, 1);
});
