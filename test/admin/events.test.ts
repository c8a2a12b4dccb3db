/** `GET /events`: what it may be asked, and that a question that waits holds nothing up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from 'undici';
import { AdminClient } from '../../src/admin/client.js';
import { eventsQueryFrom, eventsQueryText } from '../../src/admin/events-query.js';
import { atEnd } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { EVENTS, startAdmin } from './node-double.js';

const NOW = Date.parse('2026-01-02T03:04:05.000Z');

function read(text: string): unknown {
  return eventsQueryFrom(new URLSearchParams(text), NOW);
}

test('a question is read, with times and how long ago', () => {
  const nothing = { app: null, sinceMs: null, after: null, limit: 1_000, waitMs: 0 };
  assert.deepEqual(read(''), nothing);
  assert.deepEqual(read('app=shop&since=10m'), { ...nothing, app: 'shop', sinceMs: NOW - 600_000 });
  assert.deepEqual(read('since=2026-01-02T03%3A00%3A00Z'), { ...nothing, sinceMs: NOW - 245_000 });
  assert.deepEqual(read('after=7&limit=2&wait=90s'), { ...nothing, after: 7, limit: 2, waitMs: 25_000 });
});

test('a wrong value is refused with what to write', () => {
  const errors = ['sinse=1', 'since=yesterday', 'since=12', 'after=-1', 'after=x', 'limit=10001', 'wait=soon'].map(
    read,
  );
  assert.deepEqual(errors, [
    { error: 'events have no parameter sinse', hint: 'did you mean since?' },
    {
      error: 'since=yesterday is not a time',
      hint: 'write a time such as 2026-01-02T03:04:05Z, or how long ago, such as 10m',
    },
    {
      error: 'since=12 is not a time',
      hint: 'write a time such as 2026-01-02T03:04:05Z, or how long ago, such as 10m',
    },
    { error: `after=-1 is not a whole number up to ${Number.MAX_SAFE_INTEGER}`, hint: 'leave after out, or write one' },
    { error: `after=x is not a whole number up to ${Number.MAX_SAFE_INTEGER}`, hint: 'leave after out, or write one' },
    { error: 'limit=10001 is not a whole number up to 10000', hint: 'leave limit out, or write one' },
    { error: 'wait=soon is not a duration', hint: 'write one such as 20s' },
  ]);
});

test('the text of a question means the same when it is read', () => {
  const query = { app: 'a b&c', sinceMs: NOW - 5, after: 0, limit: 3, waitMs: 20_000 };
  assert.deepEqual(read(eventsQueryText(query).slice(1)), query);
  assert.equal(eventsQueryText({}), '');
});

test('the client asks with its words, and a wrong one is a refusal with its hint', async (context) => {
  const { node, host, port, origin } = await startAdmin(context);
  const client = new AdminClient({ address: `${host}:${port}` });
  atEnd(context, () => client.close());
  assert.deepEqual(await client.readEvents({ app: 'shop', after: 3 }), EVENTS);
  assert.deepEqual(node.eventQueries[0], { app: 'shop', sinceMs: null, after: 3, limit: 1_000, waitMs: 0 });
  const { statusCode, body } = await request(`${origin}/events?limit=-1`);
  assert.equal(statusCode, 400);
  assert.match(await body.text(), /limit=-1 is not a whole number/);
});

test('a question that waits ends when its client goes, and when the node ends', async (context) => {
  const { node, server, origin } = await startAdmin(context);
  const leaving = new AbortController();
  const left = request(`${origin}/events?wait=20s`, { signal: leaving.signal });
  await eventually('the question has come', () => node.eventQueries.length === 1);
  leaving.abort();
  await assert.rejects(left, { name: 'AbortError' });
  await eventually('the wait has ended', () => node.aborted === 1);
  const answered = request(`${origin}/events?wait=20s`);
  await eventually('the second question has come', () => node.eventQueries.length === 2);
  await server.close();
  const { statusCode, body } = await answered;
  assert.deepEqual([statusCode, await body.json()], [200, EVENTS]);
  assert.equal(node.aborted, 2);
});
