/** What is counted and logged: each counter by a scenario, and all of them counted again from the access log alone. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ERRORS, type ErrorCode } from '../../../src/core/errors.js';
import type { SlotCounters } from '../../../src/metrics/counters.js';
import type { SlotSnapshot } from '../../../src/snapshot/snapshot.js';
import { freePort, ownAddress } from '../../support/addresses.js';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { TestPlane } from '../../support/node/plane.js';
import { startPod } from '../../support/node/pod.js';
import { instanceOf, neighborOf } from '../../support/node/snapshots.js';
import { SeededRandom } from '../../support/seeded-random.js';
import type { RawConnection } from '../../support/traffic/raw-connection.js';
import { answering, okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const UPGRADE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';

async function refusing(): Promise<{ readonly host: string; readonly port: number }> {
  const host = ownAddress();
  return { host, port: await freePort(host) };
}

/** All that is not zero; of instances the sum; without bytes, times and peaks, and what the slot has of its instances. */
function booksOf(plane: TestPlane): Record<string, unknown> {
  const { instances, responses, errors, bytesIn, bytesOut, latency, times, ...all } = plane.counters;
  const { openConnectionsPeak, inFlightPeak, queuedPeak, turnedAwayBytesIn, turnedAwayBytesOut, ...counted } = all;
  const { sent, reuses, connects, connectFailures, responseFailures, ...rest } = counted;
  const books: Record<string, unknown> = {};
  const note = (name: string, count: unknown): void => {
    if (typeof count === 'number' && count !== 0) books[name] = count;
  };
  for (const [name, count] of Object.entries(rest)) note(name, count);
  for (const [index, count] of responses.entries()) note(`${index}xx`, count);
  for (const [code, count] of Object.entries(errors)) note(code, count);
  for (const name of ['requests', 'connections', 'connectFailures', 'responseFailures', 'inFlight', 'idle'] as const) {
    note(
      `at instances: ${name}`,
      Object.values(instances).reduce((sum, instance) => sum + instance[name], 0),
    );
  }
  return books;
}

async function ask(plane: TestPlane, text = GET): Promise<RawConnection> {
  const client = await plane.connect();
  client.write(text);
  return client;
}

async function booksAre(plane: TestPlane, expected: Record<string, unknown>): Promise<void> {
  await eventually(`the books are ${JSON.stringify(expected)}`, () => {
    const books = booksOf(plane);
    return (
      Object.keys(books).length === Object.keys(expected).length &&
      Object.entries(expected).every(([name, count]) => books[name] === count)
    );
  }).catch(() => assert.deepEqual(booksOf(plane), expected));
}

test('a request and its response, while it lasts and when it is over', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await ask(plane);
  const upstream = await instance.connection(0);
  const common = {
    connections: 1,
    openConnections: 1,
    requests: 1,
    'at instances: requests': 1,
    'at instances: connections': 1,
  };
  await booksAre(plane, { ...common, inFlight: 1, 'at instances: inFlight': 1 });
  upstream.write(okResponse('ok'));
  await client.response();
  await booksAre(plane, { ...common, '2xx': 1, 'at instances: idle': 1 });
  client.close();
  const { openConnections: _, ...closed } = common;
  await booksAre(plane, { ...closed, '2xx': 1, 'at instances: idle': 1 });
});

test('each class of status', async (context) => {
  const statuses = [200, 204, 301, 404, 429, 500, 599, 999];
  const instance = await ScriptedInstance.start(
    context,
    answering((head) =>
      `HTTP/1.1 ${/\d+/.exec(head)?.[0]} x\r\nContent-Length: 0\r\n\r\n`.replace(
        '204 x\r\nContent-Length: 0\r\n',
        '204 x\r\n',
      ),
    ),
  );
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  for (const status of statuses) {
    client.write(`GET /${status} HTTP/1.1\r\nHost: a\r\n\r\n`);
    assert.equal((await client.response()).status, status);
  }
  assert.deepEqual(plane.counters.responses.slice(1), [0, 2, 1, 2, 3]);
  assert.deepEqual(plane.counters.errors, {}, 'a bad status of an instance is no error here');
});

test('a connect that fails is one of the instance, its retry elsewhere a redispatch', async (context) => {
  const dead = instanceOf(await refusing());
  const alive = await ScriptedInstance.start(context, answering(okResponse('ok')));
  const plane = await TestPlane.start(context, { slot: { instances: [dead, instanceOf(alive)] } });
  await (await ask(plane)).response();
  await booksAre(plane, {
    connections: 1,
    openConnections: 1,
    requests: 1,
    '2xx': 1,
    retries: 1,
    redispatches: 1,
    'at instances: connectFailures': 1,
    'at instances: connections': 1,
    'at instances: requests': 1,
    'at instances: idle': 1,
  });
  assert.deepEqual(plane.connectFailures, [{ instance: dead.id, failures: 1 }]);
});

