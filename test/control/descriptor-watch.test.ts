import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DescriptorWatch } from '../../src/control/descriptor-watch.js';
import { FakeClock } from '../support/fake-clock.js';
import { createRecordingLog } from '../support/recording-log.js';

const LIMIT = 256;

function watched(given: { open: number | 'EMFILE' | 'ENOENT' }) {
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  const countOpen = (): number => {
    if (typeof given.open === 'number') return given.open;
    throw Object.assign(new Error(given.open), { code: given.open });
  };
  const watch = new DescriptorWatch({ clock, log, apps: () => [], readLimit: () => LIMIT, countOpen });
  watch.start();
  return { clock, lines, watch };
}

test('a shortage is said at once, then each 30 s, with figures and what to do; its end is said, too', async () => {
  const given: { open: number | 'EMFILE' } = { open: 240 };
  const { clock, lines, watch } = watched(given);
  await clock.advance(20_000);
  assert.deepEqual([lines.length, watch.problems().length], [0, 0]);
  given.open = 241;
  await clock.advance(29_000);
  assert.equal(lines.length, 1);
  const [line] = lines;
  assert.deepEqual([line?.level, line?.open, line?.limit, line?.needed], ['error', 241, LIMIT, 224]);
  assert.match(line?.msg ?? '', /^the primary has 241 of 256 file descriptors open; .* traffic goes on$/);
  assert.match(String(line?.hint), /LimitNOFILE=65536 .* --ulimit nofile=65536:65536 .* ulimit -n 65536/);
  given.open = 'EMFILE';
  await clock.advance(30_000);
  assert.equal(lines[1]?.open, LIMIT);
  assert.match(watch.problems()[0]?.message ?? '', /^the primary has 256 of 256/);
  given.open = 30;
  await clock.advance(5_000);
  assert.deepEqual([lines[2]?.level, lines[2]?.msg], ['info', 'the primary has file descriptors again']);
  assert.deepEqual(watch.problems(), []);
});

test('where the kernel shows no descriptors, nothing is said', async () => {
  const { clock, lines, watch } = watched({ open: 'ENOENT' });
  await clock.advance(60_000);
  assert.deepEqual([lines, watch.problems()], [[], []]);
  watch.stop();
  assert.deepEqual(clock.waits(), []);
});
