/** What people read about an app: counts since the start, or between two documents. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appFiguresFrom } from '../../src/cli/app-figures.js';
import { appStatus, histogramOf, instanceStatus } from './state-documents.js';

test('without an earlier document everything since the start counts', () => {
  const app = appStatus({ requests: 10, bled: 3, bledIn: 2, inFlight: 1, latencyBuckets: histogramOf(1, 1, 1, 100) });
  const { requests, bled, bledIn, inFlight, p50Ms, p99Ms } = appFiguresFrom(app, null);
  assert.deepEqual([requests, bled, bledIn, inFlight], [10, 3, 2, 1]);
  assert.ok(p50Ms !== null && p50Ms >= 1 && p50Ms < 1.2, `p50 ${p50Ms}`);
  assert.ok(p99Ms !== null && p99Ms >= 100 && p99Ms < 115, `p99 ${p99Ms}`);
});

test('with an earlier document only the time between counts, percentiles too', () => {
  const earlier = appStatus({
    requests: 4,
    bled: 1,
    errors: { NO_INSTANCE: 2 },
    latencyBuckets: histogramOf(500, 500),
  });
  const later = appStatus({
    requests: 5,
    bled: 1,
    errors: { NO_INSTANCE: 5 },
    latencyBuckets: histogramOf(500, 500, 2),
  });
  const { requests, bled, errors, p99Ms } = appFiguresFrom(later, earlier);
  assert.deepEqual([requests, bled, errors], [1, 0, 3]);
  assert.ok(p99Ms !== null && p99Ms < 2.5, `p99 ${p99Ms}`);
});

test('counters that went backwards are those of a node that started anew', () => {
  const { requests, errors } = appFiguresFrom(
    appStatus({ requests: 3, errors: { CONNECT_FAILED: 1 } }),
    appStatus({ requests: 900, errors: { CONNECT_FAILED: 7 } }),
  );
  assert.deepEqual([requests, errors], [3, 1]);
});

test('errors are those of node and instances, not what a client did', () => {
  const app = appStatus({ errors: { FIELD_FOLDED: 5, CLIENT_ABORTED: 3, RESPONSE_TIMEOUT: 2, QUEUE_FULL: 1 } });
  assert.equal(appFiguresFrom(app, null).errors, 3);
});

test('usable are instances that are ready and not down', () => {
  const instances = [
    instanceStatus(),
    instanceStatus({ health: 'unchecked' }),
    instanceStatus({ health: 'down' }),
    instanceStatus({ state: 'drain' }),
  ];
  const { usable, total } = appFiguresFrom(appStatus({ instances }), null);
  assert.deepEqual([usable, total], [2, 4]);
});
