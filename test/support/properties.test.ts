/** Properties are tried for a few seconds; a busy machine tries fewer cases, and fails none for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { holds } from './properties.js';

/** A clock by which each case takes so long. */
function slowCases(caseMs: number) {
  let nowMs = 0;
  let tried = 0;
  return {
    nowMs: () => nowMs,
    tried: () => tried,
    takeCase: () => {
      nowMs += caseMs;
      tried += 1;
    },
  };
}

test('all cases are tried while there is time', async () => {
  const clock = slowCases(1);
  await holds(
    fc.asyncProperty(fc.nat(), async () => clock.takeCase()),
    60,
    [],
    clock.nowMs,
  );
  assert.equal(clock.tried(), 60);
});

test('no case is begun after five seconds', async () => {
  const clock = slowCases(500);
  await holds(
    fc.asyncProperty(fc.nat(), async () => clock.takeCase()),
    60,
    [],
    clock.nowMs,
  );
  assert.equal(clock.tried(), 11);
});

test('when each case takes longer than five seconds, a tenth of them is tried to the end', async () => {
  const clock = slowCases(6_000);
  let ended = 0;
  const slow = fc.asyncProperty(fc.nat(), async () => {
    clock.takeCase();
    await new Promise((resolve) => setImmediate(resolve));
    ended += 1;
  });
  await holds(slow, 60, [], clock.nowMs);
  assert.deepEqual([clock.tried(), ended], [6, 6]);
});

test('what fails late fails, with its seed', async () => {
  const clock = slowCases(2_000);
  const failing = fc.property(fc.nat(), () => {
    clock.takeCase();
    assert.ok(clock.tried() < 5);
  });
  await assert.rejects(holds(failing, 60, [], clock.nowMs), /failed after 5 tests\n\{ seed: 13/);
});
