/** What a file lacks is known from the first write that fails to the next one that succeeds. */
import assert from 'node:assert/strict';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { KeptFile } from '../../src/core/kept-file.js';
import { silentLog } from '../../src/core/log.js';
import { temporaryFolder } from '../support/at-end.js';
import { FakeClock } from '../support/fake-clock.js';

function keptIn(context: TestContext, name = 'kept.json') {
  const directory = path.join(temporaryFolder(context, 'kept'), 'state');
  const clock = new FakeClock();
  const file = path.join(directory, name);
  const kept = new KeptFile({ file, mode: 0o600, clock, log: silentLog, failed: 'failed', again: 'again' });
  return { directory, clock, file, kept };
}

test('since when and why, until the newest text is there', async (context) => {
  const { directory, clock, file, kept } = keptIn(context);
  const sinceMs = clock.wallTime();
  kept.keep(() => 'one');
  assert.equal(kept.unsaved, null, 'nothing has failed yet');
  assert.match((await kept.flush()) ?? '', /^ENOENT/);
  clock.jump(60_000);
  kept.keep(() => 'two');
  await kept.flush();
  const { reason = '', ...unsaved } = kept.unsaved ?? {};
  assert.deepEqual(unsaved, { file, code: 'ENOENT', sinceMs, foundMs: null });
  assert.match(reason, /^ENOENT: no such file or directory/);
  await mkdir(directory);
  assert.equal(await kept.flush(), null);
  assert.equal(kept.unsaved, null);
  assert.equal(await readFile(file, 'utf8'), 'two');
});

test('what a restart finds is what the file held before', async (context) => {
  // The name of the new file beside it, which is longer, is refused.
  const { directory, file, kept } = keptIn(context, 'k'.repeat(250));
  await mkdir(directory);
  await writeFile(file, 'old');
  const foundMs = Date.UTC(2023, 5, 1);
  await utimes(file, foundMs / 1_000, foundMs / 1_000);
  kept.keep(() => 'new');
  await kept.flush();
  assert.deepEqual([kept.unsaved?.code, kept.unsaved?.foundMs], ['ENAMETOOLONG', foundMs]);
  assert.equal(await readFile(file, 'utf8'), 'old');
});
