/** Retries are earned by requests. The promise that follows is in test/promises/retry-budget.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetryBudget } from '../../../src/proxy/slot/retry-budget.js';

function spendAll(budget: RetryBudget): number {
  let spent = 0;
  while (spent < 2_000 && budget.spend()) spent += 1;
  return spent;
}

test('a slot begins with ten retries, and every five requests earn one more', () => {
  const budget = new RetryBudget();
  assert.equal(spendAll(budget), 10);
  for (let request = 0; request < 4; request += 1) budget.earn();
  assert.equal(spendAll(budget), 0);
  budget.earn();
  assert.equal(spendAll(budget), 1);
});

test('a thousand retries are saved at most', () => {
  const budget = new RetryBudget();
  for (let request = 0; request < 4_900; request += 1) budget.earn();
  assert.equal(spendAll(budget), 990);
  for (let request = 0; request < 20_000; request += 1) budget.earn();
  assert.equal(spendAll(budget), 1_000);
});