test('a retry at the same instance does not count as a redispatch', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await ask(plane);
  const first = await instance.connection(0);
  await first.until((text) => text.endsWith('\r\n\r\n'));
  first.write(okResponse('ok'));
  await client.response();
  client.write(GET);
  await first.until((text) => text.split('GET').length === 3);
  first.close();
  const second = await instance.connection(1);
  await second.until((text) => text.endsWith('\r\n\r\n'));
  second.write(okResponse('ok'));
  await client.response();
  await booksAre(plane, {
    connections: 1,
    openConnections: 1,
    requests: 2,
    '2xx': 2,
    retries: 1,
    'at instances: connections': 2,
    'at instances: requests': 3,
    'at instances: idle': 1,
  });
});

test('a failure in a response is one of the instance', async (context) => {
  const instance = await ScriptedInstance.start(context, answering('no response\r\n\r\n'));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  await (await ask(plane)).response();
  await booksAre(plane, {
    connections: 1,
    openConnections: 1,
    requests: 1,
    '5xx': 1,
    MALFORMED_RESPONSE: 1,
    'at instances: connections': 1,
    'at instances: requests': 1,
    'at instances: responseFailures': 1,
  });
});

test('a response that ends with its connection is whole: nothing failed', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await ask(plane);
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  upstream.write('HTTP/1.1 200 OK\r\n\r\nuntil the ');
  await client.until((text) => text.endsWith('until the '));
  upstream.write('end');
  upstream.socket.end();
  assert.ok((await client.ended()).endsWith('until the end'));
  await booksAre(plane, {
    ...{ connections: 1, requests: 1, '2xx': 1 },
    ...{ 'at instances: connections': 1, 'at instances: requests': 1 },
  });
  assert.match(plane.accessLog[0] ?? '', / 200 \d+ - - ---- /);
});

test('a bleed is counted at both nodes, and no instance is blamed for it', async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('ok')));
  const { a, b } = await startPod(context);
  await b.change({ instances: [instanceOf(instance)] });
  await (await ask(a)).response();
  const common = { connections: 1, openConnections: 1, requests: 1, '2xx': 1 };
  await booksAre(a, { ...common, bled: 1 });
  await booksAre(b, {
    ...common,
    bledIn: 1,
    'at instances: connections': 1,
    'at instances: requests': 1,
    'at instances: idle': 1,
  });
});

for (const protocol of ['http', 'tcp'] as const) {
  test(`${protocol}: a neighbor that refuses does not count as an instance that failed`, async (context) => {
    const plane = await TestPlane.start(context, {
      slot: { protocol, neighbors: [neighborOf(ownAddress()), neighborOf(ownAddress())] },
    });
    const client = await ask(plane).catch(() => null);
    if (protocol === 'http') assert.equal((await client?.response())?.status, 503);
    else await client?.ended();
    await eventually('it is counted', () => plane.counters.errors.CONNECT_FAILED === 1);
    assert.deepEqual(plane.connectFailures, []);
    assert.equal(plane.counters.bled, 0, 'nobody took it');
    assert.equal(plane.counters.retries, 1);
  });
}

test('a tunnel is one while it lasts, and its response a 101', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await ask(plane, UPGRADE);
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  upstream.write(SWITCHED);
  await client.response();
  const common = { connections: 1, requests: 1, 'at instances: connections': 1, 'at instances: requests': 1 };
  await booksAre(plane, { ...common, openConnections: 1, tunnels: 1, inFlight: 1, 'at instances: inFlight': 1 });
  client.close();
  upstream.socket.end();
  await booksAre(plane, { ...common, '1xx': 1 });
});

test('a limit of clients: how often, and for how long', async (context) => {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context, answering(okResponse('ok')));
  const plane = await TestPlane.start(context, { clock, slot: { maxClients: 2, instances: [instanceOf(instance)] } });
  const [first] = [await ask(plane), await ask(plane)];
  const full = { connections: 2, requests: 2, '2xx': 2, 'at instances: requests': 2 };
  await eventually('both are served', () => plane.counters.responses[2] === 2);
  assert.equal(plane.counters.openConnections, full.connections);
  assert.deepEqual([plane.counters.clientLimit, plane.counters.clientLimitReached], [2, 1]);
  await clock.advance(3_000);
  assert.equal(plane.counters.clientLimitMs, 3_000);
  first?.close();
  await eventually('there is room', () => plane.counters.openConnections === 1);
  const { clientLimitMs } = plane.counters;
  await clock.advance(3_000);
  assert.equal(plane.counters.clientLimitMs, clientLimitMs);
});

test('bytes: those of heads and bodies as they were on the wire, answers of our own too', async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('0123456789')));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  let read = 0;
  client.socket.on('data', (bytes: Buffer) => {
    read += bytes.length;
  });
  let written = 0;
  for (const text of [GET, GET.replace('GET', 'HEAD'), GET, 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n']) {
    client.write(text);
    written += text.length;
    await client.response(text.startsWith('HEAD') ? 'HEAD' : 'GET');
  }
  assert.deepEqual([plane.counters.bytesIn, plane.counters.bytesOut], [written, read]);
  assert.equal(recount(plane.accessLog).bytesOut, read);
});

