/**
 * Absurd numbers: lengths beyond 2^53 are rounded by whoever counts in doubles and wrap around for whoever counts in 32
 * or 64 bits. Two readers that round differently frame differently. What cannot be counted exactly is refused; what
 * can, but will never come, costs no memory.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const LENGTHS = [
  '9007199254740993',
  '18446744073709551616',
  '18446744073709551621',
  '4294967296000000',
  '0000000000000000000000005',
  '9'.repeat(400),
  '1e3',
  'Infinity',
  'NaN',
  '٥',
];

test('a Content-Length that cannot be counted exactly is refused', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  for (const length of LENGTHS) {
    const client = await plane.connect();
    client.write(Buffer.from(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\nhello`));
    assert.match(await client.ended(), /^HTTP\/1\.1 4(?:00|13) /, length);
    client.close();
  }
  assert.equal(instance.connections.length, 0);
});

test('a chunk size that cannot be counted exactly is refused', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  for (const size of [
    '20000000000000',
    'ffffffffffffffff',
    '10000000000000005',
    '0'.repeat(14),
    `${'0'.repeat(500)}5`,
    'f'.repeat(400),
  ]) {
    const client = await plane.connect();
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${size}\r\nhello\r\n0\r\n\r\n`);
    assert.match(await client.ended(), /^HTTP\/1\.1 4(?:00|13) /, size);
    client.close();
  }
  assert.equal(instance.connections.length, 0);
});

test('a length of a petabyte is a promise, not an allocation; early answers end it', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  for (const framing of [
    'Content-Length: 999999999999999\r\n\r\nhello',
    'Transfer-Encoding: chunked\r\n\r\nfffffffffffff\r\nhello',
  ]) {
    const client = await plane.connect();
    client.write(`POST / HTTP/1.1\r\nHost: a\r\n${framing}`);
    const upstream = await instance.connection(instance.connections.length);
    await upstream.until((text) => text.endsWith('hello'));
    upstream.write(okResponse('too much', 'X-Early: 1\r\n'));
    const { body, fields } = await client.response();
    assert.equal(body, 'too much');
    assert.equal(fields.get('connection'), 'close');
    await client.ended();
    await upstream.ended();
    client.close();
  }
  assert.equal(plane.counters.inFlight, 0);
});

test('Keep-Alive of an instance with absurd seconds does no harm', async (context) => {
  let seconds = '';
  const instance = await ScriptedInstance.start(
    context,
    answering(() => okResponse('ok', `Keep-Alive: timeout=${seconds}\r\n`)),
  );
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  for (seconds of ['999999999', '99999999999999999999', '-1', '0', 'x']) {
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal((await client.response()).body, 'ok', seconds);
  }
  client.close();
});
