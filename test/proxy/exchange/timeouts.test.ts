/** Each key of `timeouts`: nothing happens before its time, and then what it promises. All other keys are far away. */
import { test } from 'node:test';
import type { Timeouts } from '../../../src/model/app.js';
import { ALL_FAR, assertEndsAfter, TIMEOUT_ROWS, type TimeoutRow } from './timeout-rows.js';

const TIME_MS = 40_000;

for (const [key, rows] of Object.entries(TIMEOUT_ROWS) as [keyof Timeouts, readonly TimeoutRow[]][]) {
  for (const row of rows) {
    test(`${key}: ${row.what}`, (context) => assertEndsAfter(context, row, TIME_MS, { ...ALL_FAR, [key]: TIME_MS }));
  }
}
