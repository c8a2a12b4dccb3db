/** The versions of an app on wide and narrow screens. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { historyLines, type VersionRow } from '../../../src/cli/rollout/history-text.js';

const ROW: VersionRow = {
  version: 12,
  at: '2026-01-01T12:00:00.000Z',
  author: 'ops@build-1.example.net',
  act: 'put',
  image: `registry.example.net:5000/${'x'.repeat(90)}:1.42`,
  changed: ['image', 'placement.limits.memory', 'placement.healthcheck.interval', 'env.LEVEL', 'pods'],
  isCurrent: true,
};

test('a screen that is too narrow for the table gets blocks, and nothing is left out', () => {
  assert.deepEqual(historyLines([ROW, { ...ROW, version: 11, image: null, changed: null, isCurrent: false }], 60), [
    '* 12 put 2026-01-01T12:00:00.000Z',
    '    by ops@build-1.example.net',
    `    image ${ROW.image}`,
    '    changed image, placement.limits.memory, placement.healthcheck.interval, env.LEVEL and 1 more',
    '11 put 2026-01-01T12:00:00.000Z',
    '    by ops@build-1.example.net',
  ]);
});

test('where it fits, and where nobody looks, it is a table', () => {
  const short = { ...ROW, image: 'shop:1', changed: null };
  assert.equal(historyLines([short], 81)[0]?.trim().startsWith('VERSION'), true);
  assert.equal(historyLines([ROW], Number.POSITIVE_INFINITY).length, 2);
  assert.equal(historyLines([short], 80)[0], '* 12 put 2026-01-01T12:00:00.000Z');
});
