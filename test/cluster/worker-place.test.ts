import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkerPlace } from '../../src/cluster/worker-place.js';
import { FakeClock } from '../support/fake-clock.js';
import { createRecordingLog } from '../support/recording-log.js';

test('a worker that cannot be forked is tried again, at longer and longer distances', async () => {
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  let tries = 0;
  const fork = (): never => {
    tries += 1;
    throw new Error('spawn ENOMEM');
  };
  const place = new WorkerPlace({ index: 0, fork, clock, random: () => 0.5, log, observer: null });
  place.fill();
  await clock.advance(1_000);
  assert.ok(tries >= 3, `${tries} tries in a second`);
  await assert.rejects(place.roll(0), /ENOMEM/);
  const before = tries;
  await clock.advance(60_000);
  assert.ok(tries > before, 'a roll that failed leaves it as it was');
  place.stop();
  const atStop = tries;
  await clock.advance(60_000);
  assert.equal(tries, atStop);
  assert.ok(lines.every(({ msg }) => msg === 'a worker did not start'));
});
