import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import type { Log } from '../../src/core/log.js';
import { NodeSecret } from '../../src/state/node-secret.js';
import { temporaryFolder } from '../support/at-end.js';
import { FakeClock } from '../support/fake-clock.js';
import { createRecordingLog } from '../support/recording-log.js';

async function loadNodeSecret(directory: string | null, log: Log): Promise<string> {
  return (await NodeSecret.load({ directory, clock: new FakeClock(), log })).text;
}

test('a secret is made once, is for this program alone, and is read again', async (context) => {
  const { log, lines } = createRecordingLog();
  const directory = temporaryFolder(context, 'secret');
  const secret = await loadNodeSecret(directory, log);
  assert.match(secret, /^[0-9a-f]{64}$/);
  assert.equal(await loadNodeSecret(directory, log), secret);
  assert.equal((await stat(path.join(directory, 'node-secret'))).mode & 0o777, 0o600);
  assert.notEqual(await loadNodeSecret(temporaryFolder(context, 'secret'), log), secret);
  assert.deepEqual(lines, []);
});

test('a damaged secret is replaced, and the log says so', async (context) => {
  const { log, lines } = createRecordingLog();
  const directory = temporaryFolder(context, 'secret');
  const file = path.join(directory, 'node-secret');
  for (const text of ['', 'secret\n', `${'0'.repeat(63)}\n`, '\0'.repeat(64)]) {
    await writeFile(file, text);
    const secret = await loadNodeSecret(directory, log);
    assert.match(secret, /^[0-9a-f]{64}$/);
    assert.equal(await readFile(file, 'latin1'), `${secret}\n`);
  }
  const msg = 'this file holds no valid secret; it is replaced, and sticky clients are bound anew';
  assert.deepEqual(
    lines.map(({ level, msg, file }) => ({ level, msg, file })),
    Array.from({ length: 4 }, () => ({ level: 'warn', msg, file })),
  );
});

test('without a place to keep it there is one all the same', async (context) => {
  const { log, lines } = createRecordingLog();
  assert.match(await loadNodeSecret(null, log), /^[0-9a-f]{64}$/);
  assert.equal(lines.length, 0);
  const directory = temporaryFolder(context, 'secret');
  await mkdir(path.join(directory, 'node-secret'));
  const secret = await loadNodeSecret(directory, log);
  assert.match(secret, /^[0-9a-f]{64}$/);
  assert.equal(lines.length, 1);
  assert.ok(!JSON.stringify(lines).includes(secret));
  await chmod(directory, 0o700);
  await rm(directory, { recursive: true });
  assert.match(await loadNodeSecret(directory, log), /^[0-9a-f]{64}$/);
});

test('a secret that the disk did not take is written when there is room', async (context) => {
  const { log, lines } = createRecordingLog();
  const directory = path.join(temporaryFolder(context, 'secret'), 'later');
  const clock = new FakeClock();
  const secret = await NodeSecret.load({ directory, clock, log });
  assert.deepEqual(clock.waits(), [5_000]);
  await mkdir(directory);
  await clock.advance(5_000);
  assert.deepEqual(clock.waits(), []);
  await secret.end();
  assert.equal(await loadNodeSecret(directory, log), secret.text);
  assert.deepEqual(
    lines.map(({ level, msg }) => `${level}: ${msg}`),
    [
      'error: saving the secret of this node failed: sticky clients are bound anew after a restart; it is tried again',
      'info: the secret of this node is on the disk',
    ],
  );
});

test('a secret that cannot be read now is not replaced', async (context) => {
  const { log } = createRecordingLog();
  const directory = temporaryFolder(context, 'secret');
  const clock = new FakeClock();
  await mkdir(path.join(directory, 'node-secret'));
  await NodeSecret.load({ directory, clock, log });
  assert.deepEqual(clock.waits(), []);
});
