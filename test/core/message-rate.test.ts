import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageRate } from '../../src/core/message-rate.js';
import { FakeClock } from '../support/fake-clock.js';

test('one in an interval is said, with how many were kept back', () => {
  const clock = new FakeClock();
  const rate = new MessageRate(clock, 1_000);
  assert.equal(rate.ask(), 0);
  assert.equal(rate.ask(), null);
  clock.jump(999);
  assert.equal(rate.ask(), null);
  clock.jump(1);
  assert.equal(rate.ask(), 2);
  clock.jump(5_000);
  assert.equal(rate.ask(), 0);
});
