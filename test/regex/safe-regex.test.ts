/** Expressions of routes: what two engines read alike and no path makes slow, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRefusal } from '../../src/core/refusal.js';
import { parseSafeRegex } from '../../src/regex/safe-regex.js';

const GOOD: readonly (readonly [written: string, pattern: string, literalEnd: string])[] = [
  ['^s-[0-9]+\\.one\\.example$', 's-[0-9]+\\.one\\.example', '.one.example'],
  ['/u/[0-9]+/settings', '/u/[0-9]+/settings', '/settings'],
  ['\\/v1(?:\\/.*)?', '\\/v1(?:\\/.*)?', ''],
  ['v[0-9]+(\\.[0-9]+)?', 'v[0-9]+(\\.[0-9]+)?', ''],
  ['(?:a|b)\\.one\\.example|c\\.one\\.example', '(?:a|b)\\.one\\.example|c\\.one\\.example', '.one.example'],
  ['/.*\\.php', '/.*\\.php', '.php'],
  ['/[^/]+/[^/]+', '/[^/]+/[^/]+', ''],
  ['/(ab){2}', '/(ab){2}', ''],
  ['[\\w.-]{1,8}x', '[\\w.-]{1,8}x', 'x'],
  ['a\\$$', 'a\\$', 'a$'],
  ['a\\\\\\$$', 'a\\\\\\$', 'a\\$'],
];

for (const [written, pattern, literalEnd] of GOOD) {
  test(`${written} is understood`, () => {
    const read = parseSafeRegex(written);
    assert.ok(!isRefusal(read), JSON.stringify(read));
    assert.deepEqual([read.pattern, read.literalEnd], [pattern, literalEnd]);
  });
}

const BAD: readonly (readonly [written: string, why: RegExp])[] = [
  ['', /empty/],
  ['^$', /empty/],
  ['a)|(?:.*', /"\)" without/],
  ['(a', /"\(" without/],
  ['[a', /"\[" without/],
  ['a]', /lone/],
  ['(?i)a', /options/],
  ['(?=a)', /options/],
  ['(?<!a)b', /options/],
  ['(?<name>a)', /options/],
  ['(?>a)', /options/],
  ['(*NO_JIT)a', /verb/],
  ['a\\Q.\\E', /\\Q/],
  ['\\bfoo', /\\b/],
  ['(a)\\1', /\\1/],
  ['\\x1f', /\\x/],
  ['\\pL', /\\p/],
  ['a\\', /backslash/],
  ['a$|b', /"\$" inside/],
  ['a|^b', /"\^" inside/],
  ['[[:alpha:]]', /"\[" in a class/],
  ['[a&&b]', /&&/],
  ['[]a]', /empty class/],
  ['[z-a]', /range/],
  ['[A-z]', /range/],
  ['[\\d-z]', /range/],
  ['a{,3}', /to repeat|lone/],
  ['a{200}', /count/],
  ['a{3,2}', /count/],
  ['a+?', /repeats a repetition/],
  ['a++', /repeats a repetition/],
  ['*a', /to repeat/],
  ['a b', /blank/],
  ['"a"', /quote/],
  ['é', /ASCII/],
  ['a\nb', /blank/],
  ['a'.repeat(257), /longer/],
  // What would be slow.
  ['(a+)+', /without a limit/],
  ['(a|a)*', /without a limit/],
  ['(a|ab){2,9}', /has a repetition or a choice/],
  ['.*.*x', /match the same text/],
  ['/[a-z]+[a-z0-9]*/x', /match the same text/],
  ['[a-z]{0,60}[a-z]{0,60}x', /match the same text/],
  [`${'a?'.repeat(20)}aaaa`, /choices/],
  [`${'(a|a)'.repeat(20)}b`, /choices/],
  [`${'('.repeat(50)}a${')'.repeat(50)}`, /too many groups/],
];

for (const [written, why] of BAD) {
  test(`${JSON.stringify(written.slice(0, 40))} is refused`, () => {
    const read = parseSafeRegex(written);
    assert.ok(isRefusal(read), `taken as ${JSON.stringify(read)}`);
    assert.match(read.message, why);
    assert.notEqual(read.hint, '');
  });
}

test('what is taken stays fast against the worst text that there is for it', () => {
  for (const [, pattern] of GOOD) {
    const regex = new RegExp(`^(?:${pattern})$`);
    for (const char of '/a.0x-') {
      const started = performance.now();
      regex.test(`${char.repeat(16_000)}!`);
      assert.ok(performance.now() - started < 200, `${pattern} against ${char}`);
    }
  }
});
