/**
 * The objects of the hot path keep one shape (V8's hidden class) for life, whatever happens to them: an object that
 * grows a field late makes every place that reads it slower, for all connections and for good, and no other test would
 * notice.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { BodyReader } from '../../src/http1/body-reader.js';
import { ChunkedDecoder } from '../../src/http1/chunked.js';
import { ConnectionOptions } from '../../src/http1/connection-options.js';
import { PartialHead } from '../../src/http1/partial-head.js';
import { RequestHead } from '../../src/http1/request-head.js';
import { ResponseHead } from '../../src/http1/response-head.js';
import { Dispatch } from '../../src/proxy/exchange/dispatch.js';
import { Exchange } from '../../src/proxy/exchange/exchange.js';
import { ExchangeBooks } from '../../src/proxy/exchange/exchange-books.js';
import { OutgoingRequest } from '../../src/proxy/exchange/outgoing-request.js';
import { OutgoingResponse } from '../../src/proxy/exchange/outgoing-response.js';
import { RequestReader } from '../../src/proxy/exchange/request-reader.js';
import { Downstream } from '../../src/proxy/http/downstream.js';
import { ResponseRelay } from '../../src/proxy/http/response-relay.js';
import { Reuse } from '../../src/proxy/http/reuse.js';
import { Upstream } from '../../src/proxy/http/upstream.js';
import { Tunnel } from '../../src/proxy/io/tunnel.js';
import { TcpDownstream } from '../../src/proxy/tcp/tcp-downstream.js';
import { TcpUpstream } from '../../src/proxy/tcp/tcp-upstream.js';
import { ownAddress } from '../support/addresses.js';
import { eventually } from '../support/eventually.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

/** A class, and a method of it. */
type Use = readonly [{ readonly name: string; readonly prototype: object }, string];

setFlagsFromString('--allow-natives-syntax');
const haveSameMap = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean;

/** What the client sends, and what it waits for before it goes. */
const FLAVOURS: readonly (readonly [string, string])[] = [
  ['GET /ok HTTP/1.1\r\nHost: a\r\n\r\n', 'ok'],
  ['GET /ok HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', 'ok'],
  ['POST /ok HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n', 'ok'],
  ['POST /ok HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n', 'ok'],
  ['GET /chunks HTTP/1.1\r\nHost: a\r\n\r\n', '0\r\n\r\n'],
  ['POST /chunks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', '0\r\n\r\n'],
  ['GET /chunks HTTP/1.0\r\nHost: a\r\n\r\n', 'hello'],
  ['GET /close HTTP/1.1\r\nHost: a\r\nCookie: S=1\r\n\r\n', 'until'],
  ['GET /reset HTTP/1.1\r\nHost: a\r\n\r\n', '502'],
  ['GET /bad HTTP/1.1\r\nHost: a\r\n\r\n', '502'],
  ['GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', 'frame'],
  ['GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly', 'frame'],
  ['GET / HTTP/1.1\r\nHost : a\r\n\r\n', '400'],
  ['GET /ok HTTP/1.1\r\nHost: a\r\n\r\nGET /o', 'ok'],
  ['GET /ok HTTP/1.1\r\nHost: a\r\n\r\nPOST /ok HTTP/1.1\r\nHost: ', 'ok'],
  ['GET /ok HTTP/1.1\r\nHost: a\r\n\r\nG', 'ok'],
];

const ANSWERS: Readonly<Record<string, string>> = {
  '/ok': okResponse('ok'),
  '/chunks': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  '/close': 'HTTP/1.1 200 OK\r\n\r\nuntil',
  '/bad': 'HTTP/1.1 000 Bad\r\n\r\n',
  '/tunnel': 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nframe',
};

/** The objects of a request, its response and the connections that carry them, by a method that each use calls. */
const OF_HTTP: readonly Use[] = [
  [Downstream, 'onBytes'],
  [RequestReader, 'readHead'],
  [RequestHead, 'parse'],
  [ConnectionOptions, 'reset'],
  [BodyReader, 'begin'],
  [ChunkedDecoder, 'reset'],
  [PartialHead, 'append'],
  [Exchange, 'begin'],
  [ExchangeBooks, 'open'],
  [OutgoingRequest, 'compose'],
  [Upstream, 'onBytes'],
  [ResponseRelay, 'read'],
  [ResponseHead, 'parse'],
  [Reuse, 'mayKeep'],
  [OutgoingResponse, 'render'],
  [Tunnel, 'onBytes'],
];
const OF_TCP: readonly Use[] = [
  [TcpDownstream, 'onBytes'],
  [TcpUpstream, 'onBytes'],
  [Dispatch, 'start'],
];

test('the objects of a request and of its response keep one shape each on all their ways', async (context) => {
  const seen = noteUses(OF_HTTP);
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
    for (const made of seen.values()) made.clear();
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
  assert.ok(!haveSameMap({ a: 1 }, { b: 1 }), 'the question is answered at all');
  for (const [name, made] of seen) assertSameShape(name, [...made]);
});

/** @returns by class, each of its objects that the method was called on */
function noteUses(uses: readonly Use[]): ReadonlyMap<string, Set<object>> {
  return new Map(
    uses.map(([{ name, prototype }, use]) => {
      const made = new Set<object>();
      const method = Reflect.get(prototype, use) as (...args: unknown[]) => unknown;
      Reflect.set(prototype, use, function (this: object, ...args: unknown[]): unknown {
        made.add(this);
        return method.apply(this, args);
      });
      return [name, made];
    }),
  );
}

function assertSameShape(name: string, objects: readonly object[]): void {
  const [first] = objects;
  assert.ok(first !== undefined && objects.length > 1, `${objects.length} of ${name} were used`);
  for (const [index, one] of objects.entries()) {
    assert.ok(haveSameMap(first, one), `${name} number ${index} has a shape of its own`);
  }
}

test('both sides of a TCP slot and its dispatch have one shape each', async (context) => {
  const seen = noteUses(OF_TCP);
  const instance = await ScriptedInstance.start(context, (connection) => {
    connection.socket.on('data', () => connection.write('pong'));
    connection.socket.on('end', () => connection.socket.end());
  });
  const dead = instanceOf({ host: ownAddress(), port: 1 });
  const plane = await TestPlane.start(context, {
    slot: { protocol: 'tcp', limits: { connections: 1, queue: 5 }, instances: [dead, instanceOf(instance)] },
  });
  for (let round = 0; round < 3; round += 1) {
    for (const made of seen.values()) made.clear();
    const clients = await Promise.all(Array.from({ length: 4 }, () => plane.connect()));
    for (const client of clients) client.write('ping');
    for (const client of clients) {
      void client.until((text) => text === 'pong').then(() => client.close());
    }
    await eventually('all are served, one after another', () => plane.counters.openConnections === 0);
  }
  for (const [name, made] of seen) {
    assert.equal(made.size, 4, name);
    assertSameShape(name, [...made]);
  }
});
