/** The most at once is known also when it was over before anybody asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { HttpInstance } from '../../support/traffic/http-instance.js';

const SLOW = 'GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

test('connections, requests and those at an instance, between two readings of the counters', async (context) => {
  for (const protocol of ['http', 'tcp'] as const) {
    const instance = await HttpInstance.start(context);
    const plane = await TestPlane.start(context, { slot: { protocol, instances: [instanceOf(instance)] } });
    const peaks = (): readonly (number | undefined)[] => {
      const { openConnectionsPeak, inFlightPeak, instances } = plane.counters;
      return [openConnectionsPeak, inFlightPeak, instances[instance.id]?.inFlightPeak];
    };
    assert.deepEqual(peaks(), [0, 0, 0], protocol);
    const clients = await Promise.all([1, 2, 3].map(() => plane.connect()));
    for (const client of clients) client.write(SLOW);
    await eventually('all have asked', () => instance.slowRequests === 3);
    while (instance.answerSlow());
    for (const client of clients) {
      await client.ended();
      client.close();
    }
    assert.deepEqual(peaks(), [3, 3, 3], protocol);
    await eventually('nothing is open any more', () => peaks().every((peak) => peak === 0));
  }
});

test('those that wait, and how many the limit lets through', async (context) => {
  const instance = await HttpInstance.start(context);
  const limits = { connections: 1, queue: 10 };
  const plane = await TestPlane.start(context, { slot: { limits, instances: [instanceOf(instance)] } });
  // The second and third may come so late that they never wait, so it is repeated.
  await eventually('two have waited together', async () => {
    const clients = await Promise.all([1, 2, 3].map(() => plane.connect()));
    for (const client of clients) client.write(SLOW);
    for (const _ of clients) await eventually('one is answered', () => instance.answerSlow());
    for (const client of clients) await client.ended();
    const { queued, queuedPeak, instances } = plane.counters;
    assert.deepEqual([queued, instances[instance.id]?.inFlightPeak], [0, 1]);
    return queuedPeak === 2;
  });
});
