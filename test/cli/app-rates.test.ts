/** Rates are of the time between two documents, and of a node that started anew meanwhile, of its own time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appRatesFrom, periodMsOf } from '../../src/cli/app-rates.js';
import { plainPaint } from '../../src/cli/terminal.js';
import { formatTop } from '../../src/cli/top-text.js';
import { appStatus, stateDocument } from './state-documents.js';

const earlier = stateDocument({
  uptimeMs: 10_000,
  apps: [
    appStatus({ requests: 100, responses: [0, 0, 90, 0, 10, 0], errors: { CONNECT_FAILED: 1 }, bled: 3 }),
    appStatus({ name: 'cart', requests: 5 }),
  ],
});
const state = stateDocument({
  uptimeMs: 12_000,
  apps: [
    appStatus({
      requests: 120,
      responses: [0, 0, 100, 0, 16, 4],
      errors: { CONNECT_FAILED: 5, HOST_MISSING: 9 },
      bled: 5,
    }),
    appStatus({ name: 'cart', requests: 105, inFlight: 2 }),
  ],
});

test('the busiest app comes first, each with what happened in a second', () => {
  const rates = appRatesFrom(state, earlier);
  assert.deepEqual(
    rates.map(({ name, requests, errors, status4xx, status5xx, bled, inFlight }) => [
      ...[name, requests, errors, status4xx, status5xx, bled, inFlight],
    ]),
    [
      ['cart', 50, 0, 0, 0, 0, 2],
      ['shop', 10, 2, 3, 2, 1, 0],
    ],
  );
  assert.equal(periodMsOf(state, earlier), 2_000);
});

test('another process of the node counts from its start', () => {
  const anew = { ...state, pid: 99, uptimeMs: 4_000 };
  assert.equal(periodMsOf(anew, earlier), 4_000);
  assert.deepEqual(
    appRatesFrom(anew, earlier).map(({ name, requests }) => [name, requests]),
    [
      ['shop', 30],
      ['cart', 26.25],
    ],
  );
});

test('the table has a head with the sums, and fits the terminal', () => {
  const lines = formatTop(state, earlier, { paint: plainPaint, width: 60 });
  assert.match(lines[0] ?? '', /^a1: ready for 12s, workers 1\/1, 60 req\/s, 2\.0 err\/s, over 2s$/);
  assert.match(lines[2] ?? '', /^APP +UP +REQ\/S +ERR\/S +5XX\/S/);
  assert.match(lines[3] ?? '', /^cart +0\/0 +50 +0 /);
  assert.ok(lines.slice(2).every((line) => line.length <= 60));
});
