/** The versions of an app on screens of any width. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { historyLines, type VersionRow, wrapped } from '../../../src/cli/rollout/history-text.js';

const ROW: VersionRow = {
  version: 12,
  at: '2026-01-01T12:00:00.000Z',
  author: 'ops@build-1.example.net',
  act: 'put',
  image: `registry.example.net:5000/${'x'.repeat(90)}:1.42`,
  changed: ['image', 'placement.limits.memory', 'placement.healthcheck.interval', 'env.LEVEL', 'pods'],
  isCurrent: true,
};

test('a screen of 60 columns gets blocks that keep within it, and nothing is left out', () => {
  const lines = historyLines([ROW, { ...ROW, version: 11, image: null, changed: null, isCurrent: false }], 60);
  assert.deepEqual(
    lines.filter((line) => line.length > 60),
    [],
  );
  assert.equal(lines[0], '* 12 put 2026-01-01T12:00:00.000Z');
  assert.equal(lines[1], '    by ops@build-1.example.net');
  assert.match(lines.map((line) => line.trim()).join(''), new RegExp(`${ROW.image ?? ''}`.slice(-80)));
  assert.match(lines.join(' ').replace(/ +/g, ' '), /placement\.healthcheck\.interval, env\.LEVEL and 1 more/);
  assert.deepEqual(lines.slice(-2), ['11 put 2026-01-01T12:00:00.000Z', '    by ops@build-1.example.net']);
});

test('where it fits, and where nobody looks, it is a table', () => {
  const short = { ...ROW, image: 'shop:1', changed: null };
  assert.equal(historyLines([short], 81)[0]?.trim().startsWith('VERSION'), true);
  assert.equal(historyLines([ROW], null).length, 2);
  assert.equal(historyLines([short], 80)[0], '* 12 put 2026-01-01T12:00:00.000Z');
});

test('text is broken at a space, or where the screen ends', () => {
  assert.deepEqual(wrapped('one two three', 8), ['one two', 'three']);
  assert.deepEqual(wrapped('abcdefghij', 4, ' '), [' abc', ' def', ' ghi', ' j']);
  assert.deepEqual(wrapped('short', 60), ['short']);
});
