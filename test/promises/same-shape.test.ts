/**
 * The objects of the hot path keep one shape (V8's hidden class) for life, whatever happens to them: an object that
 * grows a field late makes every place that reads it slower, for all connections and for good, and no other test would
 * notice.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { Downstream } from '../../src/proxy/http/downstream.js';
import { Upstream } from '../../src/proxy/http/upstream.js';
import { TcpDownstream } from '../../src/proxy/tcp/tcp-downstream.js';
import { TcpUpstream } from '../../src/proxy/tcp/tcp-upstream.js';
import { ownAddress } from '../support/addresses.js';
import { eventually } from '../support/eventually.js';
import { TestPlane } from '../support/plane.js';
import { okResponse, ScriptedInstance } from '../support/scripted-instance.js';
import { instanceOf } from '../support/snapshots.js';

type Connection = Downstream | Upstream | TcpDownstream | TcpUpstream;

setFlagsFromString('--allow-natives-syntax');
const haveSameMap = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean;

/** What the client sends, and what it waits for before it goes. */
const FLAVOURS: readonly (readonly [string, string])[] = [
  ['GET /ok HTTP/1.1\r\nHost: a\r\n\r\n', 'ok'],
  ['GET /ok HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', 'ok'],
  ['POST /ok HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n', 'ok'],
  ['POST /ok HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n', 'ok'],
  ['GET /chunks HTTP/1.1\r\nHost: a\r\n\r\n', '0\r\n\r\n'],
  ['GET /chunks HTTP/1.0\r\nHost: a\r\n\r\n', 'hello'],
  ['GET /close HTTP/1.1\r\nHost: a\r\nCookie: S=1\r\n\r\n', 'until'],
  ['GET /reset HTTP/1.1\r\nHost: a\r\n\r\n', '502'],
  ['GET /bad HTTP/1.1\r\nHost: a\r\n\r\n', '502'],
  ['GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', 'frame'],
  ['GET / HTTP/1.1\r\nHost : a\r\n\r\n', '400'],
  ['GET /ok HTTP/1.1\r\nHost: a\r\n\r\nGET /o', 'ok'],
];

const ANSWERS: Readonly<Record<string, string>> = {
  '/ok': okResponse('ok'),
  '/chunks': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  '/close': 'HTTP/1.1 200 OK\r\n\r\nuntil',
  '/bad': 'HTTP/1.1 000 Bad\r\n\r\n',
  '/tunnel': 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nframe',
};

test('Downstream, Exchange, Upstream and their heads have one shape each, whatever they went through', async (context) => {
  const seen = notingReaders(Downstream, Upstream);
  const instance = await ScriptedInstance.start(context, (connection) => {
    connection.socket.on('data', (bytes: Buffer) => {
      const path = /^\S+ (\/\w+) /.exec(bytes.latin1Slice())?.[1] ?? '';
      if (path === '/reset') connection.socket.resetAndDestroy();
      else connection.write(ANSWERS[path] ?? '');
      if (path === '/close') connection.socket.end();
    });
    connection.socket.on('end', () => connection.socket.end());
  });
  const plane = await TestPlane.start(context, {
    slot: { instances: [instanceOf(instance)], sticky: { cookie: 'S', key: 'secret' } },
  });
  // V8 learns in the first rounds what each field holds; what is made later is of the settled shape.
  for (let round = 0; round < 3; round += 1) {
    seen.clear();
    for (const [bytes, enough] of FLAVOURS) {
      const client = await plane.connect();
      client.write(bytes);
      if (bytes.includes('20000')) {
        await eventually('the head has been sent', () => instance.received.includes('20000'));
        client.write('x'.repeat(20_000));
      }
      await client.until((text) => text.includes(enough));
      client.close();
      await eventually(`it is gone: ${bytes.slice(0, 20)}`, () => plane.counters.openConnections === 0);
    }
    await plane.change({ instances: [] });
    await plane.change({ instances: [instanceOf(instance)] });
  }
  const downstreams = [...seen].filter((one) => one instanceof Downstream);
  const upstreams = [...seen].filter((one) => one instanceof Upstream);
  assert.ok(downstreams.length >= FLAVOURS.length && upstreams.length > 3);
  assert.ok(!haveSameMap({ a: 1 }, { b: 1 }), 'the question is answered at all');
  assertSameShape(downstreams);
  assertSameShape(downstreams.map((one) => one.exchange));
  assertSameShape(downstreams.map((one) => one.exchange.books));
  assertSameShape(downstreams.map((one) => one.head));
  assertSameShape(upstreams);
});

/** Each connection of these classes that has read something. */
function notingReaders(...classes: readonly { readonly prototype: Connection }[]): Set<Connection> {
  const seen = new Set<Connection>();
  for (const { prototype } of classes) {
    const { onBytes } = prototype;
    prototype.onBytes = function (this: Connection, bytes: Buffer, length: number): void {
      seen.add(this);
      onBytes.call(this as never, bytes, length);
    };
  }
  return seen;
}

function assertSameShape(objects: readonly object[]): void {
  const [first] = objects;
  assert.ok(first !== undefined);
  for (const [index, one] of objects.entries()) {
    assert.ok(haveSameMap(first, one), `${one.constructor.name} number ${index} has a shape of its own`);
  }
}

test('both sides of a TCP slot and its dispatch have one shape each', async (context) => {
  const seen = notingReaders(TcpDownstream, TcpUpstream);
  const instance = await ScriptedInstance.start(context, (connection) => {
    connection.socket.on('data', () => connection.write('pong'));
    connection.socket.on('end', () => connection.socket.end());
  });
  const dead = instanceOf({ host: ownAddress(), port: 1 });
  const plane = await TestPlane.start(context, {
    slot: { protocol: 'tcp', limits: { connections: 1, queue: 5 }, instances: [dead, instanceOf(instance)] },
  });
  for (let round = 0; round < 3; round += 1) {
    seen.clear();
    const clients = await Promise.all(Array.from({ length: 4 }, () => plane.connect()));
    for (const client of clients) client.write('ping');
    for (const client of clients) {
      void client.until((text) => text === 'pong').then(() => client.close());
    }
    await eventually('all are served, one after another', () => plane.counters.openConnections === 0);
  }
  const downstreams = [...seen].filter((one) => one instanceof TcpDownstream);
  const upstreams = [...seen].filter((one) => one instanceof TcpUpstream);
  assert.ok(downstreams.length === 4 && upstreams.length === 4);
  assertSameShape(downstreams);
  assertSameShape(downstreams.map((one) => one.dispatch));
  assertSameShape(upstreams);
});
