/** A client that sends request upon request without reading an answer costs the node one answer at a time. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';
import { atEnd } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { STATE, startAdmin } from './node-double.js';

const REQUEST = 'GET /state HTTP/1.1\r\nHost: localhost\r\n\r\n';
/** Ahead of the one that is answered. */
const MOST_AHEAD = 16;

/** A node whose state comes when the test says so, and a client. */
async function start(context: TestContext) {
  const { host, port, node } = await startAdmin(context);
  const waiting: (() => void)[] = [];
  let asked = 0;
  node.state = () => {
    asked += 1;
    return new Promise((resolve) => waiting.push(() => resolve(STATE)));
  };
  const client = connect({ host, port });
  let text = '';
  client.setEncoding('latin1').on('data', (piece: string) => {
    text += piece;
  });
  client.on('error', () => undefined);
  atEnd(context, () => client.destroy());
  await once(client, 'connect');
  return {
    host,
    port,
    client,
    askedTimes: () => asked,
    answersRead: () => text.split('HTTP/1.1 200 OK').length - 1,
    answerNext: () => waiting.shift()?.(),
  };
}

test('requests that were sent at once are answered one after the other', async (context) => {
  const { client, askedTimes, answersRead, answerNext } = await start(context);
  client.write(REQUEST.repeat(3));
  for (let count = 1; count <= 3; count += 1) {
    await eventually('the node is asked', () => askedTimes() === count);
    assert.equal(answersRead(), count - 1);
    answerNext();
    await eventually('the client has its answer', () => answersRead() === count);
  }
});

test(`a client that sends more than ${MOST_AHEAD} requests ahead is cut off at once`, {
  timeout: 10_000,
}, async (context) => {
  const { client, askedTimes, answerNext } = await start(context);
  client.write(REQUEST.repeat(MOST_AHEAD + 1));
  await eventually('the node is asked', () => askedTimes() === 1);
  assert.equal(client.destroyed, false);
  const closed = once(client, 'close');
  client.write(REQUEST);
  await closed;
  answerNext();
  assert.equal(askedTimes(), 1);
});

test('what a client that has left sent ahead is not answered', async (context) => {
  const { host, port, client, askedTimes, answerNext } = await start(context);
  client.write(REQUEST.repeat(9));
  await eventually('the node is asked', () => askedTimes() === 1);
  client.resetAndDestroy();
  const other = connect({ host, port });
  atEnd(context, () => other.destroy());
  other.write(REQUEST);
  await eventually('another client is served, behind the end of the first one', () => askedTimes() === 2);
  answerNext();
  await settled();
  assert.equal(askedTimes(), 2);
  answerNext();
});
