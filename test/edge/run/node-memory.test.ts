import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeMemory } from '../../../edge/run/node-memory.js';
import { FakeClock } from '../../support/fake-clock.js';

const MINUTE = 60_000;
const NONE = new Map<string, readonly string[]>();
const [A, B] = ['10.0.0.1', '10.0.0.2'];

function pods(alpha: readonly string[], beta: readonly string[] = []): ReadonlyMap<string, readonly string[]> {
  return new Map([['alpha', alpha] as const, ['beta', beta] as const].filter(([, addresses]) => addresses.length > 0));
}

test('a node is a server as soon as it is named, and for ten minutes after it is not', async () => {
  const clock = new FakeClock();
  const memory = new NodeMemory(clock);
  assert.deepEqual(memory.remember(pods([B, A], [B]), NONE), pods([A, B], [B]));
  await clock.advance(60 * MINUTE);
  // Nobody looked for an hour: what counts is how long an answer has lacked it.
  assert.deepEqual(memory.remember(pods([A]), NONE), pods([A, B], [B]));
  await clock.advance(10 * MINUTE - 1);
  assert.deepEqual(memory.remember(pods([A]), NONE), pods([A, B], [B]));
  await clock.advance(1);
  assert.deepEqual(memory.remember(pods([A]), NONE), pods([A]));
});

test('one that comes back within its time begins anew', async () => {
  const clock = new FakeClock();
  const memory = new NodeMemory(clock);
  memory.remember(pods([A]), NONE);
  memory.remember(NONE, NONE);
  await clock.advance(9 * MINUTE);
  memory.remember(pods([A]), NONE);
  memory.remember(NONE, NONE);
  await clock.advance(9 * MINUTE);
  assert.deepEqual(memory.remember(NONE, NONE), pods([A]));
});

test('after a restart what is served counts, once', async () => {
  const clock = new FakeClock();
  const memory = new NodeMemory(clock);
  assert.deepEqual(memory.remember(NONE, pods([A])), pods([A]));
  await clock.advance(10 * MINUTE);
  assert.deepEqual(memory.remember(NONE, pods([A])), NONE);
  assert.deepEqual(memory.remember(NONE, pods([A])), NONE);
});
