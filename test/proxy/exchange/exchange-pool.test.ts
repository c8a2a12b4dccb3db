/**
 * An exchange serves one client's request after the other's. What one leaves behind in it would reach the next one: an
 * exchange that is free is as new, down to its private fields, and it is free once.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Exchange } from '../../../src/proxy/exchange/exchange.js';
import type { ExchangeClient } from '../../../src/proxy/exchange/exchange-client.js';
import { ExchangePool } from '../../../src/proxy/exchange/exchange-pool.js';
import { Upstream } from '../../../src/proxy/http/upstream.js';
import { freePort, ownAddress } from '../../support/addresses.js';
import { atEnd } from '../../support/at-end.js';
import { eventually } from '../../support/eventually.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf, slotOf } from '../../support/node/snapshots.js';
import { RawConnection } from '../../support/traffic/raw-connection.js';
import { okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';
import { stateOf } from './object-state.js';

/** Fields that lead to what all exchanges of a worker share. */
const SHARED = new Set(['worker', '#worker']);
/** `begin` of the body's reader sets them all anew. */
const OF_LAST_BODY = /^reader\.body\.(?:kind|position|rawEnd|isWhole|hasMoved|#remaining|#decoder)/;
/** The decoder's own, which `reset` sets anew; what it holds of a body is looked at. */
const OF_LAST_CHUNKS = /^reader\.body\.#decoder\.(?!#held|trailers|error)/;

const FIELDS = 'Cookie: S=unknown; a=secret\r\nX-Forwarded-For: 192.0.2.7\r\nX-Request-ID: mine\r\nX-Filler: ';
const RICH = `Host: shop.example\r\n${FIELDS}${'x'.repeat(2_000)}\r\n`;

/** What a client sends, in these pieces, and what it waits for. Each ends with its exchange given back. */
const KEPT: Readonly<Record<string, readonly [pieces: readonly string[], awaited: string]>> = {
  'a request with all fields': [[`GET /ok HTTP/1.1\r\n${RICH}\r\n`], 'the answer'],
  'an absolute target': [[`GET http://shop.example/ok HTTP/1.1\r\n${RICH}\r\n`], 'the answer'],
  'HTTP/1.0 without a host': [['GET /ok HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'], 'the answer'],
  'a client that wants no more': [[`GET /ok HTTP/1.1\r\nConnection: close\r\n${RICH}\r\n`], 'the answer'],
  'a head in pieces': [['GET /ok HT', `TP/1.1\r\n${RICH}`, '\r\n'], 'the answer'],
  'a small body': [[`POST /ok HTTP/1.1\r\nContent-Length: 5\r\n${RICH}\r\nhello`], 'the answer'],
  'a large body with its head': [
    [`POST /ok HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n${'b'.repeat(20_000)}`],
    'the answer',
  ],
  'a body behind its head': [
    ['PUT /ok HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n', 'in pieces'],
    'the answer',
  ],
  'chunks with trailers': [
    [
      `POST /ok HTTP/1.1\r\nTransfer-Encoding: chunked\r\n${RICH}\r\n5;x=y\r\nhello\r\n`,
      '0\r\nX-Last: one\r\n',
      '\r\n',
    ],
    'the answer',
  ],
  'two at once': [[`GET /ok HTTP/1.1\r\n${RICH}\r\nGET /last HTTP/1.1\r\n${RICH}\r\n`], 'the last answer'],
  'a body that ends with the connection': [[`GET /open HTTP/1.1\r\n${RICH}\r\n`], 'open end'],
  'a request that is tried again': [[`GET /lost HTTP/1.1\r\n${RICH}\r\n`], 'the last answer'],
  'a malformed answer': [[`POST /bad HTTP/1.1\r\nContent-Length: 0\r\n${RICH}\r\n`], '502'],
  'the last hop': [[`TRACE /ok HTTP/1.1\r\nMax-Forwards: 0\r\n${RICH}\r\n`], 'TRACE'],
};

/** Here the exchange has more to do, or its reader is in the middle: it is left to the garbage collector. */
const LEFT: Readonly<Record<string, readonly [pieces: readonly string[], awaited: string]>> = {
  'a head that is refused': [[`GET /ok HTTP/1.1\r\n${RICH}Bad Name: x\r\n\r\n`], '400'],
  'half a head': [[`GET /ok HTTP/1.1\r\n${RICH}`], ''],
  'a body that is refused': [[`POST /ok HTTP/1.1\r\nTransfer-Encoding: chunked\r\n${RICH}\r\n`, 'z\r\n'], '400'],
  'an answer before the end of the body': [[`POST /ok HTTP/1.1\r\nContent-Length: 9\r\n${RICH}\r\nhalf`], 'the answer'],
  'a response that is cut': [[`GET /cut HTTP/1.1\r\n${RICH}\r\n`], 'half of'],
  'a client that leaves': [[`GET /never HTTP/1.1\r\n${RICH}\r\n`], ''],
  'a switch of protocols': [
    [`GET /switch HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n${RICH}\r\n`, 'a frame'],
    'frame of the instance',
  ],
};

const FIELDS_OF_RESPONSE = 'Set-Cookie: b=secret\r\nX-Large: '.concat('y'.repeat(2_000), '\r\n');

/** Answers by path; `/lost` at the second time. */
function answer(connection: RawConnection, times: Map<string, number>): void {
  let read = 0;
  connection.socket.on('data', () => {
    for (;;) {
      const end = connection.text.indexOf('\r\n\r\n', read);
      const path = /^[A-Z]+ (\/\w+) /m.exec(connection.text.slice(read, end))?.[1];
      if (end === -1) return;
      read = end + 4;
      if (path === undefined) continue;
      times.set(path, (times.get(path) ?? 0) + 1);
      const isLate = path === '/last' || (path === '/lost' && times.get(path) === 2);
      if (path === '/ok') connection.write(okResponse('the answer', FIELDS_OF_RESPONSE));
      else if (isLate) connection.write(okResponse('the last answer'));
      else if (path === '/open') connection.socket.end('HTTP/1.1 200 OK\r\n\r\nopen end');
      else if (path === '/bad') connection.write('HTTP/1.1 000 Bad\r\n\r\n');
      else if (path === '/cut') connection.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf of');
      else if (path === '/switch') connection.write(`${SWITCHED}frame of the instance`);
      else if (path === '/lost') connection.close();
    }
  });
  connection.socket.on('end', () => connection.socket.end());
}
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

/** @returns the exchanges that are given back from now on */
function noteGivenBack(context: TestContext): Exchange[] {
  const { prototype } = ExchangePool;
  const { giveBack } = prototype;
  const given: Exchange[] = [];
  prototype.giveBack = function (exchange, client) {
    giveBack.call(this, exchange, client);
    given.push(exchange);
  };
  atEnd(context, () => {
    prototype.giveBack = giveBack;
  });
  return given;
}

async function startPlane(context: TestContext): Promise<TestPlane> {
  const times = new Map<string, number>();
  const start = () => ScriptedInstance.start(context, (connection) => answer(connection, times));
  const dead = { host: ownAddress(), port: 1 };
  return TestPlane.start(context, {
    slot: {
      ...{
        instances: [dead, await start(), await start()].map((one) => instanceOf(one)),
        sticky: { cookie: 'S', key: 'secret' },
      },
      ...{ trace: true, requestIdField: 'X-Request-ID' },
    },
    captures: { responseCaptures: ['Set-Cookie'] },
  });
}

async function ask(plane: TestPlane, [pieces, awaited]: readonly [readonly string[], string]): Promise<void> {
  const client = await plane.connect();
  const { requests } = plane.counters;
  await client.writePieces(pieces);
  await client.until((text) => text.includes(awaited), awaited);
  if (awaited === '' && pieces.join('').endsWith('\r\n\r\n')) {
    await eventually('it is under way', () => plane.counters.requests > requests);
  }
  client.socket.resetAndDestroy();
  await eventually('its connection is gone', () => plane.counters.openConnections === 0);
}

/** What in a used exchange is otherwise than in a new one. */
async function tracesIn(exchange: Exchange): Promise<string[]> {
  const parts = { worker: exchange.worker, openUpstream: Upstream.open };
  const [fresh, used] = [await stateOf(new Exchange(parts), SHARED), await stateOf(exchange, SHARED)];
  assert.ok(
    fresh.size > 80 && fresh.has('reader.#partial.#bytes') && fresh.has('#failure'),
    'all fields are looked at',
  );
  return [...used]
    .filter(([path, value]) => fresh.get(path) !== value)
    .filter(([path]) => !OF_LAST_CHUNKS.test(path) && (!OF_LAST_BODY.test(path) || path.split('.').length > 3))
    .filter(([path, value]) => !path.startsWith('reader.body.#decoder.') || !/^(?:string ""|object null)$/.test(value))
    .map(([path, value]) => `${path}: ${fresh.get(path)} → ${value}`);
}

for (const [what, work] of Object.entries(KEPT)) {
  test(`after ${what} the exchange is as new`, async (context) => {
    const plane = await startPlane(context);
    const given = noteGivenBack(context);
    await ask(plane, work);
    assert.equal(given.length, work[0].join('').split(' HTTP/1.').length - 1, 'each time it was given back');
    for (const exchange of given) assert.deepEqual(await tracesIn(exchange), []);
  });
}

for (const [what, work] of Object.entries(LEFT)) {
  test(`after ${what} the exchange is not used again`, async (context) => {
    const plane = await startPlane(context);
    const given = noteGivenBack(context);
    await ask(plane, work);
    assert.equal(given.length, 0);
    await ask(plane, [['GET /ok HTTP/1.1\r\nHost: a\r\n\r\n'], 'the answer']);
    assert.deepEqual(await tracesIn(given[0] ?? assert.fail('nothing was given back')), []);
  });
}

test('after a request that its cookie binds to an instance the exchange is as new', async (context) => {
  const plane = await startPlane(context);
  const given = noteGivenBack(context);
  const client = await plane.connect();
  client.write('GET /ok HTTP/1.1\r\nHost: a\r\n\r\n');
  const cookie = /S=[^;]+/.exec((await client.response()).fields.get('set-cookie') ?? '')?.[0] ?? '';
  client.write(`GET /ok HTTP/1.1\r\nHost: a\r\nCookie: ${cookie}\r\n\r\n`);
  assert.doesNotMatch((await client.response()).fields.get('set-cookie') ?? '', /S=/, 'it is bound');
  assert.equal(given.length, 2);
  assert.deepEqual(await tracesIn(given[1] ?? assert.fail()), []);
});

test('after a time in the queue the exchange is as new', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, {
    slot: { instances: [instanceOf(instance)], limits: { connections: 1, queue: 5 } },
  });
  const given = noteGivenBack(context);
  const clients = [await plane.connect(), await plane.connect()];
  for (const client of clients) client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually('one waits', () => plane.counters.queued === 1);
  const upstream = await instance.connection(0);
  for (let served = 1; served <= 2; served += 1) {
    await upstream.until((text) => text.split('\r\n\r\n').length === served + 1);
    upstream.write(okResponse('ok'));
    await eventually('it is served', () => given.length === served);
  }
  for (const exchange of given) assert.deepEqual(await tracesIn(exchange), []);
});

