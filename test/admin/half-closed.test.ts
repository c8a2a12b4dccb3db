/** A client that ends sending behind its request, as `nc -N` and a pipe into `socat` do, gets the answer, and holds nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { request } from 'undici';
import { atEnd } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { STATE, startAdmin } from './node-double.js';

function requestOf(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
}

async function textOf(client: Socket): Promise<string> {
  let text = '';
  client.setEncoding('latin1').on('data', (piece: string) => {
    text += piece;
  });
  await once(client, 'end');
  return text;
}

test('requests are answered that the node has under way when the client ends sending', async (context) => {
  const { host, port, node, origin } = await startAdmin(context);
  const waiting: (() => void)[] = [];
  node.state = () => new Promise((resolve) => waiting.push(() => resolve(STATE)));
  const client = connect({ host, port, allowHalfOpen: true });
  atEnd(context, () => client.destroy());
  client.write(requestOf('/state').repeat(2));
  await eventually('the node is asked', () => waiting.length === 1);
  client.end();
  // Whoever comes behind that end is answered when it was seen.
  await (await request(`${origin}/ready`)).body.dump();
  waiting.shift()?.();
  await eventually('the node is asked again', () => waiting.length === 1);
  waiting.shift()?.();
  const text = await textOf(client);
  const bodies = text
    .split('HTTP/1.1 200 OK')
    .slice(1)
    .map((answer) => answer.slice(answer.indexOf('\r\n\r\n') + 4));
  assert.deepEqual(
    bodies.map((body) => JSON.parse(body).node),
    ['alpha-1', 'alpha-1'],
  );
});

test('a question that waits is answered at once', async (context) => {
  const { host, port, node } = await startAdmin(context);
  const client = connect({ host, port, allowHalfOpen: true });
  atEnd(context, () => client.destroy());
  client.end(requestOf('/events?wait=20s'));
  assert.match(await textOf(client), /^HTTP\/1\.1 200 OK\r\n/);
  assert.equal(node.aborted, 1);
});

test('the stream of a page ends', { timeout: 10_000 }, async (context) => {
  const { host, port } = await startAdmin(context);
  const client = connect({ host, port, allowHalfOpen: true });
  atEnd(context, () => client.destroy());
  client.write(requestOf('/page/stream'));
  let text = '';
  client.setEncoding('latin1').on('data', (piece: string) => {
    text += piece;
  });
  await eventually('the stream has begun', () => text.includes('event: whole'));
  client.end();
  await once(client, 'close');
});
