/**
 * Slow readers: a client asks for much and reads little. Whoever reads from the instance as fast as it sends keeps the
 * whole response in memory, for each such client. Here the instance is read only as fast as the client reads, and a
 * client that reads nothing for the idle time is cut.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, settledFigure } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import type { RawConnection } from '../support/traffic/raw-connection.js';
import { ScriptedInstance } from '../support/traffic/scripted-instance.js';

const PIECE = Buffer.alloc(262_144, 'x');
const BODY_BYTES = 268_435_456;
/** What the kernel's own buffers of both connections hold at most, with room to spare. */
const BOUND_BYTES = 67_108_864;

/** Sends 256 MB as fast as they are taken. */
function pour(connection: RawConnection): void {
  let sent = 0;
  const more = (): void => {
    while (sent < BODY_BYTES && !connection.socket.destroyed) {
      sent += PIECE.length;
      if (!connection.socket.write(PIECE)) return;
    }
  };
  connection.socket.once('data', () => {
    connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`);
    connection.socket.on('drain', more);
    more();
  });
}

test('a client that does not read holds its instance back, costs no memory, and is cut in the end', async (context) => {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context, pour);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] }, clock });
  const client = await plane.connect();
  client.socket.pause();
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const upstream = await instance.connection(0);
  await eventually('the body flows', () => upstream.socket.bytesWritten > PIECE.length);
  const taken = await settledFigure(() => upstream.socket.bytesWritten - upstream.socket.writableLength);
  assert.ok(taken < BOUND_BYTES, `${taken} bytes were taken for a client that reads none`);
  await clock.advance(600_200);
  await upstream.ended();
  await eventually('it is cut', () => plane.counters.openConnections === 0);
  assert.equal(plane.counters.inFlight, 0);
  assert.equal(plane.counters.instances[`${instance.host}:${instance.port}`]?.inFlight, 0);
  client.close();
});

test('a tunnel is held back the same way, in both directions', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  upstream.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await client.until((text) => text.endsWith('\r\n\r\n'));
  client.socket.pause();
  upstream.socket.pause();
  for (const { socket } of [client, upstream]) {
    let sent = 0;
    const more = (): void => {
      while (sent < BODY_BYTES && !socket.destroyed) {
        sent += PIECE.length;
        if (!socket.write(PIECE)) return;
      }
    };
    socket.on('drain', more);
    more();
    const taken = await settledFigure(() => socket.bytesWritten - socket.writableLength);
    assert.ok(taken < BOUND_BYTES, `${taken} bytes were taken for a side that reads none`);
  }
  client.close();
  upstream.close();
});

test('an instance that does not take a body holds its client back', async (context) => {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context, (connection) => connection.socket.pause());
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] }, clock });
  const client = await plane.connect();
  client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`);
  let sent = 0;
  const more = (): void => {
    while (sent < BODY_BYTES && !client.socket.destroyed) {
      sent += PIECE.length;
      if (!client.socket.write(PIECE)) return;
    }
  };
  client.socket.on('drain', more);
  more();
  await eventually('the body flows', () => plane.counters.bytesIn > PIECE.length);
  const taken = await settledFigure(() => plane.counters.bytesIn);
  assert.ok(taken < BOUND_BYTES, `${taken} bytes were taken for an instance that reads none`);
  // A connection that is not read does not tell that it was reset; the time of the instance ends it all the same.
  client.socket.resetAndDestroy();
  await clock.advance(600_200);
  await eventually('all is given back', () => plane.counters.openConnections === 0);
  assert.equal(plane.counters.instances[`${instance.host}:${instance.port}`]?.inFlight, 0);
});
