import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunSchedule } from '../../src/control/run-schedule.js';
import { FakeClock } from '../support/fake-clock.js';

/** A schedule, and when it ran, from the start of the test on. */
function createSchedule() {
  const clock = new FakeClock();
  const start = clock.now();
  const runs: number[] = [];
  const schedule = new RunSchedule(clock, () => runs.push(clock.now() - start));
  return { clock, schedule, runs };
}

test('what asks in one turn of the event loop shares a run; the earliest counts', async () => {
  const { clock, schedule, runs } = createSchedule();
  for (const waitMs of [5, 0, 20]) schedule.request(waitMs);
  assert.deepEqual(runs, [], 'never within the call');
  await clock.advance(100);
  assert.deepEqual(runs, [0]);
  schedule.request(20);
  schedule.request(30);
  await clock.advance(100);
  assert.deepEqual(runs, [0, 120]);
});

test('after a quiet time a run is due at once; those that follow come together, 50 ms after it', async () => {
  const { clock, schedule, runs } = createSchedule();
  schedule.requestSoon();
  await clock.advance(10);
  schedule.requestSoon();
  await clock.advance(10);
  schedule.requestSoon();
  await clock.advance(100);
  assert.deepEqual(runs, [0, 50]);
  schedule.requestSoon();
  await clock.advance(0);
  assert.deepEqual(runs, [0, 50, 120]);
});

test('what is urgent takes along what waits', async () => {
  const { clock, schedule, runs } = createSchedule();
  schedule.request(0);
  await clock.advance(10);
  schedule.requestSoon();
  schedule.request(0);
  await clock.advance(100);
  assert.deepEqual(runs, [0, 10]);
});

test('a run that waits comes at once when it is asked for, and not again; without one nothing runs', async () => {
  const { clock, schedule, runs } = createSchedule();
  schedule.runPending();
  assert.deepEqual(runs, []);
  schedule.request(20);
  schedule.runPending();
  await clock.advance(100);
  assert.deepEqual(runs, [0]);
});

test('a run may ask for the next one', async () => {
  const clock = new FakeClock();
  let runs = 0;
  const schedule = new RunSchedule(clock, () => {
    runs += 1;
    if (runs < 3) schedule.request(0);
  });
  schedule.request(0);
  await clock.advance(0);
  assert.equal(runs, 3);
});
