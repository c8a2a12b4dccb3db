/**
 * A request makes a known number of calls in the code of the hot path. Time on a shared machine is noise, and a call too
 * many is within it; the count is exact, and each call that it does not need makes a request slower for good.
 */
import assert from 'node:assert/strict';
import { Session } from 'node:inspector/promises';
import { test } from 'node:test';
import { atEnd } from '../support/at-end.js';
import { casesOf, hotFileOf, startWork, type WORKS } from '../support/node/hot-path-works.js';

/** Calls in src/proxy, src/http1, src/access-log, src/proxy-protocol and src/metrics, with the access log on. They may fall and never rise. */
const MOST_CALLS: Readonly<Record<keyof typeof WORKS, number>> = {
  'a small GET on kept connections': 196,
  'a GET on a connection of its own': 256,
  'a POST of 1 KB': 202,
  'a message of 1 KB through a TCP slot': 21,
};

/** The same for a small GET, by the format of the access log. */
const MOST_CALLS_BY_FORMAT = { off: 96, httplog: 198, clf: 206, json: 238 };

const TIMES = 10;

for (const { name, work, most, format } of casesOf(MOST_CALLS, MOST_CALLS_BY_FORMAT)) {
  test(`${name} makes at most ${most} calls`, async (context) => {
    const doOnce = await startWork(context, work, format);
    const doTimes = async (): Promise<void> => {
      for (let time = 0; time < TIMES; time += 1) await doOnce();
    };
    const session = new Session();
    session.connect();
    atEnd(context, () => session.disconnect());
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    await doTimes();
    await session.post('Profiler.takePreciseCoverage');
    await doTimes();
    const { result } = await session.post('Profiler.takePreciseCoverage');

    const calls = result.flatMap(({ url, functions }) => {
      const file = hotFileOf(url);
      if (file === null) return [];
      return functions.map(({ functionName, ranges }) => ({
        name: `${file} ${functionName}`,
        count: ranges[0]?.count ?? 0,
      }));
    });
    const counted = calls.filter(({ count }) => count > 0);
    const table = counted
      .map(({ name: call, count }) => `  ${count / TIMES} ${call}`)
      .sort()
      .join('\n');
    const each = counted.reduce((sum, { count }) => sum + count, 0) / TIMES;
    assert.ok(counted.length > 5, `calls are counted at all:\n${table}`);
    assert.ok(Number.isInteger(each), `each time makes the same calls:\n${table}`);
    assert.ok(each <= most, `${each} calls:\n${table}`);
  });
}
