/** What HAProxy's tools are told of the node itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeFactsOf } from '../../src/admin/haproxy/node-facts.js';
import { createControlPlane } from '../control/plane-parts.js';

test('a step of the wall clock moves neither the start of the node nor how long it runs', async (context) => {
  const { clock, admin } = await createControlPlane(context);
  const startedAt = clock.wallTime();
  const told = async () => {
    const view = await admin.proxies();
    const facts = new Map(nodeFactsOf(view).map(({ name, value }) => [name, value]));
    return { start: facts.get('Start_time_sec'), uptime: facts.get('Uptime_sec'), now: view.now };
  };
  const start = Math.floor(startedAt / 1_000);
  await clock.advance(5_000);
  assert.deepEqual(await told(), { start, uptime: 5, now: startedAt + 5_000 });
  clock.setWallClock(3_600_000);
  assert.deepEqual(await told(), { start, uptime: 5, now: startedAt + 3_605_000 }, 'forwards');
  clock.setWallClock(-7_200_000);
  assert.deepEqual(await told(), { start, uptime: 5, now: startedAt - 3_595_000 }, 'backwards');
});
