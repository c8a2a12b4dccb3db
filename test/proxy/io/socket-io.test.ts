/** Both ways to read and write a socket do the same; the fast one stands on what Node does not document. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createSocketIo } from '../../../src/proxy/io/create-socket-io.js';
import type { LentMemory, SocketIo, Writer } from '../../../src/proxy/io/socket-io.js';
import { atEnd } from '../../support/at-end.js';
import { eventually } from '../../support/eventually.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const WAYS: readonly (readonly [string, () => SocketIo])[] = [
  ['past the stream', () => createSocketIo()],
  ['through the stream', () => createSocketIo(null)],
];
const MEGABYTE = 1_048_576;

class Waiting implements Writer, LentMemory {
  bytes = 0;
  lent = 0;
  lost = 0;
  failed = 0;

  onWritten(bytes?: number, failure?: Error | null): void {
    if (bytes === undefined) this.lent -= 1;
    else if (failure === null) this.bytes -= bytes;
    else this.lost += bytes;
    if (failure instanceof Error) this.failed += 1;
  }
}

async function connected(context: TestContext, far: ScriptedInstance): Promise<Socket> {
  const socket = connect({ host: far.host, port: far.port });
  socket.on('error', () => {});
  atEnd(context, () => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

test('this Node lets us past the stream', () => {
  assert.equal(createSocketIo().isDirect, true);
  assert.equal(createSocketIo(null).isDirect, false);
});

for (const [way, createIo] of WAYS) {
  test(`${way}: what a slow reader does not take waits, arrives whole and in order, and is told of once`, async (context) => {
    const io = createIo();
    const far = await ScriptedInstance.start(context, (connection) => connection.socket.pause());
    const socket = await connected(context, far);
    const waiting = new Waiting();
    let expected = '';
    for (let piece = 0; piece < 160; piece += 1) {
      const text = `${piece};`;
      expected += text;
      if (!io.writeText(socket, text, waiting)) waiting.bytes += text.length;
      const block = Buffer.alloc(65_536, 97 + (piece % 26));
      expected += block.toString('latin1');
      if (!io.writeBytes(socket, block, waiting, waiting)) {
        waiting.bytes += block.length;
        waiting.lent += 1;
      }
    }
    assert.ok(waiting.bytes > MEGABYTE, `${waiting.bytes} bytes wait`);
    assert.ok(waiting.lent > 16);
    const connection = await far.connection(0);
    connection.socket.resume();
    const text = await connection.until((all) => all.length >= expected.length);
    assert.ok(text === expected, 'not what was written');
    await eventually('all writes were told of', () => waiting.bytes === 0 && waiting.lent === 0);
    assert.equal(waiting.lost, 0);
  });

  test(`${way}: what waits when the connection is destroyed is told of as lost`, async (context) => {
    const io = createIo();
    const far = await ScriptedInstance.start(context, (connection) => connection.socket.pause());
    const socket = await connected(context, far);
    const waiting = new Waiting();
    for (let piece = 0; piece < 160; piece += 1) {
      if (io.writeBytes(socket, Buffer.alloc(65_536), waiting, waiting)) continue;
      waiting.bytes += 65_536;
      waiting.lent += 1;
    }
    assert.ok(waiting.bytes > 0);
    socket.destroy();
    await eventually('all writes were told of', () => waiting.lost === waiting.bytes && waiting.lent === 0);
    assert.equal(io.writeText(socket, 'late', waiting), true);
  });

  test(`${way}: a write to who is gone closes the socket, or is told of as failed`, async (context) => {
    const io = createIo();
    const far = await ScriptedInstance.start(context);
    const socket = await connected(context, far);
    (await far.connection(0)).socket.resetAndDestroy();
    const waiting = new Waiting();
    while (!socket.destroyed && waiting.failed === 0) {
      io.writeText(socket, 'x', waiting);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(socket.destroyed || io.isDirect);
  });

  test(`${way}: 1 MB up and 4 MB down to a reader that pauses, byte by byte`, async (context) => {
    const down = Buffer.alloc(4 * MEGABYTE, 'down-stream;').toString('latin1');
    const up = Buffer.alloc(MEGABYTE, 'up-stream;').toString('latin1');
    const instance = await ScriptedInstance.start(context, (connection) => {
      connection
        .until((text) => text.length > MEGABYTE && text.endsWith(up.slice(-64)))
        .then(
          (text) => {
            assert.ok(text.endsWith(`\r\n\r\n${up}`), 'the upload came changed');
            connection.write(okResponse(down));
          },
          () => {},
        );
    });
    const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] }, io: createIo() });
    const client = await plane.connect();
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${up.length}\r\n\r\n${up}`);
    await client.until((text) => text.length > 0);
    client.socket.pause();
    await new Promise((resolve) => setImmediate(resolve));
    client.socket.resume();
    const { status, body } = await client.response();
    assert.equal(status, 200);
    assert.ok(body === down, 'the response came changed');
    client.close();
  });

  test(`${way}: bytes of a tunnel, both ways at once`, async (context) => {
    const instance = await ScriptedInstance.start(context, (connection) => {
      connection.socket.once('data', () => {
        connection.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
        connection.socket.on('data', (bytes: Buffer) => connection.write(bytes));
      });
    });
    const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] }, io: createIo() });
    const client = await plane.connect();
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    assert.equal((await client.response()).status, 101);
    let sent = '';
    for (const bytes of [1, 100_000, 65_536, 3, 300_000, 16_384, 1]) {
      const piece = String.fromCharCode(97 + (sent.length % 26)).repeat(bytes);
      sent += piece;
      client.write(piece);
    }
    const text = await client.until((all) => all.length >= sent.length);
    assert.ok(text === sent, 'not what was sent');
    client.close();
  });
}
