/** What is promised of the figures is judged from them, and a broken promise is called broken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Comparison, ContenderFigures } from '../../bench/figures.js';
import { judge } from '../../bench/judgement.js';

const always = (figure: number) => ({ min: figure, median: figure, max: figure });

function figuresOf(name: string, value: number, ratio: number, others = {}): ContenderFigures {
  return { name, version: '1', value: always(value), ratio: always(ratio), others };
}

function comparisonOf(workload: string, ...contenders: readonly ContenderFigures[]): Comparison {
  return { workload, title: workload, unit: 'CPU µs/request', rounds: 1, contenders, missing: [], othersCores: 0 };
}

function verdictsOn(comparison: Comparison): boolean[] {
  return judge([comparison]).map(({ isKept }) => isKept);
}

test('CPU time is judged by its ratio to HAProxy', () => {
  const run = (ratio: number) => comparisonOf('upload', figuresOf('haproxy', 30, 1), figuresOf('autoproxy', 30, ratio));
  assert.deepEqual(verdictsOn(run(1)), [true]);
  assert.deepEqual(verdictsOn(run(2)), [false]);
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
  assert.deepEqual(own('latency', 1.5, 1.5), [true]);
  assert.deepEqual(own('latency', 1.6, 1.6), [false]);
  assert.deepEqual(own('idle', 8, 6), [true]);
  assert.deepEqual(own('idle', 8.1, 6), [false]);
  assert.deepEqual(own('changes', 1, 1, { failed: 0 }), [true]);
  assert.deepEqual(own('changes', 1, 1, { failed: 1 }), [false]);
  assert.deepEqual(own('changes', 1, 1), [false]);
});
