/** A machine that others use is seen, and our own work is not taken for theirs. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { isBusy } from '../../bench/machine.js';
import { allowedCores } from '../../bench/pinning.js';
import { familyCpuSeconds } from '../../bench/process-usage.js';
import { atEnd } from '../support/at-end.js';
import { descendantsOf } from '../support/machine/processes.js';

const SPIN = 'while (process.cpuUsage().user < 150_000); process.stdout.write("done"); setInterval(() => {}, 1000)';

test('the work of a child counts as ours while it lives, and after it has ended', async (context) => {
  const child = spawn(process.execPath, ['-e', SPIN], { stdio: ['ignore', 'pipe', 'inherit'] });
  atEnd(context, () => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  assert.ok(descendantsOf(process.pid).includes(child.pid ?? 0));
  const alive = familyCpuSeconds(child.pid ?? 0);
  assert.ok(alive >= 0.1, `${alive} s`);
  const before = familyCpuSeconds(process.pid);
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  assert.ok(familyCpuSeconds(process.pid) - before >= 0.1, 'its time is in that of its parent');
  assert.equal(familyCpuSeconds(child.pid ?? 0), 0);
});

test('a machine is busy when somebody else uses a good part of a core', () => {
  assert.equal(isBusy(0.05), false);
  assert.equal(isBusy(0.5), true);
});

test('the cores that this process may use are read from the kernel', () => {
  assert.deepEqual(allowedCores('Name:\tnode\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n'), [0, 1]);
  assert.deepEqual(allowedCores('Cpus_allowed_list:\t2,4-6\n'), [2, 4, 5, 6]);
  assert.deepEqual(allowedCores('Cpus_allowed_list:\t7\n'), [7]);
  assert.deepEqual(allowedCores(''), []);
});
