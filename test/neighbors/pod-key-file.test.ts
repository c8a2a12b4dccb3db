/** The key of the pod, as it is read from its file: at once, when it changes, and never from a file that is broken. */
import assert from 'node:assert/strict';
import { chmod, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { PodKeyFile } from '../../src/neighbors/pod-key-file.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { createRecordingLog } from '../support/recording-log.js';

const KEY = 'correct-horse-battery-staple';
const OTHER_KEY = 'another-key-of-the-pod-1';

async function start(context: TestContext, text: string | null, mode = 0o600) {
  const file = path.join(temporaryFolder(context, 'pod-key'), 'key');
  if (text !== null) await writeFile(file, text, { mode });
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  const keys: (readonly string[])[] = [];
  const podKey = new PodKeyFile({ file, clock, log });
  atEnd(context, () => podKey.stop());
  await podKey.start((list) => keys.push(list));
  /** Until the file was read again: the file system answers in its own time. */
  const untilSaid = (pattern: RegExp) =>
    eventually(`it says ${pattern}`, async () => {
      await clock.advance(2_000);
      return lines.some((line) => pattern.test(JSON.stringify(line)));
    });
  return { file, clock, lines, keys, untilSaid };
}

test('keys stand one a line, the first one signs; a change is read', async (context) => {
  const { file, clock, keys } = await start(context, `# of pod alpha\n\n ${KEY} \n${OTHER_KEY}\n`);
  assert.deepEqual(keys, [[KEY, OTHER_KEY]]);
  await writeFile(file, `${OTHER_KEY}\n`);
  await eventually('the new one is known', async () => {
    await clock.advance(2_000);
    return keys.length === 2;
  });
  assert.deepEqual(keys.at(-1), [OTHER_KEY]);
});

for (const [what, text, said] of [
  ['a key that is too short', 'letmein\n', /line 1 has fewer than 16/],
  ['an empty file', '\n', /holds no key/],
  ['a file that is no list of keys', 'x'.repeat(70_000), /more than the 65536 bytes/],
] as const) {
  test(`${what} is refused by its reason alone, and the last good key stays`, async (context) => {
    const fresh = await start(context, text);
    assert.deepEqual(fresh.keys, []);
    assert.match(JSON.stringify(fresh.lines), said);
    const { file, keys, lines, untilSaid } = await start(context, `${KEY}\n`);
    await writeFile(file, text);
    await untilSaid(said);
    assert.deepEqual(keys, [[KEY]]);
    assert.match(String(lines.at(-1)?.msg), /the last good one stays/);
    assert.ok(!JSON.stringify([...lines, ...fresh.lines]).includes('letmein'));
  });
}

test('a file that is missing or goes away is said once', async (context) => {
  const { keys, lines } = await start(context, null);
  assert.deepEqual(keys, []);
  assert.match(String(lines[0]?.msg), /are not accepted as proof/);
  const second = await start(context, `${KEY}\n`);
  await rm(second.file);
  await second.untilSaid(/ENOENT/);
  assert.deepEqual(second.keys, [[KEY]]);
});

test('a file that every user can read is used, with a warning', async (context) => {
  const { file, keys, lines } = await start(context, `${KEY}\n`, 0o600);
  assert.equal(lines.filter(({ level }) => level === 'warn').length, 0);
  await chmod(file, 0o644);
  const open = await start(context, `${KEY}\n`);
  await chmod(open.file, 0o644);
  await open.untilSaid(/chmod 600/);
  assert.deepEqual([...keys, ...open.keys], [[KEY], [KEY]]);
});
