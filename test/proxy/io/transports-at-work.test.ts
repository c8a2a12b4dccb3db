/** A data plane serves the same over both ways to have connections. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { TRANSPORT_WAYS } from '../../support/node/transport-ways.js';
import { okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const MEGABYTE = 1_048_576;

for (const [way, create] of TRANSPORT_WAYS) {
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
    const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] }, transports: create() });
    const client = await plane.connect();
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${up.length}\r\n\r\n${up}`);
    await client.until((text) => text.length > 0);
    client.socket.pause();
    await setImmediate();
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
    const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] }, transports: create() });
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
