import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  acceptChannel,
  CAN_PASS_SOCKETS,
  connectChannel,
  type HandleChannel,
  type PipeBinding,
} from '../../src/cluster/handle-channel.js';
import { bindSocket, type ListeningSocket } from '../../src/cluster/listening-socket.js';
import { ownAddress } from '../support/addresses.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';

interface Side {
  readonly channel: HandleChannel;
  readonly messages: unknown[];
  readonly sockets: (ListeningSocket | null)[];
  hasEnded: boolean;
}

function read(channel: HandleChannel): Side {
  const side: Side = { channel, messages: [], sockets: [], hasEnded: false };
  channel.read({
    onMessage: (message, socket) => {
      side.messages.push(message);
      side.sockets.push(socket);
    },
    onEnd: () => {
      side.hasEnded = true;
    },
  });
  return side;
}

async function createSides(context: TestContext, binding?: PipeBinding | null) {
  const address = path.join(temporaryFolder(context, 'channel'), 'socket');
  const server = createServer({ pauseOnConnect: true });
  server.listen(address);
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const one = read(await connectChannel(address, binding));
  const [socket] = await accepted;
  const other = read(acceptChannel(socket, binding));
  atEnd(context, () => {
    one.channel.close();
    other.channel.close();
    server.close();
  });
  return { one, other };
}

test('this Node can pass sockets', () => {
  assert.ok(CAN_PASS_SOCKETS, 'see the probe in cluster/handle-channel.ts');
});

for (const [way, binding] of [
  ['handles', undefined],
  ['the documented way', null],
] as const) {
  test(`by ${way}: messages come whole and in order, both ways, large ones too; the end is told once`, async (context) => {
    const { one, other } = await createSides(context, binding);
    const large = { text: 'ä'.repeat(3_000_000) };
    const sent = [{ a: 1 }, large, { text: 'line\nend' }, ...Array.from({ length: 500 }, (_, n) => ({ n }))];
    for (const message of sent) one.channel.send(message);
    other.channel.send({ back: true });
    await eventually('all have come', () => other.messages.length === sent.length && one.messages.length === 1);
    assert.deepEqual(other.messages, sent);
    assert.deepEqual(one.messages, [{ back: true }]);
    one.channel.close();
    await eventually('the end is told', () => other.hasEnded);
    assert.equal(one.hasEnded, false, 'who closes knows it');
  });
}

test('sockets come with their own messages, between others, and listen', async (context) => {
  const { one, other } = await createSides(context);
  const host = ownAddress();
  const bound = Array.from({ length: 40 }, () => bindSocket(host, 0));
  for (const [index, socket] of bound.entries()) {
    one.channel.send({ index });
    one.channel.send({ index, socket: true }, socket);
  }
  await eventually('all have come', () => other.messages.length === 80);
  const nameOf = (socket: ListeningSocket | null | undefined) => {
    const name: { address?: string; port?: number } = {};
    assert.equal(socket?.getsockname(name), 0);
    return `${name.address}:${name.port}`;
  };
  assert.deepEqual(other.sockets.filter((_, index) => index % 2 === 1).map(nameOf), bound.map(nameOf));
  assert.deepEqual(new Set(other.sockets.filter((_, index) => index % 2 === 0)), new Set([null]));
  const server = createServer((socket) => socket.end('here')).listen(other.sockets[1]);
  atEnd(context, () => server.close());
  await once(server, 'listening');
  const port = Number(nameOf(bound[0]).split(':')[1]);
  const [answer] = await once(connect({ host, port }), 'data');
  assert.equal(String(answer), 'here');
  for (const socket of [...bound, ...other.sockets.slice(2)]) socket?.close();
});

test('without handles a socket is not passed, and its message is', async (context) => {
  const { one, other } = await createSides(context, null);
  const socket = bindSocket(ownAddress(), 0);
  one.channel.send({ port: 1 }, socket);
  await eventually('it has come', () => other.messages.length === 1);
  assert.deepEqual(other.sockets, [null]);
  socket.close();
});

test('nobody listens: the code says so', async (context) => {
  const folder = temporaryFolder(context, 'channel');
  for (const binding of [undefined, null]) {
    await assert.rejects(connectChannel(path.join(folder, 'none'), binding), { code: 'ENOENT' });
  }
});

for (const garbage of ['no json\n', '[]\n', 'null\n', '{"other": 1}\n']) {
  test(`bytes that do not form a message end the channel: ${garbage.trim()}`, async (context) => {
    const address = path.join(temporaryFolder(context, 'channel'), 'socket');
    const server = createServer({ pauseOnConnect: true });
    server.listen(address);
    await once(server, 'listening');
    atEnd(context, () => server.close());
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const raw = connect(address).on('error', () => undefined);
    atEnd(context, () => raw.destroy());
    const closed = once(raw.resume(), 'close');
    const [socket] = await accepted;
    const side = read(acceptChannel(socket));
    raw.write(garbage);
    await eventually('it ends', () => side.hasEnded);
    await closed;
  });
}
