/** Max-Forwards (RFC 9110 7.6.2): a TRACE or OPTIONS that may go no further is answered here. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../../support/node/plane.js';
import { startPod } from '../../support/node/pod.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { answering, okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

test('a TRACE comes back as it came, without what is secret', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  for (let turn = 1; turn <= 2; turn += 1) {
    client.write(
      'TRACE /p?q HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\nX-A: 1\r\nCookie: s=1\r\nAuthorization: Basic YTpi\r\n' +
        'X-Api-Key: 2\r\nX-CSRF-Token: 3\r\nConnection: X-Hop\r\nX-Hop: 4\r\n\r\n',
    );
    const { status, fields, body } = await client.response();
    assert.equal(status, 200);
    assert.equal(fields.get('content-type'), 'message/http');
    assert.equal(body, 'TRACE /p?q HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n\r\n');
    assert.deepEqual(plane.counters.responses, [0, 0, turn, 0, 0, 0]);
  }
  assert.equal(instance.connections.length, 0);
  assert.equal(plane.counters.inFlight, 0);
  assert.match(plane.accessLog.join(''), /shop\/<NOSRV> .* 200 \d+ - - ---- .*"TRACE \/p\?q HTTP\/1\.1"\n/);
  client.close();
});

test('an OPTIONS is answered without a body, and the connection goes on', async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('hello')));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write('OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const { status, fields } = await client.response();
  assert.deepEqual([status, [...fields]], [200, [['content-length', '0']]]);
  assert.equal((await client.response()).body, 'hello');
  client.close();
});

test('an OPTIONS whose body has not come ends the connection', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write('OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\nContent-Length: 5\r\n\r\n');
  const { status, fields } = await client.response();
  assert.deepEqual([status, fields.get('connection')], [200, 'close']);
  client.socket.end();
  assert.equal(await client.ended(), '');
  assert.equal(instance.connections.length, 0);
});

test('who may not use the slot gets no answer of it either', async (context) => {
  const plane = await TestPlane.start(context, { slot: { hostFilter: 'shop' } });
  const client = await plane.connect();
  client.write('OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n');
  assert.equal((await client.response()).status, 503);
  client.close();
});

test('each node of a bleed is a hop', async (context) => {
  const instance = await ScriptedInstance.start(
    context,
    answering((head) => okResponse(/^max-forwards:.*$/im.exec(head)?.[0] ?? '')),
  );
  const { a, b } = await startPod(context);
  await b.change({ instances: [instanceOf(instance)] });
  const client = await a.connect();
  client.write('OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 2\r\n\r\n');
  assert.equal((await client.response()).body, 'Max-Forwards: 0');
  client.write('OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 1\r\n\r\n');
  const { status, body } = await client.response();
  assert.deepEqual([status, body], [200, ''], 'the second node answers it');
  assert.deepEqual([a.counters.bled, b.counters.requests, instance.connections.length], [2, 2, 1]);
  client.close();
});
