/** Never empty by accident: what a registry loses at once is doubted before the front door loses it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Release, releaseFromFiles } from '../../../edge/release/release.js';
import { DEFINITIONS_FILE, definitionsText } from '../../../edge/release/served-definitions.js';
import { LossGuard } from '../../../edge/run/loss-guard.js';
import { FakeClock } from '../../support/fake-clock.js';

function releaseOf(apps: number): Release {
  const definitions = new Map(Array.from({ length: apps }, (_, app) => [`app-${app}`, {}]));
  return releaseFromFiles([
    ['haproxy.cfg', ''],
    [DEFINITIONS_FILE, definitionsText(definitions)],
  ]);
}

test('most apps at once: held for a minute, then believed', () => {
  const clock = new FakeClock();
  const guard = new LossGuard(clock);
  assert.match(guard.doubt(releaseOf(10), releaseOf(0)) ?? '', /^10 of 10 apps vanished at once \(app-0, .*, …\)/);
  clock.jump(59_999);
  assert.notEqual(guard.doubt(releaseOf(10), releaseOf(0)), null);
  clock.jump(1);
  assert.equal(guard.doubt(releaseOf(10), releaseOf(0)), null);
});

test('half of them, fewer than four, and the first release go at once', () => {
  const guard = new LossGuard(new FakeClock());
  assert.equal(guard.doubt(releaseOf(10), releaseOf(5)), null);
  assert.notEqual(guard.doubt(releaseOf(10), releaseOf(4)), null);
  assert.equal(guard.doubt(releaseOf(3), releaseOf(0)), null);
  assert.equal(guard.doubt(null, releaseOf(0)), null);
});

test('what comes back ends the doubt; the next loss has a minute of its own', () => {
  const clock = new FakeClock();
  const guard = new LossGuard(clock);
  guard.doubt(releaseOf(10), releaseOf(0));
  clock.jump(50_000);
  assert.equal(guard.doubt(releaseOf(10), releaseOf(10)), null);
  clock.jump(20_000);
  assert.notEqual(guard.doubt(releaseOf(10), releaseOf(0)), null);
});
