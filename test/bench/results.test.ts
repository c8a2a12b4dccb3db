/** A part that is measured again takes the place of its older figures, and of no others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Comparison } from '../../bench/figures.js';
import { mergeResults, type Results } from '../../bench/results.js';

const MACHINE = { cores: 2, processor: 'a processor', kernel: '6.1', node: 'v20.0.0' };
const ORDER = ['small', 'large', 'idle'];

function resultsOf(day: string, workloads: readonly string[], machine = MACHINE): Results {
  const rest = { unit: 'KB', rounds: 1, contenders: [], missing: [], day };
  return {
    machine,
    comparisons: workloads.map((workload): Comparison => ({ workload, title: workload, ...rest })),
    promises: workloads.map((workload) => ({ workload, isKept: true, text: workload, figure: day })),
  };
}

function daysOf({ comparisons, promises }: Results) {
  return {
    comparisons: comparisons.map(({ workload, day }) => [workload, day]),
    promises: promises.map(({ workload, figure }) => [workload, figure]),
  };
}

test('what was measured again replaces its older figures and promises; the rest stays, in the order of the workloads', () => {
  const kept = resultsOf('2026-01-02', ['small', 'large', 'idle']);
  const merged = mergeResults(kept, resultsOf('2026-01-09', ['large']), ORDER);
  const expected = [
    ['small', '2026-01-02'],
    ['large', '2026-01-09'],
    ['idle', '2026-01-02'],
  ];
  assert.deepEqual(daysOf(merged), { comparisons: expected, promises: expected });
});

test('figures of another processor, kernel or Node are not kept beside new ones', () => {
  const kept = resultsOf('2026-01-02', ['small', 'idle'], { ...MACHINE, processor: 'another' });
  const merged = mergeResults(kept, resultsOf('2026-01-09', ['large']), ORDER);
  assert.deepEqual(daysOf(merged).comparisons, [['large', '2026-01-09']]);
  assert.equal(merged.machine.processor, 'a processor');
});

test('a workload that was removed goes', () => {
  const merged = mergeResults(resultsOf('2026-01-02', ['small', 'former']), resultsOf('2026-01-09', ['idle']), ORDER);
  assert.deepEqual(daysOf(merged).promises, [
    ['small', '2026-01-02'],
    ['idle', '2026-01-09'],
  ]);
});
