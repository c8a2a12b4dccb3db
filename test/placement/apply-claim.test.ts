/** Which of several rollouts at one time goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rivalOf } from '../../src/placement/apply-claim.js';

function claim(id: string, apps: string, createdAt: number, updatedAt = createdAt) {
  return { id, labels: new Map([['com.autoproxy.apply', apps]]), createdAt, updatedAt };
}

function rival(claims: readonly ReturnType<typeof claim>[], own: string, now = 10_000): string | null {
  return rivalOf(claims, own, now)?.id ?? null;
}

test('the oldest claim of an app goes on, and each later one is refused for its sake', () => {
  const claims = [claim('c', 'shop', 3_000), claim('a', 'shop', 1_000), claim('b', 'bank,shop', 2_000)];
  assert.deepEqual([rival(claims, 'a'), rival(claims, 'b'), rival(claims, 'c')], [null, 'a', 'a']);
});

test('of two that began at one moment, both say the same', () => {
  const claims = [claim('b', 'shop', 1_000), claim('a', 'shop', 1_000)];
  assert.deepEqual([rival(claims, 'a'), rival(claims, 'b')], [null, 'a']);
});

test('a rollout of other apps does not matter, one of all apps does', () => {
  const claims = [claim('a', 'shop', 1_000), claim('b', 'bank,cart', 2_000), claim('c', '*', 3_000)];
  assert.deepEqual([rival(claims, 'b'), rival(claims, 'c')], [null, 'a']);
  assert.equal(rival([claim('a', '*', 1_000), claim('b', 'bank', 2_000)], 'b'), 'a');
});

test('a claim that nobody renews lapses after 20 s', () => {
  const claims = [claim('a', 'shop', 1_000, 5_000), claim('b', 'shop', 24_000)];
  assert.deepEqual([rival(claims, 'b', 25_000), rival(claims, 'b', 25_001)], ['a', null]);
});
