/**
 * What one side said before it broke off reaches the other. An instance that refuses an upload answers and closes while
 * the rest is still being sent: that rest meets a reset, and the answer is in the kernel all the same. The same with the
 * last bytes of either side of a tunnel, whoever breaks it, and with what was written before a drain ends.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { SlotSnapshot } from '../../src/snapshot/snapshot.js';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import type { RawConnection } from '../support/traffic/raw-connection.js';
import { ScriptedInstance } from '../support/traffic/scripted-instance.js';
import { unsentBytes } from '../support/traffic/unsent-bytes.js';

const TURNS = 40;
const UPLOAD = Buffer.alloc(4_000_000, 'u');
const REFUSAL = 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 7\r\nConnection: close\r\n\r\ntoo big';

/** Says it and is gone at once, with whatever it had not read. */
function sayAndReset(connection: RawConnection, words: string): void {
  connection.socket.pause();
  connection.write(words);
  // Loopback delivers within the call; a reset before that would take the words along.
  while (unsentBytes(connection.socket) > 0);
  connection.socket.resetAndDestroy();
}

test('an instance that refuses an upload and resets is heard', async (context) => {
  const instance = await ScriptedInstance.start(context, (connection) => {
    connection.socket.once('data', () => sayAndReset(connection, REFUSAL));
  });
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const statuses: Record<string, number> = {};
  for (let turn = 0; turn < TURNS; turn += 1) {
    const client = await plane.connect();
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${UPLOAD.length}\r\n\r\n`);
    client.write(UPLOAD);
    const { status } = await client.response();
    statuses[status] = (statuses[status] ?? 0) + 1;
    client.close();
  }
  assert.deepEqual(statuses, { 413: TURNS });
});

interface TunnelEnds {
  readonly client: RawConnection;
  readonly instance: RawConnection;
  readonly plane: TestPlane;
}

const UPGRADE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

async function openTunnel(context: TestContext, protocol: SlotSnapshot['protocol']): Promise<TunnelEnds> {
  const far = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { protocol, instances: [instanceOf(far)] } });
  const client = await plane.connect();
  if (protocol === 'http') client.write(UPGRADE);
  const instance = await far.connection(0);
  if (protocol === 'http') {
    await instance.until((text) => text.endsWith('\r\n\r\n'));
    instance.write(SWITCH);
    await client.until((text) => text.endsWith('\r\n\r\n'));
  } else {
    client.write('hello');
    await instance.until((text) => text === 'hello');
  }
  return { client, instance, plane };
}

for (const protocol of ['tcp', 'http'] as const) {
  for (const who of ['instance', 'client'] as const) {
    test(`${protocol}: the last words of the ${who} before its reset reach the other side, which is talking itself`, async (context) => {
      const ends = await openTunnel(context, protocol);
      const { plane } = ends;
      const [speaker, listener] = who === 'instance' ? [ends.instance, ends.client] : [ends.client, ends.instance];
      const chatter = Buffer.alloc(262_144, 'c');
      // More than the kernel holds: the speaker does not read, and is written to when it resets.
      speaker.socket.pause();
      for (let piece = 0; piece < 64; piece += 1) listener.write(chatter);
      await eventually('the way to the speaker is full', () => listener.socket.writableLength > 0);
      sayAndReset(speaker, `${'w'.repeat(100_000)}the end`);
      await listener.until((text) => text.endsWith('the end'));
      await listener.ended();
      assert.equal(listener.error, null);
      listener.close();
      await eventually('all is given back', () => plane.counters.openConnections === 0);
      assert.equal(plane.counters.tunnels, 0);
    });
  }

  test(`${protocol}: a slow listener that has sent more than was read gets the last words`, async (context) => {
    const { client, instance } = await openTunnel(context, protocol);
    instance.socket.pause();
    client.socket.pause();
    const chatter = Buffer.alloc(262_144, 'c');
    for (let piece = 0; piece < 64; piece += 1) client.write(chatter);
    await eventually('the way to the instance is full', () => client.socket.writableLength > 0);
    const words = `${'w'.repeat(400_000)}the end`;
    instance.write(words);
    await eventually('the proxy has it', () => unsentBytes(instance.socket) === 0);
    instance.socket.resetAndDestroy();
    client.socket.resume();
    await client.until((text) => text.endsWith('the end'));
    await client.ended();
    client.close();
  });
}

test('a response that is cut when the drain is over does not look whole', async (context) => {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { clock, slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.includes('\r\n\r\n'));
  upstream.write('HTTP/1.1 200 OK\r\n\r\npart of it');
  await client.until((text) => text.endsWith('part of it'));
  const drained = plane.plane.drain(5_000);
  await clock.advance(5_001);
  assert.equal(await drained, 1);
  await client.ended();
  assert.notEqual(client.error, null, 'a reset');
  assert.match(plane.accessLog[0] ?? '', / 200 \d+ - - D--- /);
  assert.deepEqual(plane.counters.errors, { STOPPING: 1 });
});

test('a client that does not take its response is cut, and the log says cD', async (context) => {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { clock, slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.socket.pause();
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.includes('\r\n\r\n'));
  upstream.write('HTTP/1.1 200 OK\r\n\r\n');
  upstream.write(Buffer.alloc(33_554_432, 'x'));
  await eventually('the way to the client is full', () => upstream.socket.writableLength > 0);
  await clock.advance(601_000);
  await upstream.ended();
  client.socket.resume();
  await client.ended();
  assert.notEqual(client.error, null, 'a reset: it would look whole');
  assert.match(plane.accessLog[0] ?? '', / cD-- /);
  assert.deepEqual(plane.counters.errors, { RESPONSE_UNREAD: 1 });
});
