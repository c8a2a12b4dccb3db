/** What a run says of a folder, and how sure a sample can be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../support/seeded-random.js';
import { chanceOfAtMost, draw, shareInterval } from './draw.js';
import type { Outcome, TestedMutant } from './mutant.js';
import { judgeFolder } from './verdict.js';

const PLACE = { line: 1, column: 1 };

function tested(outcomes: Partial<Record<Outcome, number>>): TestedMutant[] {
  return Object.entries(outcomes).flatMap(([outcome, count]) =>
    Array.from({ length: count }, () => ({
      ...{ file: 'dist/src/a.js', mutator: 'm', original: 'a', replacement: 'b', line: 'a', start: PLACE, end: PLACE },
      outcome: outcome as Outcome,
      reason: '',
    })),
  );
}

test('a whole folder is judged by its score', () => {
  const judge = (outcomes: Partial<Record<Outcome, number>>, mutants: number) =>
    judgeFolder('a', mutants, tested(outcomes), 85);
  assert.equal(judge({ Killed: 85, Survived: 15 }, 100).bound, 'kept');
  assert.equal(judge({ Killed: 84, Survived: 16 }, 100).bound, 'broken');
  assert.equal(judge({ Killed: 80, Timeout: 5, NoCoverage: 15 }, 100).score, 85);
  assert.equal(judge({ Killed: 17, Survived: 3, RuntimeError: 80 }, 100).score, 85, 'not loadable counts neither way');
  assert.deepEqual(
    [judge({}, 0).score, judge({}, 0).bound],
    [null, 'kept'],
    'a folder without mutants has nothing to break',
  );
});

test('a sample is judged by its chance', () => {
  const judge = (killed: number, survived: number) =>
    judgeFolder('a', 1_000, tested({ Killed: killed, Survived: survived }), 85).bound;
  assert.deepEqual([judge(6, 0), judge(4, 2), judge(1, 5), judge(0, 6)], ['open', 'open', 'open', 'broken']);
  assert.deepEqual([judge(97, 3), judge(86, 14), judge(75, 25), judge(60, 40)], ['kept', 'open', 'open', 'broken']);
});

test('README.md names what breaks the sample of .ci/run', () => {
  const breaks = (killed: number, count: number) =>
    judgeFolder('a', 1_000, tested({ Killed: killed, Survived: count - killed }), 85).bound === 'broken';
  assert.ok(breaks(0, 6) && !breaks(1, 6), 'a folder with none of 6');
  assert.ok(breaks(25, 42) && !breaks(26, 42), 'all seven with at most 25 of 42');
});

test('chances and intervals are those of the tables', () => {
  assert.ok(Math.abs(chanceOfAtMost(2, 2, 0.85) - 1) < 1e-12);
  assert.ok(Math.abs(chanceOfAtMost(0, 3, 0.5) - 0.125) < 1e-12);
  assert.ok(Math.abs(chanceOfAtMost(5, 10, 0.5) - 0.623046875) < 1e-12);
  const near = (hits: number, count: number, low: number, high: number) => {
    const found = shareInterval(hits, count);
    assert.ok(Math.abs(found.low - low) < 0.05 && Math.abs(found.high - high) < 0.05, JSON.stringify(found));
  };
  near(0, 10, 0, 27.75);
  near(9, 10, 59.58, 98.21);
  near(81, 263, 25.53, 36.62);
  assert.deepEqual(shareInterval(0, 0), { low: 0, high: 100 });
});

test('a seed draws the same again, each mutant about as often as the others, and none twice', () => {
  const all = Array.from({ length: 20 }, (_, index) => index);
  const drawBy = (seed: number) => draw(all, 5, new SeededRandom(seed));
  assert.deepEqual(drawBy(7), drawBy(7));
  const times = all.map(() => 0);
  for (let seed = 1; seed <= 4_000; seed += 1) {
    const drawn = drawBy(seed);
    assert.equal(new Set(drawn).size, 5);
    for (const one of drawn) times[one] = (times[one] ?? 0) + 1;
  }
  // 1,000 expected, a standard deviation of 27.
  for (const count of times) assert.ok(count > 860 && count < 1_140, String(times));
  assert.deepEqual(
    draw(all, 100, new SeededRandom(1)).sort((a, b) => a - b),
    all,
  );
});
