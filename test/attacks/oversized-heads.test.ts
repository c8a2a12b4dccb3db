/**
 * Oversized heads: a head without an end costs the memory that holds it and the time to read it again and again. Heads
 * end at a limit in bytes and in fields, wherever the bytes are cut, and trailers at the same limits.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const START = 'GET / HTTP/1.1\r\nHost: a\r\n';

function headOf(bytes: number): string {
  const fill = bytes - `${START}X-A: \r\n\r\n`.length;
  return `${START}X-A: ${'x'.repeat(fill)}\r\n\r\n`;
}

test('16 KiB pass, one byte more does not, in one piece or many', async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('ok')));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  for (const pieceBytes of [65_536, 1_000, 16_383]) {
    for (const [bytes, status] of [
      [16_384, 200],
      [16_385, 431],
      [60_000, 431],
    ] as const) {
      const client = await plane.connect();
      const head = headOf(bytes);
      const pieces = Array.from({ length: Math.ceil(head.length / pieceBytes) }, (_, index) =>
        head.slice(index * pieceBytes, (index + 1) * pieceBytes),
      );
      const writing = client.writePieces(pieces).catch(() => undefined);
      assert.equal((await client.response()).status, status, `${bytes} in pieces of ${pieceBytes}`);
      client.close();
      await writing;
    }
  }
});

test('100 fields pass, 101 do not', async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('ok')));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  for (const [fields, status] of [
    [99, 200],
    [100, 431],
    [4_000, 431],
  ] as const) {
    const client = await plane.connect();
    client.write(`${START}${'a: b\r\n'.repeat(fields)}\r\n`);
    assert.equal((await client.response()).status, status);
    client.close();
  }
});

test('a target that fills the head alone is 414, a method 431, and none reaches the instance', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const heads = [
    [`GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
    [`${'G'.repeat(100_000)} / HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
    [`${START}${'x'.repeat(100_000)}: y\r\n\r\n`, 431],
  ] as const;
  for (const [head, status] of heads) {
    const client = await plane.connect();
    client.write(head);
    assert.equal((await client.response()).status, status);
    client.close();
  }
  assert.equal(instance.connections.length, 0);
});

test('a trailer section without an end is refused, in one piece or byte by byte', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  for (const trailers of [`X-A: ${'x'.repeat(20_000)}\r\n`, 'a: b\r\n'.repeat(200)]) {
    for (const pieces of [[trailers], [...trailers]]) {
      const client = await plane.connect();
      client.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n');
      const writing = client.writePieces(pieces).catch(() => undefined);
      assert.match(String((await client.response()).status), /400|431/);
      client.close();
      await writing;
    }
  }
  for (const upstream of instance.connections) assert.ok(!upstream.text.endsWith('0\r\n\r\n'));
});

test('extensions of chunks cannot be used to send without end', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write(
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(17_000)}\r\nx\r\n0\r\n\r\n`,
  );
  assert.equal((await client.response()).status, 400);
  client.close();
});