/** @returns the exchanges that are lent from now on */
function noteTaken(context: TestContext): Set<Exchange> {
  const taken = new Set<Exchange>();
  const { take } = ExchangePool.prototype;
  ExchangePool.prototype.take = function (client) {
    const exchange = take.call(this, client);
    taken.add(exchange);
    return exchange;
  };
  atEnd(context, () => {
    ExchangePool.prototype.take = take;
  });
  return taken;
}

test('an exchange serves one slot after the other, each by its own configuration', async (context) => {
  const [one, other] = [await ScriptedInstance.start(context), await ScriptedInstance.start(context)];
  const plane = await TestPlane.start(context, { slot: { app: 'one', instances: [instanceOf(one)] } });
  const second = slotOf({
    ...{ app: 'other', port: await freePort(plane.host), instances: [instanceOf(other)] },
    ...{ sticky: { cookie: 'S', key: 'secret' }, reuse: 'never', hostFilter: 'other.example' },
  });
  await plane.change({}, { slots: [plane.slot, second] });
  const taken = noteTaken(context);
  const ask = async (port: number, instance: ScriptedInstance, place: number): Promise<[string, string]> => {
    const client = await RawConnection.open(port, plane.host);
    client.write('GET / HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n');
    const upstream = await instance.connection(place);
    await upstream.until((text) => text.includes('\r\n\r\n'));
    upstream.write(okResponse('ok'));
    const answer = await client.ended();
    return [upstream.text, answer];
  };
  const [sent, got] = await ask(plane.port, one, 0);
  assert.match(sent, new RegExp(`X-Forwarded-Port: ${plane.port}\r\n`));
  assert.doesNotMatch(got, /Set-Cookie/);
  const [sentToOther, gotFromOther] = await ask(second.port, other, 0);
  assert.match(sentToOther, new RegExp(`X-Forwarded-Port: ${second.port}\r\n`));
  assert.match(sentToOther, /Connection: close\r\n/);
  assert.match(gotFromOther, /Set-Cookie: S=/);
  const { slots } = plane.plane.counters();
  assert.deepEqual([slots.one?.requests, slots.other?.requests], [1, 1]);
  assert.deepEqual([slots.one?.responses[2], slots.other?.responses[2]], [1, 1]);
  assert.equal(taken.size, 1, 'both were served by one');
});

