/** What people ask of the history, and how a question waits for the next event. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { EventsQuery } from '../../src/admin/events-document.js';
import { History } from '../../src/report/history.js';
import { temporaryFolder } from '../support/at-end.js';
import { FakeClock } from '../support/fake-clock.js';
import { createRecordingLog } from '../support/recording-log.js';

const ALL: EventsQuery = { app: null, sinceMs: null, after: null, limit: 100, waitMs: 0 };

async function createHistory(directory: string | null = null) {
  const clock = new FakeClock();
  const { log } = createRecordingLog();
  const history = await History.load({ directory, node: 'alpha-1', clock, log });
  const end = new AbortController();
  const ask = (query: Partial<EventsQuery>) => history.document({ ...ALL, ...query }, end.signal);
  const textsOf = async (query: Partial<EventsQuery>) => (await ask(query)).events.map(({ text }) => text);
  return { clock, history, end, ask, textsOf };
}

test('the newest that match come oldest first; with an id the oldest behind it', async () => {
  const { clock, history, ask, textsOf } = await createHistory();
  for (const text of ['a', 'b', 'c', 'd']) {
    history.events.note(text === 'c' ? 'cart' : 'shop', 'changed', text);
    await clock.advance(1_000);
  }
  assert.deepEqual(await textsOf({ app: 'shop' }), ['a', 'b', 'd']);
  assert.deepEqual(await textsOf({ limit: 2 }), ['c', 'd']);
  assert.deepEqual(await textsOf({ after: 1, limit: 2 }), ['a', 'b']);
  assert.deepEqual(await textsOf({ sinceMs: clock.wallTime() - 2_000 }), ['c', 'd']);
  const document = await ask({ after: 5 });
  assert.deepEqual(document, {
    version: 1,
    node: 'alpha-1',
    at: '2024-01-01T00:00:05.000Z',
    startedAt: '2024-01-01T00:00:01.000Z',
    last: 5,
    more: false,
    events: [],
  });
  assert.equal((await ask({ limit: 2 })).more, true);
});

test('an id that this history has not reached is of a lost one: all comes', async () => {
  const { history, textsOf } = await createHistory();
  history.events.note('shop', 'changed', 'a');
  assert.equal((await textsOf({ after: 900 })).length, 2);
});

test('a question waits for the next event of its app, for its time at most, and ends with who asks', async () => {
  const { clock, history, end, ask, textsOf } = await createHistory();
  let texts: string[] | null = null;
  const asked = textsOf({ app: 'shop', after: 1, waitMs: 10_000 }).then((found) => {
    texts = found;
  });
  history.events.note('cart', 'changed', 'another app');
  await clock.advance(5_000);
  assert.equal(texts, null);
  history.events.note('shop', 'changed', 'a');
  await asked;
  assert.deepEqual(texts, ['a']);
  const late = ask({ after: 3, waitMs: 10_000 });
  await clock.advance(10_000);
  assert.deepEqual((await late).events, []);
  const aborted = ask({ after: 3, waitMs: 10_000 });
  end.abort();
  assert.deepEqual((await aborted).events, []);
  assert.deepEqual(clock.waits(), []);
});

test('beyond so many that wait, a question is answered at once', async () => {
  const { history, ask } = await createHistory();
  const ends = Array.from({ length: 32 }, () => new AbortController());
  const query = { ...ALL, after: 1, waitMs: 10_000 };
  const waiting = ends.map(({ signal }) => history.document(query, signal));
  assert.deepEqual((await ask({ after: 1, waitMs: 10_000 })).events, []);
  for (const end of ends) end.abort();
  await Promise.all(waiting);
});

async function runIn(context: TestContext, work: (history: History) => void) {
  const directory = temporaryFolder(context, 'history');
  const first = await createHistory(directory);
  work(first.history);
  await first.history.end();
  return (await createHistory(directory)).textsOf({});
}

test('a start is an event, and says when the run before it had no stop', async (context) => {
  const start = `the node starts, process ${process.pid}`;
  assert.deepEqual(await runIn(context, (history) => history.noteStop()), [
    start,
    `the node stops, process ${process.pid}`,
    start,
  ]);
  assert.deepEqual(await runIn(context, () => {}), [start, `${start}; the one before ended without a stop`]);
});
