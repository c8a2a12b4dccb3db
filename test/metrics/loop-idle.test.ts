import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoopIdle } from '../../src/metrics/loop-idle.js';

test('the share is of the time since the last look, and one within a second changes nothing', () => {
  let use = { idle: 500, active: 100 };
  const idle = new LoopIdle(() => use);
  assert.equal(idle.look(), 100, 'nothing is known yet');
  use = { idle: 1_250, active: 350 };
  assert.equal(idle.look(), 75);
  use = { idle: 1_250, active: 800 };
  assert.equal(idle.look(), 75);
  use = { idle: 1_250, active: 1_350 };
  assert.equal(idle.look(), 0);
});
