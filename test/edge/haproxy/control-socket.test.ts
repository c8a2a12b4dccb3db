/** What listens at HAProxy's socket may say as much as it likes, as slowly as it likes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { askSocket, SocketFailure } from '../../../edge/haproxy/control-socket.js';
import { atEnd, temporaryFolder } from '../../support/at-end.js';
import { writeWithoutEnd } from '../../support/traffic/endless-sender.js';

async function listen(context: TestContext, answer: (socket: Socket) => void): Promise<string> {
  const file = path.join(temporaryFolder(context, 'socket'), 's');
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  }).listen(file);
  await once(server, 'listening');
  atEnd(context, () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return file;
}

function failsWith(reason: string): (error: unknown) => boolean {
  return (error) => error instanceof SocketFailure && !error.isAbsent && error.message.endsWith(reason);
}

test('an answer is read to its end, up to the limit', async (context) => {
  const file = await listen(context, (socket) => socket.end('x'.repeat(200_000)));
  assert.equal((await askSocket(file, 'show info', 2_000, 200_000)).length, 200_000);
  const reason = 'the answer to "add map one.map" has more than the 199999 bytes that are read';
  await assert.rejects(askSocket(file, 'add map one.map\nline\n', 2_000, 199_999), failsWith(reason));
});

test('an answer without end is cut off, and one that drips is given up', async (context) => {
  const file = await listen(context, (socket) => writeWithoutEnd(socket, 'x'.repeat(65_536)));
  await assert.rejects(askSocket(file, 'show info', 5_000, 4_194_304), failsWith('4194304 bytes that are read'));
  const dripping = await listen(context, (socket) => {
    const timer = setInterval(() => socket.write('x'), 20);
    socket.once('close', () => clearInterval(timer));
  });
  await assert.rejects(askSocket(dripping, 'show info', 300), failsWith('no answer within 0.3 s'));
});

test('a HAProxy that ends with the question unread is said to have ended', async (context) => {
  const file = path.join(temporaryFolder(context, 'socket'), 's');
  const server = createServer({ pauseOnConnect: true }, (socket) => socket.destroy()).listen(file);
  await once(server, 'listening');
  atEnd(context, () => void server.close());
  await assert.rejects(askSocket(file, 'show proc', 2_000), failsWith('HAProxy ended before it answered'));
});
