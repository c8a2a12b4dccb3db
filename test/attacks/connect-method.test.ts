/**
 * CONNECT asks a forward proxy for a tunnel to anywhere. Passed on, an instance that agrees would open a tunnel that the
 * proxy takes for a response, and the bytes in it for requests; obeyed, the node would be an open relay into the
 * network behind it. It is refused before its target is looked at.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

test('CONNECT is refused in every form, and the connection closed', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  for (const target of [`${instance.host}:${instance.port}`, 'a:443', '/', '*', 'http://a/', 'a']) {
    const client = await plane.connect();
    client.write(`CONNECT ${target} HTTP/1.1\r\nHost: a\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n`);
    const answer = await client.ended();
    assert.match(answer, /^HTTP\/1\.1 501 /);
    assert.equal(answer.match(/HTTP\/1\.1 /g)?.length, 1);
    client.close();
  }
  assert.equal(instance.connections.length, 0);
});

test('a method that only looks like it is an ordinary one', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write('connect / HTTP/1.1\r\nHost: a\r\n\r\n');
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.startsWith('connect / HTTP/1.1\r\n') && text.endsWith('\r\n\r\n'));
  upstream.write(okResponse('any'));
  assert.equal((await client.response()).body, 'any');
  client.close();
});
