import assert from 'node:assert/strict';
import { test } from 'node:test';
import { masterStateFrom } from '../../../edge/haproxy/master.js';

test('2.6: a master that failed to reload, its worker, and old ones', () => {
  const table = `#<PID>          <type>          <reloads>       <uptime>        <version>
1162            master          5 [failed: 2]   0d00h02m07s     2.6.12-1+deb12u4
# workers
1271            worker          1               1d02h03m04s     2.6.12-1+deb12u4
# old workers
1233            worker          3               0d00h00m43s     2.6.12-1+deb12u4
1200            worker          4               0d00h00m50s     2.6.12-1+deb12u4
# programs
1244            foo             0               0d00h00m00s     -
`;
  assert.deepEqual(masterStateFrom(table), {
    masterPid: 1_162,
    failed: 2,
    workerPid: 1_271,
    workerAgeMs: 93_784_000,
    oldWorkers: [1_233, 1_200],
  });
});

test('3.x: no failures are told where there are none; without a worker there is none', () => {
  const table = `#<PID>          <type>          <reloads>       <uptime>        <version>
77              master          0               0d00h00m01s     3.2.26-1
# workers
`;
  assert.deepEqual(masterStateFrom(table), {
    masterPid: 77,
    failed: null,
    workerPid: null,
    workerAgeMs: 0,
    oldWorkers: [],
  });
});

test('a text without a table has no worker', () => {
  assert.equal(masterStateFrom('').workerPid, null);
});
