/** Words of haproxy.cfg: what is written bare, what is quoted, what is refused, and how HAProxy reads a line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RefusedValue } from '../../../edge/syntax/refused-value.js';
import { choiceWord, durationWord, nameWord, numberWord, parseWords, word } from '../../../edge/syntax/words.js';

/** Refused with the field, the reason, and both as its message. */
function refused(write: () => unknown, reason: string): void {
  assert.throws(write, (error) => {
    assert.ok(error instanceof RefusedValue);
    assert.deepEqual(
      [error.name, error.field, error.reason, error.message],
      ['RefusedValue', 'app.key', reason, `app.key ${reason}`],
    );
    return true;
  });
}

test('a word stands bare where each of its characters is plain, and in quotes where not', () => {
  for (const plain of ['a', 'AZaz09_./:@=+-', '/healthz?'.slice(0, 8)]) assert.equal(word('app.key', plain), plain);
  for (const odd of ['a b', ' ', '#', '"', '$HOME', '\\', '~', '&', '(', 'a#', '#a', '?x', 'x?']) {
    assert.equal(word('app.key', odd), `'${odd}'`);
    assert.deepEqual(parseWords(word('app.key', odd)), [odd]);
  }
});

test('a word is refused that is empty, or has an apostrophe or a character that is not printable ASCII', () => {
  refused(() => word('app.key', ''), 'is empty');
  const reason = "has a ' or a character that is not printable ASCII";
  for (const bad of ["'", "a'b", "'a", "a'", '\n', 'a\n', '\na', '\x1f', '\x7f', 'é', 'a\0b']) {
    refused(() => word('app.key', bad), reason);
  }
});

test('a number is whole and as large as it must be', () => {
  assert.deepEqual(
    [numberWord('app.key', 1), numberWord('app.key', 0, 0), numberWord('app.key', 7, 7)],
    ['1', '0', '7'],
  );
  assert.equal(numberWord('app.key', Number.MAX_SAFE_INTEGER), '9007199254740991');
  for (const bad of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    refused(() => numberWord('app.key', bad), 'is not a whole number from 1 up');
  }
  refused(() => numberWord('app.key', 6, 7), 'is not a whole number from 7 up');
});

test('a duration says its unit, is not zero, and is one that the timers of HAProxy take', () => {
  const written = [1, 999, 1_000, 1_001, 60_000, 2_147_483_647].map((ms) => durationWord('app.key', ms));
  assert.deepEqual(written, ['1ms', '999ms', '1s', '1001ms', '60s', '2147483647ms']);
  refused(() => durationWord('app.key', 0), 'is not a whole number from 1 up');
  refused(() => durationWord('app.key', 0.5), 'is not a whole number from 1 up');
  refused(() => durationWord('app.key', 2_147_483_648), 'is too long');
});

test('a name is of a closed alphabet from its first character to its last', () => {
  for (const good of ['a', 'Z', '0', '_', 'be_shop.1:x-y', 'a.']) assert.equal(nameWord('app.key', good), good);
  for (const bad of ['', '.a', '-a', ':a', 'a b', 'a\n', '\na', 'a/', "a'", 'ä']) {
    refused(() => nameWord('app.key', bad), 'is not a name');
  }
});

test('a choice is one of those that are known', () => {
  assert.equal(choiceWord('app.key', 'b', ['a', 'b']), 'b');
  refused(() => choiceWord<string>('app.key', 'c', ['a', 'b']), 'is not one of a, b');
});

test('a line is read as HAProxy reads it', () => {
  const readings: readonly [line: string, words: readonly string[]][] = [
    ['', []],
    ['   ', []],
    ['# a comment', []],
    ['a', ['a']],
    ['  a  b ', ['a', 'b']],
    ['a #b', ['a']],
    ['a#b c', ['a']],
    ['~', ['~']],
    // Quotes: empty ones are a word, and they join with what stands beside them.
    [`a '' ""`, ['a', '', '']],
    [`a'b c'"d e"f`, ['ab cd ef']],
    [`'a#"b' "c#'d"`, ['a#"b', "c#'d"]],
    [`'$A' $A`, ['$A', '$A']],
    // Escapes count outside of quotes and in double ones.
    [String.raw`\ \#\'\"\\`, [` #'"\\`]],
    [String.raw`"\ \#\'\"\\"`, [` #'"\\`]],
    [String.raw`'\n\x41\'`, [String.raw`\n\x41\\`.slice(0, -1)]],
    [String.raw`\n\r\t`, ['\n\r\t']],
    [String.raw`\x41\x4a\x4A`, ['AJJ']],
    [String.raw`a\x41b`, ['aAb']],
    // What is no escape keeps its backslash.
    [String.raw`\d\.\x4\xg0`, [String.raw`\d\.\x4\xg0`]],
    [String.raw`\\n`, [String.raw`\n`]],
  ];
  for (const [line, words] of readings) assert.deepEqual(parseWords(line), words, line);
});

test('a line without one reading is refused', () => {
  const faults: readonly [line: string, message: string][] = [
    ['a\tb', 'a character that is not printable ASCII'],
    ['a\x7f', 'a character that is not printable ASCII'],
    ['é', 'a character that is not printable ASCII'],
    ["a 'b", "a ' without its end"],
    ['a "b', 'a " without its end'],
    [`'a"`, "a ' without its end"],
    ['"$A"', 'a variable of the environment'],
    ['a\\', 'a backslash at the end'],
    ['"a\\', 'a backslash at the end'],
  ];
  for (const [line, message] of faults) assert.throws(() => parseWords(line), { message }, line);
});
