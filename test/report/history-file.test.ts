/** The history is on the disk a second later; what a disk does to it costs events, and never the node. */
import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { AppEvents } from '../../src/report/app-events.js';
import { HistoryFile } from '../../src/report/history-file.js';
import { temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { createRecordingLog } from '../support/recording-log.js';

async function openIn(directory: string | null) {
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  const events = new AppEvents(clock);
  const file = new HistoryFile({ directory, clock, log, remembered: () => events.all() });
  events.restore(await file.load());
  events.onNoted((event) => file.append(event));
  const texts = (): string[] => events.all().map(({ text }) => text);
  return { clock, lines, events, file, texts };
}

function placeOf(context: TestContext) {
  const directory = temporaryFolder(context, 'history');
  return { directory, file: path.join(directory, 'events.jsonl') };
}

async function linesIn(file: string): Promise<number> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').length - 1;
}

test('what was noted is there after a restart, with all its fields', async (context) => {
  const { directory } = placeOf(context);
  const first = await openIn(directory);
  first.events.note('shop', 'decision', 'drain', { by: 'ann', before: 'ready', after: 'drain', source: 's' });
  first.events.note(null, 'pod', 'a node joined');
  await first.file.end();
  const second = await openIn(directory);
  assert.deepEqual(second.events.all(), first.events.all());
  assert.equal(second.events.lastId, 2);
});

test('lines that come together are one write, a second late at most', async (context) => {
  const { directory, file } = placeOf(context);
  const { clock, events } = await openIn(directory);
  events.note('shop', 'up', 'a');
  events.note('shop', 'down', 'b');
  await clock.advance(900);
  await assert.rejects(stat(file), { code: 'ENOENT' });
  await clock.advance(100);
  await eventually('both lines are there', async () => (await linesIn(file)) === 2);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
});

test('a last line that a power cut tore is passed over without a word, and gone with the next write', async (context) => {
  const { directory, file } = placeOf(context);
  const first = await openIn(directory);
  first.events.note('shop', 'up', 'a');
  await first.file.end();
  await appendFile(file, '{"id":2,"at":"2024-01-01T');
  const second = await openIn(directory);
  assert.deepEqual([second.texts(), second.lines], [['a'], []]);
  second.events.note('shop', 'up', 'b');
  await second.file.end();
  const text = await readFile(file, 'utf8');
  assert.deepEqual(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).text),
    ['a', 'b'],
  );
});

test('a damaged file is set aside and named, and its good lines are kept', async (context) => {
  const { directory, file } = placeOf(context);
  const first = await openIn(directory);
  for (const text of ['a', 'b']) first.events.note('shop', 'up', text);
  await first.file.end();
  const good = await readFile(file, 'utf8');
  await writeFile(file, `${good}\u0000\u0000garbage\n${good.replaceAll('"id":', '"id":1')}`);
  const second = await openIn(directory);
  assert.deepEqual(second.texts(), ['a', 'b', 'a', 'b']);
  assert.deepEqual(
    second.lines.map(({ level, reason }) => [level, reason]),
    [['error', 'line 3 is not an event']],
  );
  assert.equal((await readdir(directory)).filter((name) => name.includes('refused')).length, 1);
});

test('a directory in its place is set aside, and the history begins anew', async (context) => {
  const { directory, file } = placeOf(context);
  await mkdir(file);
  const opened = await openIn(directory);
  opened.events.note('shop', 'up', 'a');
  await opened.file.end();
  assert.equal((await openIn(directory)).texts().join(), 'a');
});

test('while nothing can be written the log says so once; all that is remembered is written when it can be', async (context) => {
  const { directory, file } = placeOf(context);
  const { clock, lines, events, texts } = await openIn(directory);
  await rm(directory, { recursive: true });
  for (const text of ['a', 'b', 'c']) {
    events.note('shop', 'up', text);
    await clock.advance(6_000);
    await eventually('the failure is said', () => lines.length === 1);
  }
  assert.match(String(lines[0]?.msg), /^saving the history failed: .*; serving continues/);
  await mkdir(directory);
  await eventually('all three are there', async () => {
    await clock.advance(5_000);
    return (await linesIn(file)) === 3;
  });
  await eventually('the end of it is said', () => lines.at(-1)?.msg === 'the history is on the disk again');
  assert.deepEqual(texts(), ['a', 'b', 'c']);
});

test('the file is written anew when it has grown to twice of what is remembered', async (context) => {
  const { directory, file } = placeOf(context);
  const { clock, events } = await openIn(directory);
  let largest = 0;
  for (let round = 0; round < 40; round += 1) {
    for (let count = 0; count < 250; count += 1) events.note('flapping', 'down', 'x'.repeat(300));
    await eventually('the newest line is there', async () => {
      await clock.advance(1_000);
      const text = await readFile(file, 'utf8').catch(() => '');
      largest = Math.max(largest, text.length);
      return text.includes(`"id":${events.lastId},`);
    });
  }
  // 10 000 lines of some 380 bytes have come; 50 are remembered.
  assert.ok(largest <= 1_048_576 + 250 * 400, `${largest} bytes`);
});

test('without a state directory nothing is kept, and nothing is logged', async () => {
  const { events, file, lines, texts } = await openIn(null);
  events.note('shop', 'up', 'a');
  await file.end();
  assert.deepEqual([texts(), lines], [['a'], []]);
});