interface Recount {
  lines: number;
  bytesOut: number;
  retries: number;
  /** By first digit; 0 for none. */
  readonly statuses: number[];
  /** By their first two flags. */
  readonly flags: Record<string, number>;
}

/** By the places of HAProxy's format alone. */
function recount(log: readonly string[]): Recount {
  const count: Recount = { lines: 0, bytesOut: 0, retries: 0, statuses: [0, 0, 0, 0, 0, 0], flags: {} };
  for (const line of log) {
    const [, status = '', bytes = '', flags = '', retries = ''] =
      /^\S+:\d+ \[[^\]]+\] \S+ \S+ [-\d/]+ (-?\d+) (\d+) - - (\S\S)-- \d+\/\d+\/\d+\/\d+\/\+?(\d+) \d+\/\d+(?: \{[^}]*\})? "[^"]*"\n$/.exec(
        line,
      ) ?? [];
    assert.notEqual(status, '', line);
    count.lines += 1;
    count.bytesOut += Number(bytes);
    count.retries += Number(retries);
    const digit = status === '-1' ? 0 : Math.min(5, Number(status[0]));
    count.statuses[digit] = (count.statuses[digit] ?? 0) + 1;
    if (flags !== '--') count.flags[flags] = (count.flags[flags] ?? 0) + 1;
  }
  return count;
}

function flagsOf(errors: SlotCounters['errors']): Record<string, number> {
  const flags: Record<string, number> = {};
  for (const [code, count] of Object.entries(errors) as [ErrorCode, number][]) {
    flags[ERRORS[code].flags] = (flags[ERRORS[code].flags] ?? 0) + count;
  }
  return flags;
}

/** What a client of the mix may do; `gone` are those that do not wait for an answer. */
const MIX = [
  GET,
  GET.replace('/', '/404'),
  GET.replace('/', '/broken'),
  GET.replace('/', '/cut'),
  GET.replace('/', '/closed'),
  'POST /closed HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc',
  'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET / HTTP/1.0\r\n\r\n',
  'GET / HTTP/1.1\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n',
  `${GET}${GET}${GET}`,
  'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
] as const;

function misbehave(connection: RawConnection): void {
  let read = 0;
  connection.socket.on('data', () => {
    for (
      let end = connection.text.indexOf('\r\n\r\n', read);
      end !== -1;
      end = connection.text.indexOf('\r\n\r\n', read)
    ) {
      const head = connection.text.slice(read, end);
      read = end + 4;
      if (/^(GET|HEAD|POST|OPTIONS) /.test(head)) respond(connection, head);
    }
  });
}

function respond(connection: RawConnection, head: string): void {
  const path = head.split(' ')[1];
  if (path === '/404') connection.write('HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno');
  else if (path === '/broken') connection.write('no response\r\n\r\n');
  else if (path === '/cut') connection.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
  else if (path === '/closed') connection.close();
  else connection.write(head.startsWith('HEAD') ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n' : okResponse('ok'));
}

async function startMix(context: TestContext, slot: Partial<SlotSnapshot> = {}): Promise<TestPlane> {
  const instances = [instanceOf(await refusing())];
  for (let index = 0; index < 3; index += 1)
    instances.push(instanceOf(await ScriptedInstance.start(context, misbehave)));
  return TestPlane.start(context, { slot: { instances, ...slot } });
}

test('a mix of all that can happen: the log and the counters say the same', async (context) => {
  const plane = await startMix(context);
  const random = new SeededRandom(1313);
  let read = 0;
  for (let turn = 0; turn < 300; turn += 1) {
    const client = await plane.connect();
    client.socket.on('data', (bytes: Buffer) => {
      read += bytes.length;
    });
    for (let times = 1 + random.below(3); times > 0; times -= 1) client.write(random.pick(MIX));
    client.socket.end();
    await client.ended();
  }
  await eventually('all is over', () => plane.counters.openConnections === 0 && plane.counters.inFlight === 0);
  const { counters } = plane;
  const count = recount(plane.accessLog);
  assert.equal(count.lines, counters.requests);
  assert.deepEqual(count.statuses, counters.responses);
  assert.deepEqual(count.flags, flagsOf(counters.errors));
  assert.equal(count.retries, counters.retries);
  assert.equal(count.bytesOut, counters.bytesOut);
  assert.equal(counters.bytesOut, read);
  assert.equal(
    counters.latency.reduce((sum, bucket) => sum + bucket, 0),
    counters.requests,
  );
  assert.ok(Object.keys(counters.errors).length >= 4 && counters.retries > 0, 'the mix has what it is for');
});
