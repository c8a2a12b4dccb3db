import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { startDeafInstance } from '../../support/traffic/deaf-instance.js';
import { answering, okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const GET = 'GET /a HTTP/1.1\r\nHost: shop.example\r\n\r\n';

test('many requests of one client share one connection on both sides', async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('hello')));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  for (let turn = 0; turn < 20; turn += 1) {
    client.write(GET);
    assert.equal((await client.response()).body, 'hello');
  }
  assert.equal(instance.connections.length, 1);
  assert.equal(plane.counters.requests, 20);
  assert.equal(plane.counters.responses[2], 20);
  client.close();
});

test('pipelined requests are answered in order', async (context) => {
  const instance = await ScriptedInstance.start(
    context,
    answering((head) => okResponse(/^GET (\S+)/.exec(head)?.[1] ?? 'none')),
  );
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  const paths = Array.from({ length: 50 }, (_, index) => `/${index}`);
  client.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
  for (const path of paths) assert.equal((await client.response()).body, path);
  client.close();
});

test('Connection: close of the client is obeyed, and not passed on', async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('bye')));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  for (let turn = 0; turn < 3; turn += 1) {
    const client = await plane.connect();
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const response = await client.response();
    assert.equal(response.fields.get('connection'), 'close');
    await client.ended();
    client.close();
  }
  assert.equal(instance.connections.length, 1);
  assert.doesNotMatch(instance.received, /connection: close/i);
});

test('an HTTP/1.0 client is closed unless it asks to be kept', async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('old')));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const kept = await plane.connect();
  kept.write('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  assert.equal((await kept.response()).fields.get('connection'), 'keep-alive');
  kept.write('GET / HTTP/1.0\r\n\r\n');
  assert.equal((await kept.response()).body, 'old');
  await kept.ended();
  assert.match(instance.received, /^GET \/ HTTP\/1\.1\r\n/);
});

test('a half-closed client gets its answer', async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('still here')));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write(GET);
  client.socket.end();
  assert.equal((await client.response()).body, 'still here');
  await client.ended();
});

test('a POST whose instance left while it was connecting goes on no connection that was idle meanwhile', async (context) => {
  const clock = new FakeClock();
  const good = await ScriptedInstance.start(
    context,
    answering((head) => (head.startsWith('GET /never') ? '' : okResponse('ok'))),
  );
  const deaf = await startDeafInstance(context);
  const plane = await TestPlane.start(context, {
    clock,
    slot: { balance: 'leastconn', instances: [instanceOf(good)] },
  });
  const busy = await plane.connect();
  busy.write('GET /never HTTP/1.1\r\nHost: a\r\n\r\n');
  await good.connection(0);
  const client = await plane.connect();
  client.write(GET);
  await client.response();
  const timeouts = { ...plane.slot.timeouts, connectMs: 30_000 };
  await plane.change({ timeouts, instances: [instanceOf(good), instanceOf(deaf)] });
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx');
  await eventually('it connects', () => plane.counters.inFlight === 2);
  assert.equal(plane.plane.sessions(null, 9).sessions.filter(({ stage }) => stage === 'connecting').length, 1);
  await clock.advance(4_000);
  await plane.change({ instances: [instanceOf(good)] });
  assert.equal((await client.response()).body, 'ok');
  assert.equal(good.connections.length, 3);
  assert.equal(plane.counters.reuses, 0);
});
