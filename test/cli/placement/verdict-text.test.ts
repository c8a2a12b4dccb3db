/** How a rollout that did not come to its end is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verdictLines } from '../../../src/cli/placement/verdict-text.js';
import type { ServiceStep } from '../../../src/placement/plan.js';

const STEP = { kind: 'create', service: { name: 'shop-alpha', app: 'shop' } } as unknown as ServiceStep;

test('a new service that fails goes on failing, and it is said how to take it away', () => {
  const text = verdictLines({ kind: 'failed', step: STEP, reason: 'exit code 1', left: [] }).join('\n');
  assert.match(text, /Docker starts its containers again and again; autoproxy app rm shop --apply takes the app away/);
});

test('one that was overtaken is not told as a failure of the app', () => {
  const text = verdictLines({ kind: 'overtaken', step: STEP, reason: 'it was removed meanwhile', left: [] }).join('\n');
  assert.match(text, /^autoproxy: shop-alpha: it is not what was applied: it was removed meanwhile$/m);
  assert.match(text, /autoproxy plan shop shows what is there/);
  assert.doesNotMatch(text, /undo|again and again/);
});

test('a service that is new is not told to go back to a version before', () => {
  const text = verdictLines({ kind: 'failed', step: STEP, reason: 'exit code 1', left: [] }).join('\n');
  assert.equal(STEP.kind, 'create');
  assert.doesNotMatch(text, /rollout undo/);
});

test('a rollback without a task that failed may be the work of a person', () => {
  const text = verdictLines({ kind: 'rolled-back', step: STEP, reason: '', left: [] }).join('\n');
  assert.match(
    text,
    /: the service was rolled back to the version before; no failed task is known, so somebody may have done it by hand$/m,
  );
  assert.doesNotMatch(text, /the new version failed/);
});
