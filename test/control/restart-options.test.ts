/** Options that would not let the node start again are said at HUP, and until they are right. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RestartOptions } from '../../src/control/restart-options.js';
import { formatProblem, type Problem } from '../../src/model/problem.js';
import { FakeClock } from '../support/fake-clock.js';
import { createRecordingLog } from '../support/recording-log.js';

const MISTAKE: Problem = {
  ...{ severity: 'error', app: null, file: '/etc/node.yml', line: 2, col: 1 },
  ...{ message: 'unknown option "workrs"', hint: 'did you mean "workers"?' },
};

function create() {
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  const written = { mistakes: [] as readonly Problem[] };
  const options = new RestartOptions({ clock, log, mistakes: () => written.mistakes });
  return { clock, lines, written, options };
}

test('options that are right are looked at once for each HUP, and nothing is said', () => {
  const { clock, lines, options } = create();
  options.look();
  options.look();
  assert.deepEqual([lines, options.problems(), clock.waits()], [[], [], []]);
});

test('wrong ones are said at each HUP, with what, where and what to do, and are a problem until they are right', async () => {
  const { clock, lines, written, options } = create();
  written.mistakes = [MISTAKE];
  options.look();
  options.look();
  const said = '/etc/node.yml:2:1: error: unknown option "workrs" (did you mean "workers"?)';
  assert.deepEqual(
    lines.map(({ level, msg, mistakes }) => [level, msg, mistakes]),
    [1, 2].map(() => [
      ...['error', 'a restart would fail: the options are wrong as they are written now; those in force stay'],
      [said],
    ]),
  );
  assert.deepEqual(options.problems().map(formatProblem), [
    '/etc/node.yml:2:1: error: a restart would fail: unknown option "workrs" (did you mean "workers"?)',
  ]);
  await clock.advance(60_000);
  assert.deepEqual([lines.length, options.problems().length, clock.waits()], [2, 1, [5_000]]);
  written.mistakes = [];
  await clock.advance(5_000);
  assert.deepEqual([options.problems(), clock.waits()], [[], []]);
  assert.match(lines[2]?.msg ?? '', /^the options are right again/);
});

test('a HUP after they were corrected says so at once', () => {
  const { clock, lines, written, options } = create();
  written.mistakes = [MISTAKE];
  options.look();
  assert.equal(options.problems().length, 1);
  written.mistakes = [];
  options.look();
  assert.deepEqual([lines.at(-1)?.level, options.problems(), clock.waits()], ['info', [], []]);
});

test('it looks no more once the node stops', () => {
  const { clock, written, options } = create();
  written.mistakes = [MISTAKE];
  options.look();
  options.stop();
  assert.deepEqual(clock.waits(), []);
});
