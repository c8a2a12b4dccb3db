/**
 * h2c smuggling: a client asks to switch to HTTP/2 without TLS. A proxy that passes the wish on and then relays bytes
 * sees no more requests: everything that the client sends in HTTP/2 frames goes past its rules and its log. The wish is
 * not passed on, in no spelling; the request itself is served as HTTP/1.1.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const WISHES = [
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n',
  'Connection: Upgrade\r\nUpgrade: H2C\r\n',
  'Connection: upgrade\r\nUpgrade: websocket, h2c\r\n',
  'Connection: upgrade\r\nUpgrade: h2c,websocket\r\n',
  'Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n',
  'Connection: upgrade\r\nUpgrade: h2c\t\r\n',
  'Connection: HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n',
];

/** What a new connection to an instance asks for. */
const OURS = '\r\nConnection: keep-alive';

for (const wish of WISHES) {
  test(`${JSON.stringify(wish)} is not passed on`, async (context) => {
    const instance = await ScriptedInstance.start(context);
    const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
    const client = await plane.connect();
    client.write(`GET / HTTP/1.1\r\nHost: a\r\n${wish}\r\n`);
    const upstream = await instance.connection(0);
    const received = await upstream.until((text) => text.endsWith('\r\n\r\n'));
    assert.doesNotMatch(received.replace(OURS, ''), /upgrade|h2c|http2|connection/i);
    upstream.write(okResponse('plain'));
    assert.equal((await client.response()).body, 'plain');
    client.close();
  });
}

test('an instance that switches all the same is cut, and what the client sends behind it goes nowhere', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  upstream.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  assert.equal((await client.response()).status, 502);
  client.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  assert.match(await client.ended(), /HTTP\/2 is not spoken here/);
  assert.ok(!(await upstream.ended()).includes('PRI'));
  assert.equal(plane.counters.tunnels, 0);
  client.close();
});
