/** What the guard concludes from its ratios: noise alone breaks nothing, a planted tenth is always seen. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Bounds, intervalOf, isClear, judgeRatios } from '../../bench/guard-bounds.js';
import { WORKLOADS } from '../../bench/workloads/requests.js';
import { SeededRandom } from '../support/seeded-random.js';

const FILE = fileURLToPath(new URL('../../../bench/bounds.json', import.meta.url));
const bounds = JSON.parse(readFileSync(FILE, 'utf8')) as Bounds;
const LEAST = bounds.launches.least * bounds.rounds;
const MOST = bounds.launches.most * bounds.rounds;
const RUNS = 2_000;
/** Standard deviation of one pair of rounds; wider than a quiet machine (see bench/README.md). */
const NOISE = 0.03;

test('each bound is of a workload, and the base is a whole name of a commit', () => {
  assert.ok(bounds.workloads.length > 0);
  for (const name of bounds.workloads) assert.ok(WORKLOADS.has(name), name);
  assert.match(bounds.base, /^[0-9a-f]{40}$/);
  assert.ok(bounds.launches.least >= 2 && bounds.launches.most > bounds.launches.least);
});

/** As the guard does it: pairs until it is clear, at most as many as it may take. */
function guard(random: SeededRandom, ratio: number): string {
  const ratios: number[] = [];
  while (ratios.length < LEAST || (ratios.length < MOST && !isClear(ratios, bounds.ratio))) {
    for (let round = 0; round < bounds.rounds; round += 1) {
      const noise = random.next() + random.next() + random.next() + random.next() - 2;
      ratios.push(ratio * (1 + (noise * NOISE) / Math.sqrt(1 / 3)));
    }
  }
  return judgeRatios(ratios, bounds.ratio);
}

function countBroken(ratio: number): number {
  const random = new SeededRandom(16);
  let broken = 0;
  for (let run = 0; run < RUNS; run += 1) if (guard(random, ratio) === 'broken') broken += 1;
  return broken;
}

test('a tree that costs what the base costs is never broken', () => {
  assert.equal(countBroken(1), 0);
});

test('a planted tenth is seen by nearly every run, a quarter by each', () => {
  assert.ok(countBroken(1.1) > 0.95 * RUNS, String(countBroken(1.1)));
  assert.equal(countBroken(1.25), RUNS);
});

test('the interval of the median drops as many values at each end as the confidence allows', () => {
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
  // Binomial tails of a fair coin: P(0 of 11) = 0.0005, P(at most 1 of 12) = 0.0032, P(at most 2 of 15) = 0.0037.
  assert.deepEqual(intervalOf(upTo(7)), { low: 1, median: 4, high: 7 });
  assert.deepEqual(intervalOf(upTo(11)), { low: 1, median: 6, high: 11 });
  assert.deepEqual(intervalOf(upTo(12)), { low: 2, median: 6.5, high: 11 });
  assert.deepEqual(intervalOf(upTo(15)), { low: 3, median: 8, high: 13 });
});

test('a wide spread around the bound is undecided, and more pairs are asked for', () => {
  const ratios = [0.9, 0.95, 1.0, 1.04, 1.06, 1.07, 1.1, 1.15, 1.2];
  assert.equal(judgeRatios(ratios, 1.05), 'undecided');
  assert.equal(isClear(ratios, 1.05), false);
});

test('no ratio, or one that is not a number, is never kept', () => {
  assert.notEqual(judgeRatios([], 1.05), 'kept');
  assert.notEqual(judgeRatios([Number.NaN, Number.NaN, Number.NaN], 1.05), 'kept');
});
