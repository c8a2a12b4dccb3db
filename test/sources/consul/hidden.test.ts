/** What a token may not see any more has not gone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseHiddenView } from '../../../src/sources/consul/hidden.js';
import type { NodeView } from '../../../src/sources/consul/view.js';

function viewOf(isThere: boolean, isFiltered = false): NodeView {
  const answer = { index: 7, consistency: 'stale', hasLeader: true, lastContactMs: 0, isFiltered } as const;
  return {
    services: { ...answer, value: isThere ? { address: '127.0.0.9', services: [] } : null },
    checks: { ...answer, value: [] },
  };
}

test('a hidden node that was seen, or a partly hidden one that was whole, counts as no news', () => {
  assert.throws(() => refuseHiddenView('n1', viewOf(true), viewOf(false)), /shows no node n1 any more: .* node "n1"/);
  assert.throws(
    () => refuseHiddenView('n1', viewOf(true), viewOf(true, true)),
    /hides a part of node n1 now: .* node "n1"/,
  );
});

test('a node that never saw more serves what it sees, and a problem says what is missing', () => {
  refuseHiddenView('n1', null, viewOf(false));
  refuseHiddenView('n1', viewOf(false), viewOf(false));
  refuseHiddenView('n1', viewOf(true, true), viewOf(true, true));
});

test('what is seen again, or in full, counts', () => {
  refuseHiddenView('n1', viewOf(false), viewOf(true));
  refuseHiddenView('n1', viewOf(true, true), viewOf(true));
  refuseHiddenView('n1', viewOf(true), viewOf(true));
});