test('a resting connection has no exchange, however many there are', async (context) => {
  const plane = await startPlane(context);
  const taken = noteTaken(context);
  for (let count = 1; count <= 20; count += 1) {
    const client = await plane.connect();
    client.write('GET /ok HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.response();
  }
  assert.equal(plane.counters.openConnections, 20);
  assert.equal(taken.size, 1, 'all were served by one');
});

/** A pool without a client, and the parts that its exchanges share. */
async function startPool(context: TestContext): Promise<ExchangePool> {
  const plane = await startPlane(context);
  const given = noteGivenBack(context);
  await ask(plane, [['GET /ok HTTP/1.1\r\nHost: a\r\n\r\n'], 'the answer']);
  const { worker } = given[0] ?? assert.fail('nothing was given back');
  return new ExchangePool(worker, Upstream.open);
}

test('an exchange is free once, and given back by the client that has it alone', async (context) => {
  const pool = await startPool(context);
  const [one, other] = [{}, {}] as [ExchangeClient, ExchangeClient];
  const first = pool.take(one);
  assert.notEqual(pool.take(other), first, 'it is lent');
  pool.giveBack(first, one);
  pool.giveBack(first, one);
  assert.equal(pool.take(other), first);
  assert.notEqual(pool.take(one), first, 'it is not in the pool twice');
  pool.giveBack(first, one);
  assert.equal(first.client, other, 'only the client that has it gives it back');
  assert.notEqual(pool.take(one), first);
});

test('an exchange that is not over is left to the garbage collector', async (context) => {
  const pool = await startPool(context);
  const client = {} as ExchangeClient;
  for (const [field, value] of [
    ['phase', 1],
    ['instance', {}],
    ['upstream', {}],
    ['group', {}],
  ] as const) {
    const exchange = pool.take(client);
    Object.assign(exchange, { [field]: value });
    pool.giveBack(exchange, client);
    assert.notEqual(pool.take(client), exchange, field);
  }
});

test('a peak of requests leaves a bounded number of free exchanges', async (context) => {
  const pool = await startPool(context);
  const client = {} as ExchangeClient;
  const peak = new Set<Exchange>();
  while (peak.size < 3_000) peak.add(pool.take(client));
  for (const exchange of peak) pool.giveBack(exchange, client);
  let kept = 0;
  while (peak.has(pool.take(client))) kept += 1;
  assert.equal(kept, 1_024);
});
