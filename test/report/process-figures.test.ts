/** What the kernel says of a process, beside what the process itself can count. */
import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { readProcess } from '../../src/report/process-figures.js';
import { atEnd } from '../support/at-end.js';

const OWN = { name: 'primary', pid: process.pid, loopDelay: null };

test('the open files of a process are as many as its descriptors', async (context) => {
  const before = await readProcess(OWN);
  // One is of the reading of the folder.
  const listed = readdirSync(`/proc/${process.pid}/fd`).length - 1;
  const opened = Array.from({ length: 20 }, () => openSync('/dev/null', 'r'));
  atEnd(context, () => {
    for (const descriptor of opened) closeSync(descriptor);
  });
  const after = await readProcess(OWN);
  assert.ok(Math.abs((before?.openFiles ?? 0) - listed) <= 4, `${before?.openFiles}, ${listed} listed`);
  assert.ok(
    Math.abs((after?.openFiles ?? 0) - (before?.openFiles ?? 0) - 20) <= 4,
    `${after?.openFiles} after 20 more`,
  );
  assert.ok((after?.residentBytes ?? 0) > 1e6 && (after?.maxFiles ?? 0) > 20 && (after?.cpuSeconds ?? 0) > 0);
});

test('of a process that is gone nothing is known', async () => {
  assert.equal(await readProcess({ ...OWN, pid: 2 ** 22 + 1 }), null);
});
