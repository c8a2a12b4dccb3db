/** How the paths of two routes lie to each other: what is certain is right, and what is easy is found. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canShareRequests, coversPath } from '../../../edge/routes/path-cover.js';
import type { RoutePath } from '../../../src/model/app-definition.js';

/** `=/a` is exact, `~/a.*` an expression, `/a` a prefix. */
function pathOf(text: string): RoutePath {
  if (text.startsWith('=')) return { kind: 'exact', path: text.slice(1) };
  return text.startsWith('~') ? { kind: 'regex', pattern: text.slice(1) } : { kind: 'prefix', path: text };
}

test('one path covers another', () => {
  const rows: readonly [wide: string, covered: string, covers: boolean][] = [
    ['/', '/a', true],
    ['/', '~.*', true],
    ['/a', '/a', true],
    ['/a', '/a/b', true],
    ['/a', '/ab', false],
    ['/a/b', '/a', false],
    ['/a', '=/a', true],
    ['/a', '=/ab', false],
    ['=/a', '=/a', true],
    ['=/a', '=/b', false],
    ['=/a', '/a', false],
    ['=/a', '~/a', true],
    ['=/a', '~/a?', false],
    ['/a', '~/a/.*', true],
    ['/a', '~/a.*', false],
    ['/a', '~/a/b*', true],
    ['/a', '~/a/?', false],
    ['/a', '~/a/x|/b', false],
    ['~/a.*', '/ab', true],
    ['~/a.*', '/b', false],
    ['~/a.*', '~/ab+', true],
    ['~/a.*', '=/abc', true],
    ['~/a(/.*)?', '/a', true],
    ['~/a(/.*)?', '/a/b', true],
    ['~/a(?:/.*)?', '/ab', false],
    ['~/a\\.b.*', '/a.bc', true],
    ['~/a\\.b.*', '/axb', false],
    ['~/u/[0-9]+', '~/u/[0-9]+', true],
    ['~/u/[0-9]+', '~/u/1[0-9]*', false],
    ['~/u/[0-9]+', '/u', false],
  ];
  for (const [wide, covered, covers] of rows) {
    assert.equal(coversPath(pathOf(wide), pathOf(covered)), covers, `${wide} over ${covered}`);
  }
});

test('two paths can share requests unless it is certain that they cannot', () => {
  const rows: readonly [one: string, other: string, canShare: boolean][] = [
    ['/', '/a', true],
    ['/a', '/a', true],
    ['/a', '/a/b', true],
    ['/a', '/ab', false],
    ['/a', '/b', false],
    ['=/a', '=/a', true],
    ['=/a', '=/b', false],
    ['=/a/b', '/a', true],
    ['=/ab', '/a', false],
    ['=/a1', '~/a[0-9]', true],
    ['=/ab', '~/a[0-9]', false],
    ['~/a\\.b', '/a', false],
    ['~/a/b', '/a', true],
    ['~/a.*', '/ab', true],
    ['~/a.*', '/b', false],
    ['~/a[0-9]', '~/ab?', true],
    ['~/b[0-9]', '~/a[0-9]', false],
    ['~/ab*[0-9]', '/a', true],
    ['~/a|/b.', '/c', true],
  ];
  for (const [one, other, canShare] of rows) {
    assert.equal(canShareRequests(pathOf(one), pathOf(other)), canShare, `${one} and ${other}`);
    assert.equal(canShareRequests(pathOf(other), pathOf(one)), canShare, `${other} and ${one}`);
  }
});
