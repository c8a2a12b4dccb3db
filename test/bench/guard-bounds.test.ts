/** The bounds of the hot path: every one is of a workload that is there, and a figure above it is always seen. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Bounds, excessOf } from '../../bench/guard-bounds.js';
import { WORKLOADS } from '../../bench/workloads/requests.js';

const FILE = fileURLToPath(new URL('../../../bench/bounds.json', import.meta.url));
const bounds = JSON.parse(readFileSync(FILE, 'utf8')) as Bounds;
const WARM_UP_SECONDS = 2;
/** A generator needs this long to start and to end. */
const START_SECONDS = 0.5;
/** A proxy and its verification. */
const PREPARE_SECONDS = 1;

test('each bound is of a workload, with rounds of which there is a middle', () => {
  assert.ok(Object.keys(bounds).length > 0);
  for (const [name, bound] of Object.entries(bounds)) {
    assert.ok(WORKLOADS.has(name), name);
    assert.ok(bound.rounds >= 3 && bound.rounds % 2 === 1, `${name}: ${bound.rounds} rounds`);
    assert.ok(bound.seconds >= 1, name);
  }
});

test('the guard takes less than two minutes, even when it measures everything twice', () => {
  const once = ({ rounds, seconds }: { readonly rounds: number; readonly seconds: number }): number =>
    rounds * (seconds + START_SECONDS) + WARM_UP_SECONDS + START_SECONDS + PREPARE_SECONDS;
  const seconds = Object.values(bounds).reduce((sum, bound) => sum + 2 * 2 * once(bound), 0);
  assert.ok(seconds < 120, `${seconds} s`);
});

test('a slowdown of a quarter is outside of every bound, where the engine costs what HAProxy does', () => {
  for (const [name, { ratio }] of Object.entries(bounds)) assert.ok(ratio < 1.25, `${name}: ${ratio}`);
});

const bound = { ratio: 1.15, rounds: 5, seconds: 2 };
const figures = (median: number) => ({ ratio: { min: 0.5, median, max: 9 } });

test('the median decides, not the best or the worst round', () => {
  assert.equal(excessOf(figures(1.15), bound), null);
  assert.ok((excessOf(figures(1.16), bound) ?? 0) > 0);
});

test('no figure is no pass', () => {
  assert.notEqual(excessOf({ ratio: null }, bound), null);
  assert.notEqual(excessOf(figures(Number.NaN), bound), null);
});
