import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterCheck, type Condition, EJECTED, UNCHECKED } from '../../src/health/rise-fall.js';

/** What health a row of checks leads to: `+` passed, `-` failed. */
function healthAfter(checks: string, start: Condition = UNCHECKED): string {
  let condition = start;
  for (const check of checks) condition = afterCheck(condition, check === '+', { rise: 2, fall: 3 });
  return condition.health;
}

for (const [checks, health] of [
  ['', 'unchecked'],
  ['+', 'up'],
  ['-', 'down'],
  ['+--', 'up'],
  ['+---', 'down'],
  ['+--+--', 'up'],
  ['+--+---', 'down'],
  ['-+', 'down'],
  ['-++', 'up'],
  ['-+-+', 'down'],
  ['+---++', 'up'],
  ['+---++--', 'up'],
] as const) {
  test(`${checks === '' ? 'no check' : checks} → ${health} (rise 2, fall 3)`, () => {
    assert.equal(healthAfter(checks), health);
  });
}

test('what was ejected needs rise passed checks', () => {
  assert.equal(healthAfter('+', EJECTED), 'down');
  assert.equal(healthAfter('++', EJECTED), 'up');
});
