/**
 * A node that gets no CPU time finds its own timers late: an answer that came in time is seen after the timeout. If that
 * counted, a starved node would take all its instances down at once.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { silentLog } from '../../src/core/log.js';
import { HealthChecker } from '../../src/health/checker.js';
import { probeHttp } from '../../src/health/probe-http.js';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { testClock } from '../support/node/services-directory.js';

const CHECK = { path: '/health', intervalMs: 20, timeoutMs: 400, rise: 2, fall: 1 };

test('checks that failed because the loop was held up eject nobody', async (context) => {
  const host = ownAddress();
  let isStarved = false;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => {
      // The instance answers at once, but this process does not get to run for longer than the timeout.
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      if (isStarved) holdUp(CHECK.timeoutMs + 50);
    });
  });
  server.listen({ host, port: 0 });
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);

  const results: boolean[] = [];
  let noteResults = (): void => {};
  const measured = new Promise<void>((resolve) => {
    noteResults = resolve;
  });
  const checker = new HealthChecker({
    clock: testClock,
    random: () => 0,
    log: silentLog,
    probe: async (target) => {
      const result = await probeHttp(target);
      results.push(result.hasPassed);
      isStarved = true;
      if (results.length === 3) noteResults();
      return result;
    },
  });
  atEnd(context, async () => {
    checker.stop();
    server.close();
  });
  const changes: boolean[] = [];
  checker.onChange((_key, isUp) => changes.push(isUp));
  checker.setTargets([{ key: 'a', host, port: address.port, check: CHECK, group: 'shop' }]);
  await measured;
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(results, [true, false, false], 'timers go before the answer that is there');
  assert.deepEqual(changes, [true]);
  assert.equal(checker.healthOf('a'), 'up');
});

function holdUp(durationMs: number): void {
  const until = performance.now() + durationMs;
  while (performance.now() < until);
}
