/** What is promised of the figures is judged from them, and a broken promise is called broken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Comparison, ContenderFigures } from '../../bench/figures.js';
import { judge } from '../../bench/judgement.js';

const always = (figure: number) => ({ min: figure, median: figure, max: figure });

function figuresOf(name: string, value: number, ratio: number, others = {}, version = '1'): ContenderFigures {
  return { name, version, value: always(value), ratio: always(ratio), others };
}

function comparisonOf(workload: string, ...contenders: readonly ContenderFigures[]): Comparison {
  return { workload, title: workload, unit: 'CPU µs/request', rounds: 1, contenders, missing: [], day: '2026-01-02' };
}

function verdictsOn(comparison: Comparison): boolean[] {
  return judge([comparison]).map(({ isKept }) => isKept);
}

test('CPU time is judged by its ratio to HAProxy', () => {
  const run = (ratio: number) =>
    comparisonOf('upload', figuresOf('haproxy', 30, 1), figuresOf('autoproxy', 30 * ratio, ratio));
  assert.deepEqual(verdictsOn(run(0.9)), [true]);
  assert.deepEqual(verdictsOn(run(0.92)), [false]);
});

test('each release of HAProxy counts, the newest Node, and how far the oldest is behind it', () => {
  const run = (microseconds: number, onNewest: number) =>
    comparisonOf(
      'upload',
      figuresOf('haproxy', 30, 1),
      figuresOf('autoproxy', microseconds, 1, {}, 'v20.20.2'),
      figuresOf('haproxy 3.2', 20, 1),
      figuresOf('autoproxy, Node 26', onNewest, 1, {}, 'v26.10.0'),
      figuresOf('autoproxy, Node 24', 99, 1, {}, 'v24.21.0'),
    );
  assert.deepEqual(verdictsOn(run(19.5, 18)), [true, true, true]);
  assert.deepEqual(verdictsOn(run(21, 18)), [true, true, false]);
  assert.deepEqual(verdictsOn(run(25, 25)), [true, false, true]);
});

test('the rounds are compared one by one where they are known', () => {
  const values = (all: readonly number[], name: string) => ({ ...figuresOf(name, 10, 1), values: all });
  const run = comparisonOf('upload', values([10, 20, 30], 'haproxy'), values([9, 17, 36], 'autoproxy'));
  assert.deepEqual(
    judge([run]).map(({ figure }) => figure),
    ['0.90 (0.85–1.20) ×'],
  );
});

test('without HAProxy a ratio is to somebody else, and proves nothing', () => {
  assert.deepEqual(verdictsOn(comparisonOf('upload', figuresOf('autoproxy', 30, 1), figuresOf('nginx', 60, 2))), []);
});

test('many slots are judged beside one slot of the same run', () => {
  const run = (microseconds: number) =>
    comparisonOf(
      'slots-1000',
      figuresOf('haproxy', 10, 1),
      figuresOf('autoproxy', microseconds, microseconds / 10),
      figuresOf('autoproxy, plain', 10, 1),
    );
  assert.deepEqual(verdictsOn(run(10.4)), [true]);
  assert.deepEqual(verdictsOn(run(10.7)), [false]);
});

test('latency, idle connections and changes have promises of their own', () => {
  const own = (workload: string, value: number, ratio: number, others = {}) =>
    verdictsOn(comparisonOf(workload, figuresOf('haproxy', 1, 1), figuresOf('autoproxy', value, ratio, others)));
  assert.deepEqual(own('latency', 0.8, 0.8), [true]);
  assert.deepEqual(own('latency', 0.82, 0.82), [false]);
  assert.deepEqual(own('idle', 2, 6), [true]);
  assert.deepEqual(own('idle', 2.1, 6), [false]);
  assert.deepEqual(own('changes', 1, 1, { failed: 0 }), [true]);
  assert.deepEqual(own('changes', 1, 1, { failed: 1 }), [false]);
  assert.deepEqual(own('changes', 1, 1), [false]);
});
