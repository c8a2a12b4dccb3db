/** The moments of many targets together: each keeps its interval, and they are spread over it whatever holds them up. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { silentLog } from '../../src/core/log.js';
import { type CheckTarget, HealthChecker } from '../../src/health/checker.js';
import { atEnd } from '../support/at-end.js';
import { FakeClock } from '../support/fake-clock.js';
import { SeededRandom } from '../support/seeded-random.js';

const INTERVAL_MS = 1_000;
const CHECK = { path: null, intervalMs: INTERVAL_MS, timeoutMs: 2_000, rise: 2, fall: 3 };

/** @param passesAt of a target: until then its checks fail */
function checkMany(context: TestContext, count: number, parts: Partial<CheckTarget> = {}, passesAt = 0) {
  const clock = new FakeClock();
  const chance = new SeededRandom(7);
  const startedAt = clock.now();
  const askedAt = new Map<string, number[]>();
  const checker = new HealthChecker({
    clock,
    random: () => chance.next(),
    log: silentLog,
    probe: async ({ host }) => {
      const at = clock.now() - startedAt;
      askedAt.set(host, [...(askedAt.get(host) ?? []).slice(-400), at]);
      return { hasPassed: at >= passesAt, detail: '' };
    },
  });
  atEnd(context, () => checker.stop());
  const names = Array.from({ length: count }, (_, index) => `host-${index}`);
  checker.setTargets(names.map((host) => ({ key: host, host, port: 1, check: CHECK, group: 'shop', ...parts })));
  /** The most checks that began within `widthMs` of one another's window, in the last second. */
  const mostWithin = (widthMs: number): number => {
    const since = clock.now() - startedAt - INTERVAL_MS;
    const windows = new Map<number, number>();
    for (const at of [...askedAt.values()].flat().filter((moment) => moment > since)) {
      const window = Math.floor(at / widthMs);
      windows.set(window, (windows.get(window) ?? 0) + 1);
    }
    return Math.max(...windows.values());
  };
  return { clock, askedAt, mostWithin };
}

for (const count of [1, 30, 33, 36, 37, 52, 100, 804]) {
  test(`each of ${count} targets is asked at its interval exactly`, async (context) => {
    const { clock, askedAt } = checkMany(context, count);
    await clock.advance(4_000);
    await clock.advance(10 * INTERVAL_MS);
    for (const moments of askedAt.values()) {
      const last = moments.slice(-10);
      const meanMs = ((last.at(-1) ?? 0) - (last[0] ?? 0)) / 9;
      assert.ok(Math.abs(meanMs - INTERVAL_MS) < 0.5, `${meanMs} ms on average`);
    }
  });
}

test('of 800 targets the checks are spread evenly over their interval, a few at a moment', async (context) => {
  const { clock, mostWithin } = checkMany(context, 800);
  await clock.advance(4_000);
  // 80 and 8 on average: chance makes some fuller.
  assert.ok(mostWithin(100) <= 120, `${mostWithin(100)} of 800 checks in a tenth of the interval`);
  assert.ok(mostWithin(1) <= 20, `${mostWithin(1)} of 800 checks at one moment`);
});

test('what holds up the process a little, time and again, does not bring checks together', async (context) => {
  const { clock, mostWithin } = checkMany(context, 800);
  await clock.advance(4_000);
  for (let second = 0; second < 60; second += 1) {
    const laterMs = 400 + second;
    await clock.advance(laterMs);
    clock.jump(25);
    await clock.advance(INTERVAL_MS - laterMs - 25);
  }
  await clock.advance(2 * INTERVAL_MS);
  assert.ok(mostWithin(100) <= 120, `${mostWithin(100)} of 800 checks in a tenth of the interval`);
  assert.ok(mostWithin(10) <= 30, `${mostWithin(10)} of 800 checks within 10 ms`);
});

test('containers that started together, and were asked often until they were up, are spread as all others', async (context) => {
  const { clock, mostWithin } = checkMany(context, 400, { life: 'first' }, 3_000);
  await clock.advance(7_000);
  // 40 on average.
  assert.ok(mostWithin(100) <= 70, `${mostWithin(100)} of 400 checks in a tenth of the interval`);
});
