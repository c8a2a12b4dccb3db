/** Events are kept in bounded memory, and an app that flaps costs no other app its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AppEventBounds, AppEvents } from '../../src/report/app-events.js';
import { FakeClock } from '../support/fake-clock.js';

function createEvents(bounds: AppEventBounds = {}) {
  const clock = new FakeClock();
  return { clock, events: new AppEvents(clock, bounds) };
}

function textsOf(events: AppEvents, app: string): string[] {
  return events.of(app).map(({ text }) => text);
}

test('events come back oldest first, with the wall time of each', async () => {
  const { clock, events } = createEvents();
  events.note('shop', 'appeared', 'a');
  await clock.advance(1_500);
  events.note('shop', 'down', 'b');
  assert.deepEqual(events.of('shop'), [
    { id: 1, at: '2024-01-01T00:00:01.000Z', app: 'shop', kind: 'appeared', text: 'a' },
    { id: 2, at: '2024-01-01T00:00:02.500Z', app: 'shop', kind: 'down', text: 'b' },
  ]);
  assert.deepEqual(events.of('cart'), []);
});

test('an app keeps the last fifty of its own', () => {
  const { events } = createEvents();
  for (let count = 0; count < 120; count += 1) events.note('shop', 'up', String(count));
  const texts = textsOf(events, 'shop');
  assert.deepEqual([texts.length, texts[0], texts.at(-1)], [50, '70', '119']);
});

test('when the node has too many, the longest history gives its oldest', () => {
  const { events } = createEvents({ overall: 6 });
  events.note('quiet', 'appeared', 'once');
  for (let count = 0; count < 20; count += 1) events.note('flapping', 'up', String(count));
  assert.deepEqual(textsOf(events, 'quiet'), ['once']);
  assert.deepEqual(textsOf(events, 'flapping'), ['15', '16', '17', '18', '19']);
});

test('more apps than events may be: those that have been quiet the longest are forgotten', () => {
  const { events } = createEvents({ overall: 3 });
  for (const app of ['a', 'b', 'a', 'c', 'd']) events.note(app, 'appeared', app);
  assert.deepEqual(events.names(), ['a', 'c', 'd']);
  assert.deepEqual(textsOf(events, 'b'), []);
});

test('what a broken file can make long is cut', () => {
  const { events } = createEvents();
  events.note('shop', 'problem', 'x'.repeat(10_000));
  events.note('n'.repeat(1_000), 'problem', 'x');
  assert.equal(textsOf(events, 'shop')[0]?.length, 300);
  assert.deepEqual(events.names(), ['shop']);
});

test('events of the node are not events of an app; all come back in the order of their ids', () => {
  const { events } = createEvents();
  events.note('shop', 'appeared', 'a');
  events.note(null, 'pod', 'b');
  events.note('shop', 'down', 'c', { instance: '10.0.0.1:80', before: 'up', after: 'down' });
  assert.deepEqual(events.names(), ['shop']);
  assert.deepEqual(
    events.all().map(({ id, text }) => [id, text]),
    [
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ],
  );
  assert.deepEqual(events.ofNode()[0]?.app, null);
  assert.deepEqual(events.of('shop')[1]?.instance, '10.0.0.1:80');
});

test('those of an earlier run keep their ids, and new ones go on behind them', () => {
  const earlier = createEvents().events;
  earlier.note('shop', 'appeared', 'a');
  earlier.note('cart', 'appeared', 'b');
  const { events } = createEvents();
  const heard: number[] = [];
  const stop = events.onNoted(({ id }) => heard.push(id));
  events.restore(earlier.all());
  events.note('shop', 'removed', 'c');
  stop();
  events.note('shop', 'appeared', 'd');
  assert.deepEqual([heard, events.lastId], [[3], 4]);
  assert.deepEqual(textsOf(events, 'shop'), ['a', 'c', 'd']);
});
