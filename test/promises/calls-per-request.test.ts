/**
 * A small request on kept connections makes a known number of calls in the code of the hot path. Time on a shared machine
 * is noise, and a call too many is within it; the count is exact, and each call that it does not need makes a request
 * slower for good.
 */
import assert from 'node:assert/strict';
import { Session } from 'node:inspector/promises';
import { test } from 'node:test';
import { atEnd } from '../support/at-end.js';
import { FakeClock } from '../support/fake-clock.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import type { RawConnection } from '../support/traffic/raw-connection.js';
import { okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

/** Calls of one small GET in src/proxy, src/http1 and src/metrics, with the access log on. It may fall and never rise. */
const MOST_CALLS = 100;

const REQUESTS = 10;
const GET = 'GET /small HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n';
const HOT_FOLDERS = /\/dist\/src\/(?:proxy|http1|metrics)\/(.*)\.js$/;

test(`a small GET on kept connections makes at most ${MOST_CALLS} calls`, async (context) => {
  const instance = await ScriptedInstance.start(context, (connection) => {
    connection.socket.on('data', () => connection.write(okResponse('x'.repeat(100))));
  });
  // No timer of the plane runs beside the requests.
  const plane = await TestPlane.start(context, { clock: new FakeClock(), slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  const session = new Session();
  session.connect();
  atEnd(context, () => session.disconnect());
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  await exchange(client);
  await session.post('Profiler.takePreciseCoverage');
  await exchange(client);
  const { result } = await session.post('Profiler.takePreciseCoverage');

  const calls = result.flatMap(({ url, functions }) => {
    const file = HOT_FOLDERS.exec(url)?.[1];
    if (file === undefined) return [];
    return functions.map(({ functionName, ranges }) => ({
      name: `${file} ${functionName}`,
      count: ranges[0]?.count ?? 0,
    }));
  });
  const counted = calls.filter(({ count }) => count > 0);
  const table = counted
    .map(({ name, count }) => `  ${count / REQUESTS} ${name}`)
    .sort()
    .join('\n');
  const perRequest = counted.reduce((sum, { count }) => sum + count, 0) / REQUESTS;
  assert.ok(counted.length > 50, `calls are counted at all:\n${table}`);
  assert.ok(Number.isInteger(perRequest), `each request makes the same calls:\n${table}`);

  assert.ok(perRequest <= MOST_CALLS, `${perRequest} calls a request:\n${table}`);
});

async function exchange(client: RawConnection): Promise<void> {
  for (let request = 0; request < REQUESTS; request += 1) {
    client.write(GET);
    assert.equal((await client.response()).status, 200);
  }
}
