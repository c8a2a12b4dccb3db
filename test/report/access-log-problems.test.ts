import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogCounters } from '../../src/metrics/counters.js';
import { formatProblem } from '../../src/model/problem.js';
import { accessLogProblems } from '../../src/report/access-log-problems.js';

test('lines that wait, lines that are lost at once, and lines that were lost before', () => {
  const failure = 'ENOSPC: no space left on device, write';
  const textsOf = (given: object, target: string | null = '/var/log/access.log'): readonly string[] =>
    accessLogProblems(target, { ...createLogCounters(), lines: 100, ...given }).map(formatProblem);
  assert.deepEqual(textsOf({ waiting: 60, failure, dropped: 7 }), [
    `/var/log/access.log: warning: the access log cannot be written, 60 lines wait: ${failure} (make room, or have the ` +
      'receiver back; beyond 4 MB in each worker lines are lost)',
    '/var/log/access.log: warning: 7 of 100 lines of the access log were lost since the node started (the log of the ' +
      'node says why)',
  ]);
  const [refused = ''] = textsOf({ failure: 'ECONNREFUSED' }, '-');
  assert.match(refused, /^standard output: warning: the access log cannot be written, lines are lost: ECONNREFUSED /);
  assert.deepEqual([textsOf({}), textsOf({ waiting: 1, failure }, null)], [[], []]);
});
