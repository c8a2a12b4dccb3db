import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wrapLine } from '../../src/cli/line-wrap.js';

test('a line that fits stays as it is', () => {
  assert.deepEqual(wrapLine('one  two', 8), ['one  two']);
  assert.deepEqual(wrapLine('', 0), ['']);
  assert.deepEqual(wrapLine('x'.repeat(500), Number.POSITIVE_INFINITY), ['x'.repeat(500)]);
});

test('one that does not is broken between words, and those behind the first are indented', () => {
  assert.deepEqual(wrapLine('one two three four', 12), ['one two', '    three', '    four']);
  assert.deepEqual(wrapLine('  shop   21034  1/1', 14), ['  shop   21034', '    1/1']);
});

test('an indentation is kept where it leaves room', () => {
  assert.deepEqual(wrapLine('ok  one two three', 15, 5), ['ok  one two', '     three']);
  assert.deepEqual(wrapLine('ok  one two three', 14, 5), ['ok  one two', '    three']);
});

test('a word is never broken, so that it can be copied', () => {
  assert.deepEqual(wrapLine('see /a/very/long/path now', 10), ['see', '    /a/very/long/path', '    now']);
});

test('colours have no width, and stay where they are', () => {
  assert.deepEqual(wrapLine('\x1b[1mone\x1b[22m two', 7), ['\x1b[1mone\x1b[22m two']);
  assert.deepEqual(wrapLine('\x1b[31mone two\x1b[39m six', 8), ['\x1b[31mone two\x1b[39m', '    six']);
});
