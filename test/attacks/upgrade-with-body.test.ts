/**
 * Upgrade with a body, and the upgrade that was refused: a proxy that takes every `Upgrade` for the start of a tunnel
 * relays what follows unseen. If the instance answers 200 instead of 101, or counts a body where the proxy sees the
 * tunnel's first bytes, the client speaks HTTP to the instance past the proxy. A tunnel begins only with a 101 that
 * names the protocol that was asked for, and a request with a body asks for none.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
const SWITCH = `HTTP/1.1 101 Switching Protocols\r\n${UPGRADE}\r\n`;

test('a request with a body is served without the switch', async (context) => {
  const bodies = [
    ['Content-Length: 5\r\n', 'hello'],
    ['Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'],
  ] as const;
  for (const [framing, body] of bodies) {
    const instance = await ScriptedInstance.start(context);
    const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
    const client = await plane.connect();
    client.write(`POST / HTTP/1.1\r\nHost: a\r\n${UPGRADE}${framing}\r\n${body}`);
    const upstream = await instance.connection(0);
    assert.doesNotMatch(await upstream.until((text) => text.endsWith(body)), /upgrade/i);
    upstream.write(SWITCH);
    assert.equal((await client.response()).status, 502);
    assert.equal(plane.counters.tunnels, 0);
    client.close();
  }
});

test('without a 101 no tunnel opens: bytes behind the request are the next request', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  for (const status of ['200 OK', '400 Bad Request', '426 Upgrade Required']) {
    const client = await plane.connect();
    client.write(`GET / HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\nGET /admin HTTP/1.1\r\nX-No: host\r\n\r\n`);
    const upstream = await instance.connection(instance.connections.length);
    await upstream.until((text) => text.endsWith('\r\n\r\n'));
    upstream.write(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    assert.equal((await client.response()).status, Number(status.slice(0, 3)));
    assert.equal((await client.response()).status, 400, 'it is judged as any other');
    assert.ok(!(await upstream.ended()).includes('admin'));
    client.close();
  }
  assert.equal(plane.counters.tunnels, 0);
});

test('a 101 to another protocol, or to none, is a malformed response', async (context) => {
  const switches = [
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket, other\r\n\r\n',
  ];
  for (const bytes of switches) {
    const instance = await ScriptedInstance.start(context);
    const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
    const client = await plane.connect();
    client.write(`GET / HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\n`);
    const upstream = await instance.connection(0);
    await upstream.until((text) => text.endsWith('\r\n\r\n'));
    upstream.write(bytes);
    assert.equal((await client.response()).status, 502, bytes);
    await upstream.ended();
    client.close();
  }
});

test('a connection that became a tunnel is never used for another client', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write(`GET / HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\nearly`);
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  upstream.write(`${SWITCH}${okResponse('frame')}`);
  await client.until((text) => text.endsWith('frame'));
  await upstream.until((text) => text.endsWith('early'));
  assert.equal(plane.counters.tunnels, 1);
  client.close();
  await upstream.ended();
  upstream.socket.end();
  const victim = await plane.connect();
  victim.write('GET /victim HTTP/1.1\r\nHost: a\r\n\r\n');
  const next = await instance.connection(1);
  await next.until((text) => text.endsWith('\r\n\r\n'));
  next.write(okResponse('own'));
  assert.equal((await victim.response()).body, 'own');
  assert.equal(plane.counters.tunnels, 0);
  victim.close();
});
