/** One timer looks after all deadlines: late by a tick at most, never early, and only while there are some. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deadlines } from '../../../src/proxy/io/deadlines.js';
import { FakeClock } from '../../support/fake-clock.js';

function startDeadlines() {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
  const add = (inMs: number) => {
    const member = {
      deadline: clock.now() + inMs,
      elapsed: 0,
      seconds: 0,
      onDeadline: () => {
        member.elapsed += 1;
      },
      onSecond: () => {
        member.seconds += 1;
      },
    };
    deadlines.add(member);
    return member;
  };
  return { clock, deadlines, add };
}

test('a deadline is noticed once, at the tick behind it', async () => {
  const { clock, add } = startDeadlines();
  const [at, behind] = [add(200), add(201)];
  await clock.advance(199);
  assert.deepEqual([at.elapsed, behind.elapsed], [0, 0]);
  await clock.advance(1);
  assert.deepEqual([at.elapsed, behind.elapsed], [1, 0]);
  assert.equal(at.deadline, Number.POSITIVE_INFINITY);
  await clock.advance(100);
  assert.deepEqual([at.elapsed, behind.elapsed], [1, 1]);
});

test('a new deadline that is set at the old one counts', async () => {
  const { clock, add } = startDeadlines();
  const member = add(100);
  member.onDeadline = () => {
    member.elapsed += 1;
    member.deadline = clock.now() + 300;
  };
  await clock.advance(300);
  assert.equal(member.elapsed, 1);
  await clock.advance(100);
  assert.equal(member.elapsed, 2);
});

test('each member hears of each second', async () => {
  const { clock, add } = startDeadlines();
  const [first, second] = [add(500), add(Number.POSITIVE_INFINITY)];
  await clock.advance(999);
  assert.deepEqual([first.seconds, second.seconds], [0, 0]);
  await clock.advance(1);
  assert.deepEqual([first.seconds, second.seconds], [1, 1]);
  await clock.advance(1_999);
  assert.deepEqual([first.seconds, second.seconds], [2, 2]);
});

test('one timer is set while there are members, and none without', async () => {
  const { clock, deadlines, add } = startDeadlines();
  assert.deepEqual(clock.waits(), []);
  const [first, second] = [add(100), add(100)];
  assert.deepEqual(clock.waits(), [100]);
  deadlines.remove(first);
  await clock.advance(100);
  assert.deepEqual([first.elapsed, second.elapsed, clock.waits().length], [0, 1, 1]);
  deadlines.remove(second);
  await clock.advance(100);
  assert.deepEqual(clock.waits(), []);
  add(100);
  assert.deepEqual(clock.waits(), [100]);
});
