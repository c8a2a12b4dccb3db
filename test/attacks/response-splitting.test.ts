/**
 * Response splitting and other lies of an instance: a head that two readers would frame differently makes the client (or
 * a cache between) see two responses where the instance sent one, or one where there are two. An instance is not trusted
 * more than a client: what it sends is held to the same rules, and what breaks them becomes a 502 of ours.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const OK = 'HTTP/1.1 200 OK\r\n';

const BAD: Readonly<Record<string, string>> = {
  'a NUL in the reason': 'HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n',
  'a bare CR in the reason': `HTTP/1.1 200 OK\rX\r\nContent-Length: 0\r\n\r\n`,
  'status 000': 'HTTP/1.1 000 Zero\r\nContent-Length: 0\r\n\r\n',
  'status 099': 'HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n',
  'a status of two digits': 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n',
  'a status of four digits': 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n',
  'HTTP/2.0': 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n',
  ICY: 'ICY 200 OK\r\nContent-Length: 0\r\n\r\n',
  'HTTP/0.9': '<html>hello</html>',
  'another protocol': '\x16\x03\x01\x00\x05hello',
  'many empty lines before the status line': `${'\r\n'.repeat(3)}${OK}Content-Length: 0\r\n\r\n`,
  'both a length and chunks, and no chunks': `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello`,
  'two lengths that differ': `${OK}Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello`,
  'a list of lengths': `${OK}Content-Length: 0, 5\r\n\r\nhello`,
  'a signed length': `${OK}Content-Length: +5\r\n\r\nhello`,
  'a length beyond 2^53': `${OK}Content-Length: 9007199254740993\r\n\r\nhello`,
  'a coding that is not chunked': `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  'two codings': `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'chunks in HTTP/1.0': 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'a folded length': `${OK}Content-Length: 1\r\n 5\r\n\r\nhello`,
  'a folded coding': `${OK}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`,
  'a fold before the first field': `${OK} X-A: b\r\nContent-Length: 0\r\n\r\n`,
  'a bare LF in the head': `${OK}X-A: b\nSet-Cookie: stolen=1\r\nContent-Length: 0\r\n\r\n`,
  'a bare CR in a field': `${OK}X-A: b\rSet-Cookie: stolen=1\r\nContent-Length: 0\r\n\r\n`,
  'a CR LF among bare LFs': 'HTTP/1.1 200 OK\nX-A: b\r\nContent-Length: 0\n\n',
  'two bare LFs in a head of CR LF': `${OK}X-A: b\n\nhello\r\n\r\n`,
  'a space before the colon': `${OK}Content-Length : 5\r\nContent-Length: 0\r\n\r\n`,
  'a NUL in a value': `${OK}X-A: b\0c\r\nContent-Length: 0\r\n\r\n`,
  'a field without a name': `${OK}: x\r\nContent-Length: 0\r\n\r\n`,
  'a bad first chunk': `${OK}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`,
  'a chunk with a bare LF': `${OK}Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n`,
  'a chunk size beyond 2^53': `${OK}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n`,
  'a trailer without an end': `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n${'X-A: b\r\n'.repeat(5_000)}`,
  'a head of 1 MB': `${OK}${'X-Fill: '.padEnd(1_000, 'x')}\r\n`.padEnd(1_048_576, 'x'),
  '100 000 fields': OK + 'a: b\r\n'.repeat(100_000),
  'a 101 that nobody asked for':
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
};

for (const [name, bytes] of Object.entries(BAD)) {
  test(`${name}: 502, and the connection is not used again`, async (context) => {
    const instance = await ScriptedInstance.start(context);
    const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
    const client = await plane.connect();
    client.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n');
    const upstream = await instance.connection(0);
    await upstream.until((text) => text.endsWith('\r\n\r\n'));
    upstream.write(bytes);
    const answer = await client.response();
    assert.equal(answer.status, 502);
    assert.ok(!answer.body.includes('hello'));
    await upstream.ended();
    // The client did nothing wrong: its connection goes on, with an answer of its own.
    client.write('GET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
    const next = await instance.connection(1);
    await next.until((text) => text.endsWith('\r\n\r\n'));
    next.write(okResponse('two'));
    assert.equal((await client.response()).body, 'two');
    assert.equal(plane.counters.instances[`${instance.host}:${instance.port}`]?.inFlight, 0);
    client.close();
  });
}

test('an interim response that announces a body has none: what follows it has to be a response', async (context) => {
  for (const framing of ['Content-Length: 5\r\n\r\nhello', 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n']) {
    const instance = await ScriptedInstance.start(context);
    const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
    const client = await plane.connect();
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const upstream = await instance.connection(0);
    await upstream.until((text) => text.endsWith('\r\n\r\n'));
    upstream.write(`HTTP/1.1 103 Early Hints\r\n${framing}${okResponse('split')}`);
    const interim = await client.response();
    assert.deepEqual([interim.status, [...interim.fields.keys()]], [103, []]);
    assert.equal((await client.response()).status, 502, framing);
    await upstream.ended();
    client.close();
  }
});

test('chunks that turn bad behind a head that was sent: the client is cut, not told an end', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  upstream.write(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`);
  await client.until((text) => text.endsWith('hello\r\n'));
  upstream.write(`5\r\nworldX${okResponse('split')}`);
  const rest = await client.ended();
  assert.ok(!rest.includes('0\r\n\r\n') && !rest.includes('split'), JSON.stringify(rest));
  assert.equal(plane.counters.errors.MALFORMED_RESPONSE, 1);
});

test('a response that ends with its connection and is cut off cannot be taken for a whole one', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  upstream.write(`${OK}\r\nhalf of it`);
  await client.until((text) => text.endsWith('half of it'));
  upstream.socket.resetAndDestroy();
  await client.ended();
  assert.match(String(client.error), /ECONNRESET/);
});

test('fields of one response never become a response of their own', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  // The instance reflects a client's %0d%0a: what follows are excess bytes of a whole response.
  upstream.write(`HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n${okResponse('split')}`);
  assert.equal((await client.response()).status, 302);
  await upstream.ended();
  assert.equal(client.text, '');
  client.close();
});
