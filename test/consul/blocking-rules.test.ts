import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientDeadlineMs, fullBudget, judgeIndex, retryDelayMs, takeQuery } from '../../src/consul/blocking-rules.js';

test('an index that goes on is asked with next', () => {
  assert.deepEqual(judgeIndex(0, 17), { kind: 'onward', index: 17 });
  assert.deepEqual(judgeIndex(17, 17), { kind: 'onward', index: 17 });
  assert.deepEqual(judgeIndex(17, 18), { kind: 'onward', index: 18 });
});

test('an index that goes back starts again from 0', () => {
  assert.deepEqual(judgeIndex(17, 16), { kind: 'backwards', index: 0 });
  assert.deepEqual(judgeIndex(9_000_000_000, 1), { kind: 'backwards', index: 0 });
});

test('an index below 1, or none, never becomes a query that does not block', () => {
  for (const answered of [0, -5, Number.NaN, Number.POSITIVE_INFINITY, 0.5]) {
    assert.deepEqual(judgeIndex(0, answered), { kind: 'onward', index: 1 }, String(answered));
  }
  // Known to be further already: it went back.
  assert.deepEqual(judgeIndex(2, 0), { kind: 'backwards', index: 0 });
});

test("the client's deadline lies behind the wait and the jitter that the server adds", () => {
  for (const waitMs of [1_000, 10_000, 600_000]) assert.ok(clientDeadlineMs(waitMs) >= waitMs * (17 / 16) + 500);
  assert.ok(clientDeadlineMs(10_000) <= 15_000);
});

test('a burst of changes is followed at once, a storm of wake-ups a few times a second', () => {
  let budget = fullBudget(0);
  let now = 0;
  let atOnce = 0;
  for (let query = 0; query < 100; query += 1) {
    const taken = takeQuery(budget, false, now, () => 0.5);
    budget = taken.budget;
    if (now === 0 && taken.pauseMs === 0) atOnce += 1;
    now += taken.pauseMs;
  }
  assert.equal(atOnce, 8);
  const perSecond = 92 / (now / 1_000);
  assert.ok(perSecond > 2 && perSecond <= 5, `${perSecond} a second`);
  assert.equal(takeQuery(budget, false, now + 60_000, () => 0.5).pauseMs, 0, 'the budget grows back');
});

test('the rate limit has jitter: two clients that wake together drift apart', () => {
  const spent = { left: 0, at: 0 };
  const first = takeQuery(spent, false, 0, () => 0).pauseMs;
  const last = takeQuery(spent, false, 0, () => 0.999).pauseMs;
  assert.ok(last > first * 1.1);
});

test('a short outage is noticed to be over within a second and a half, a long one within a twentieth, at most 30 s', () => {
  const atMost = (outageMs: number) => retryDelayMs(outageMs, () => 1);
  assert.equal(atMost(0), 1_500);
  assert.equal(atMost(30_000), 1_500);
  assert.equal(atMost(60_000), 3_000);
  assert.equal(atMost(86_400_000), 30_000);
  assert.equal(
    retryDelayMs(86_400_000, () => 0),
    15_000,
    'spread over the upper half',
  );
});

test('what brings news may be asked for more often, and not without end', () => {
  const asked = (isAfterNews: boolean): number => {
    let budget = fullBudget(0);
    let now = 0;
    let count = 0;
    for (; now < 60_000; count += 1) {
      const taken = takeQuery(budget, isAfterNews, now, () => 0.5);
      budget = taken.budget;
      now += Math.max(1, taken.pauseMs);
    }
    return count / 60;
  };
  assert.ok(asked(false) < 5, `${asked(false)} a second`);
  assert.ok(asked(true) > 10 && asked(true) < 15, `${asked(true)} a second`);
});
