/**
 * A reused address is never the old instance. An engine gives the address of a container that ended to the next one that
 * starts, of the same app or of another, within milliseconds. What a worker keeps for an address belongs to a life of it:
 * kept connections, clients that are bound, connects and requests under way.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf, slotOf } from '../support/node/snapshots.js';
import { startDeafInstance } from '../support/traffic/deaf-instance.js';
import type { RawConnection } from '../support/traffic/raw-connection.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello';

const OLD = { life: '0123456789ab@2026-11-29T11:00:00Z' };
const NEW = { life: 'ba9876543210@2026-11-29T11:00:01Z' };

/** Answers with the number of its connection. */
async function startCounting(context: TestContext): Promise<ScriptedInstance> {
  let connections = 0;
  return ScriptedInstance.start(context, (connection) => {
    connections += 1;
    answering(okResponse(`connection ${connections}`))(connection);
  });
}

async function bodyOf(client: RawConnection, request = GET): Promise<string> {
  client.write(request);
  return (await client.response()).body;
}

test('connections that were kept for the old life are closed, and none carries a request to the new one', async (context) => {
  const server = await startCounting(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(server, OLD)] } });
  const client = await plane.connect();
  assert.equal(await bodyOf(client), 'connection 1');
  assert.equal(await bodyOf(client), 'connection 1');
  await plane.change({ instances: [instanceOf(server, NEW)] });
  assert.equal(await bodyOf(client), 'connection 2');
  await (await server.connection(0)).ended();
  assert.equal(await bodyOf(client, POST), 'connection 2');
});

test('that a life becomes known, or unknown, changes nothing; a third one is another one', async (context) => {
  const server = await startCounting(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(server)] } });
  const client = await plane.connect();
  assert.equal(await bodyOf(client), 'connection 1');
  for (const known of [OLD, {}, OLD]) {
    await plane.change({ instances: [instanceOf(server, known)] });
    assert.equal(await bodyOf(client), 'connection 1');
  }
  await plane.change({ instances: [instanceOf(server)] });
  await plane.change({ instances: [instanceOf(server, NEW)] });
  assert.equal(await bodyOf(client), 'connection 2');
});

test('a request under way on the old life ends there, and its connection with it', async (context) => {
  const server = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(server, OLD)] } });
  const client = await plane.connect();
  client.write(GET);
  const old = await server.connection(0);
  await old.until((text) => text.endsWith('\r\n\r\n'));
  await plane.change({ instances: [instanceOf(server, NEW)] });
  old.write(okResponse('old'));
  assert.equal((await client.response()).body, 'old');
  await old.ended();
  client.write(GET);
  const next = await server.connection(1);
  next.write(okResponse('new'));
  assert.equal((await client.response()).body, 'new');
});

test('what fails on the old life is not sent to the container of another app that has its address', async (context) => {
  const server = await ScriptedInstance.start(context);
  const shop = await ScriptedInstance.start(context, answering(okResponse('shop')));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(server, OLD)] } });
  const clients = [await plane.connect(), await plane.connect()] as const;
  clients[0].write(GET);
  clients[1].write(POST);
  const old = [await server.connection(0), await server.connection(1)];
  for (const connection of old) await connection.until((text) => /\r\n\r\n(hello)?$/.test(text));
  const blog = slotOf({ app: 'blog', port: plane.port + 2, instances: [instanceOf(server, NEW)] });
  const slot = { ...plane.slot, instances: [instanceOf(shop)] };
  await plane.change({ instances: slot.instances }, { slots: [slot, blog] });
  for (const connection of old) connection.socket.resetAndDestroy();
  assert.equal((await clients[0].response()).body, 'shop', 'a GET goes to an instance of its own app');
  assert.equal((await clients[1].response()).status, 502, 'a POST is delivered once');
  assert.equal(server.connections.length, 2);
});

test('a connect to the old life is not waited for', async (context) => {
  const deaf = await startDeafInstance(context);
  const alive = await ScriptedInstance.start(context, answering(okResponse('alive')));
  const slot = { retries: 0, instances: [instanceOf(deaf, OLD)] };
  const plane = await TestPlane.start(context, { clock: new FakeClock(), slot });
  const client = await plane.connect();
  client.write(POST);
  await eventually('it connects', () => plane.counters.inFlight === 1);
  await plane.change({ instances: [instanceOf(deaf, { ...NEW, up: false }), instanceOf(alive)] });
  assert.equal((await client.response()).body, 'alive');
  assert.deepEqual([plane.counters.retries, plane.connectFailures], [0, []]);
});

test('a client that was bound to the old life is bound anew', async (context) => {
  const [one, two] = [await startCounting(context), await startCounting(context)];
  const sticky = { cookie: 'S', key: 'secret' };
  const plane = await TestPlane.start(context, { slot: { sticky, instances: [instanceOf(one, OLD)] } });
  const client = await plane.connect();
  client.write(GET);
  const bound = (await client.response()).fields.get('set-cookie')?.split(';')[0];
  const asBound = `GET / HTTP/1.1\r\nHost: a\r\nCookie: ${bound}\r\n\r\n`;
  await plane.change({ instances: [instanceOf(one, OLD), instanceOf(two)] });
  client.write(asBound);
  assert.equal((await client.response()).fields.get('set-cookie'), undefined);
  await plane.change({ instances: [instanceOf(one, NEW), instanceOf(two)] });
  client.write(asBound);
  const again = (await client.response()).fields.get('set-cookie');
  assert.match(again ?? '', /^S=/);
  assert.notEqual(again?.split(';')[0], bound);
});

test('the counters of the address go on', async (context) => {
  const server = await startCounting(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(server, OLD)] } });
  const client = await plane.connect();
  const { id } = instanceOf(server);
  for (let turn = 0; turn < 3; turn += 1) await bodyOf(client);
  await plane.change({ instances: [instanceOf(server, NEW)] });
  assert.equal(plane.counters.instances[id]?.requests, 3);
  await bodyOf(client);
  assert.equal(plane.counters.instances[id]?.requests, 4);
  assert.equal(plane.counters.instances[id]?.idle, 1);
  await plane.change({ instances: [] });
  assert.equal(plane.counters.instances[id], undefined);
});

test('tcp: a client of the old life is not moved, and gets its time to end', async (context) => {
  const server = await ScriptedInstance.start(context, (connection) => connection.write('hello'));
  const slot = { protocol: 'tcp', instances: [instanceOf(server, OLD)] } as const;
  const clock = new FakeClock();
  const plane = await TestPlane.start(context, { clock, slot });
  const before = await plane.connect();
  await before.until((text) => text === 'hello');
  await plane.change({ instances: [instanceOf(server, NEW)] });
  before.write('last words');
  await (await server.connection(0)).until((text) => text === 'last words');
  const after = await plane.connect();
  await after.until((text) => text === 'hello');
  await clock.advance(plane.slot.timeouts.drainMs);
  await before.ended();
  after.write('still here');
  await (await server.connection(1)).until((text) => text === 'still here');
});
