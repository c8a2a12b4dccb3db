/**
 * Each row of `ERRORS` by its true cause: the code is counted, the client is told its status, the log has its flags, and
 * another instance is tried as the row says. A code without a cause does not compile.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ERRORS, type ErrorCode, type ErrorDefinition } from '../../../src/core/errors.js';
import { APP_DEFAULTS } from '../../../src/model/app.js';
import type { InstanceSnapshot, SlotSnapshot } from '../../../src/snapshot/snapshot.js';
import { freePort, ownAddress } from '../../support/addresses.js';
import { eventually, settledFigure } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { createRecordingLog } from '../../support/recording-log.js';
import { startDeafInstance } from '../../support/traffic/deaf-instance.js';
import { writeWithoutEnd } from '../../support/traffic/endless-sender.js';
import type { RawConnection } from '../../support/traffic/raw-connection.js';
import { okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const START = 'GET / HTTP/1.1\r\n';
const HEAD = `${START}Host: a\r\n`;
const GET = `${HEAD}\r\n`;
const CHUNKED = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n';
const UPLOAD = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf';
const ONE_AT_A_TIME = { connections: 1, queue: 1 };
/** Longer than each of the default timeouts but for `tunnel`. */
const LONG_MS = APP_DEFAULTS.timeouts.firstByteMs + 200;

interface World {
  readonly clock: FakeClock;
  readonly plane: TestPlane;
  readonly instance: ScriptedInstance;
  readonly client: RawConnection;
}

/** What brings the error about, and what of it the client can see. */
interface Cause {
  readonly slot?: Partial<SlotSnapshot>;
  readonly target?: (context: TestContext) => Promise<{ readonly host: string; readonly port: number }>;
  readonly act: (world: World) => Promise<void>;
  /** The client hears nothing: it is gone, or has a part of a response, or is closed without a word. */
  readonly isUntold?: true;
  /** There was no exchange that could be logged. */
  readonly isUnlogged?: true;
  /** The status in the log, where the client had another one already. */
  readonly logged?: number;
}

function saying(text: string, slot: Partial<SlotSnapshot> = {}): Cause {
  return { slot, act: async ({ client }) => client.write(text) };
}

/** The client asks, and the instance answers `response` to what it got. */
function answering(response: string, more: (world: World) => Promise<void> | void = () => undefined): Cause {
  const act = async (world: World): Promise<void> => {
    world.client.write(GET);
    const upstream = await world.instance.connection(0);
    await upstream.until((text) => text.endsWith('\r\n\r\n'));
    upstream.write(response);
    await more(world);
  };
  return { act };
}

async function passTime({ clock }: World, elapsedMs = LONG_MS): Promise<void> {
  await clock.advance(elapsedMs);
}

/** The first client occupies the only instance, and the queue as far as `more` go. */
async function occupy({ plane, instance, client }: World, more: number): Promise<void> {
  client.write(GET);
  await instance.connection(0);
  for (let turn = 1; turn <= more; turn += 1) {
    (await plane.connect()).write(GET);
    await eventually('it waits', () => plane.counters.queued === turn);
  }
}

async function refusing(): Promise<{ readonly host: string; readonly port: number }> {
  const host = ownAddress();
  return { host, port: await freePort(host) };
}

const CAUSES: Record<ErrorCode, Cause> = {
  METHOD_INVALID: saying('G(T / HTTP/1.1\r\nHost: a\r\n\r\n'),
  TARGET_INVALID: saying('GET a HTTP/1.1\r\nHost: a\r\n\r\n'),
  TARGET_TOO_LONG: saying(`GET /${'a'.repeat(20_000)}`),
  VERSION_INVALID: saying('GET / HTTX/1.1\r\nHost: a\r\n\r\n'),
  VERSION_UNSUPPORTED: saying('GET / HTTP/3.0\r\nHost: a\r\n\r\n'),
  HTTP2_UNEXPECTED: { ...saying('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), isUntold: true },
  TLS_UNEXPECTED: saying('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
  PROXY_HEADER_UNEXPECTED: saying(`PROXY TCP4 192.0.2.1 192.0.2.2 40000 80\r\n${GET}`),
  STATUS_INVALID: answering('HTTP/1.1 99 Low\r\n\r\n'),
  REASON_INVALID: answering('HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n'),
  LINE_END_INVALID: saying('GET / HTTP/1.1\nHost: a\n\n'),
  FIELD_NAME_INVALID: saying(`${HEAD}X : 1\r\n\r\n`),
  FIELD_FOLDED: saying(`${HEAD}X: 1\r\n 2\r\n\r\n`),
  FIELD_VALUE_INVALID: saying(`${HEAD}X: 1\0\r\n\r\n`),
  HEAD_TOO_LARGE: saying(`${HEAD}X: ${'a'.repeat(20_000)}\r\n\r\n`),
  TOO_MANY_FIELDS: saying(`${HEAD}${'X: 1\r\n'.repeat(100)}\r\n`),
  HOST_MISSING: saying(`${START}\r\n`),
  HOST_REPEATED: saying(`${HEAD}Host: a\r\n\r\n`),
  HOST_INVALID: saying(`${START}Host: a/b\r\n\r\n`),
  LENGTH_INVALID: saying(`${HEAD}Content-Length: 1x\r\n\r\n`),
  LENGTH_TOO_LARGE: saying(`${HEAD}Content-Length: 99999999999999999999\r\n\r\n`),
  LENGTH_WITH_CODING: saying(`${CHUNKED}Content-Length: 5\r\n\r\n0\r\n\r\n`),
  CODING_INVALID: saying('POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
  CODING_UNSUPPORTED: saying(`${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`),
  EXPECTATION_UNKNOWN: saying(`${HEAD}Expect: a miracle\r\n\r\n`),
  CONNECT_UNSUPPORTED: saying('CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n'),
  CHUNK_INVALID: saying(`${CHUNKED}\r\nno size\r\n`),
  TRAILER_TOO_LARGE: saying(`${CHUNKED}\r\n0\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`),
  HEAD_INCOMPLETE: {
    act: async ({ client }) => {
      client.write(HEAD);
      client.socket.end();
    },
  },
  BODY_INCOMPLETE: {
    act: async ({ client, instance }) => {
      client.write(UPLOAD);
      await (await instance.connection(0)).until((text) => text.endsWith('half'));
      client.socket.end();
    },
  },
  REQUEST_TIMEOUT: { act: passTime },
  BODY_TIMEOUT: {
    // Else the instance would be late at the same moment.
    slot: { timeouts: { ...APP_DEFAULTS.timeouts, clientIdleMs: 5_000 } },
    act: async (world) => {
      world.client.write(UPLOAD);
      await (await world.instance.connection(0)).until((text) => text.endsWith('half'));
      await passTime(world, 5_200);
    },
  },
  CLIENT_ABORTED: {
    act: async ({ client, instance }) => {
      client.write(GET);
      await instance.connection(0);
      client.socket.resetAndDestroy();
    },
    isUntold: true,
    logged: -1,
  },
  RESPONSE_UNREAD: {
    ...answering('HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n', async (world) => {
      world.client.socket.pause();
      const upstream = world.instance.connections[0];
      if (upstream !== undefined) writeWithoutEnd(upstream.socket, Buffer.alloc(262_144));
      await settledFigure(() => upstream?.socket.bytesWritten ?? 0);
      await passTime(world);
    }),
    isUntold: true,
    logged: 200,
  },
  PROXY_HEADER_REFUSED: { ...saying(GET, { acceptProxy: true }), isUntold: true, isUnlogged: true },
  FORBIDDEN: saying(GET, { internal: true }),
  HOST_UNKNOWN: saying(GET, { hostFilter: 'b' }),
  CONNECT_FAILED: { ...saying(GET), target: refusing },
  CONNECT_TIMEOUT: {
    target: startDeafInstance,
    act: async (world) => {
      world.client.write(GET);
      await eventually('it connects', () => Object.values(world.plane.counters.instances)[0]?.inFlight === 1);
      await passTime(world);
    },
  },
  CLOSED_BEFORE_RESPONSE: answering('', ({ instance }) => instance.connections[0]?.close()),
  CLOSED_IN_RESPONSE: {
    ...answering('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', async ({ client, instance }) => {
      await client.until((text) => text.endsWith('half'));
      instance.connections[0]?.close();
    }),
    isUntold: true,
    logged: 200,
  },
  MALFORMED_RESPONSE: answering('no response\r\n\r\n'),
  RESPONSE_TIMEOUT: answering('', passTime),
  RESPONSE_STALLED: {
    ...answering('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', async (world) => {
      await world.client.until((text) => text.endsWith('half'));
      await passTime(world);
    }),
    isUntold: true,
    logged: 200,
  },
  NO_INSTANCE: { ...saying(GET), slot: { instances: [] } },
  QUEUE_FULL: {
    slot: { limits: ONE_AT_A_TIME },
    act: async (world) => {
      await occupy(world, 1);
      const refused = await world.plane.connect();
      refused.write(GET);
      assert.equal((await refused.response()).status, ERRORS.QUEUE_FULL.status);
    },
    isUntold: true,
  },
  QUEUE_TIMEOUT: {
    slot: { limits: ONE_AT_A_TIME },
    act: async (world) => {
      await occupy(world, 1);
      await passTime(world, APP_DEFAULTS.timeouts.queueMs + 200);
    },
    isUntold: true,
  },
  TUNNEL_TIMEOUT: {
    act: async (world) => {
      const { client, instance } = world;
      client.write(`${HEAD}Connection: Upgrade\r\nUpgrade: x\r\n\r\n`);
      const upstream = await instance.connection(0);
      await upstream.until((text) => text.endsWith('\r\n\r\n'));
      upstream.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
      await client.response();
      await passTime(world, APP_DEFAULTS.timeouts.tunnelMs + 200);
    },
    isUntold: true,
    logged: 101,
  },
  KILLED: {
    act: async ({ client, instance, plane }) => {
      client.write(GET);
      await instance.connection(0);
      const [session] = plane.plane.sessions(null, 1).sessions;
      assert.equal(plane.plane.killSession(session?.id ?? 0)?.instance, `${instance.host}:${instance.port}`);
    },
  },
  STOPPING: {
    act: async (world) => {
      world.client.write(GET);
      await world.instance.connection(0);
      const drained = world.plane.plane.drain(5_000);
      await passTime(world, 5_001);
      assert.equal(await drained, 1);
    },
    isUntold: true,
    logged: -1,
  },
};

/** What is wrong with a response is named in the log; the exchange fails for a malformed one. */
const IN_RESPONSES: readonly ErrorCode[] = ['STATUS_INVALID', 'REASON_INVALID'];

for (const [code, cause] of Object.entries(CAUSES) as [ErrorCode, Cause][]) {
  test(`${code}: ${ERRORS[code].text}`, async (context) => {
    const { act, slot = {}, target, isUntold = false, isUnlogged = false } = cause;
    const clock = new FakeClock();
    const { log, lines } = createRecordingLog();
    const instance = await ScriptedInstance.start(context);
    const plane = await TestPlane.start(context, {
      clock,
      log,
      slot: { instances: [instanceOf((await target?.(context)) ?? instance)], retries: 0, ...slot },
      snapshot: { internalNetworks: ['10.0.0.0/8'] },
    });
    const client = await plane.connect();
    await eventually('it is accepted', () => code === 'PROXY_HEADER_REFUSED' || plane.counters.connections === 1);
    await act({ clock, plane, instance, client });

    const counted = IN_RESPONSES.includes(code) ? 'MALFORMED_RESPONSE' : code;
    await eventually('it is counted', () => plane.counters.errors[counted] !== undefined);
    assert.deepEqual(plane.counters.errors, { [counted]: 1 });
    if (counted !== code) assert.equal(lines.find(({ msg }) => msg === 'malformed response')?.problem, code);
    const { status, side, flags } = ERRORS[counted];
    if (!isUntold) {
      const { status: told, fields } = await client.response();
      assert.equal(told, status);
      // After a mistake of the client nothing that follows on its connection can be trusted.
      assert.equal(fields.get('connection') === 'close', side === 'client' && code !== 'FORBIDDEN');
      assert.equal(fields.has('retry-after'), status === 503);
    }
    if (isUnlogged) {
      await client.ended();
      assert.deepEqual(plane.accessLog, []);
      return;
    }
    await eventually('it is logged', () => plane.accessLog.length > 0);
    const [line = ''] = plane.accessLog;
    const [, loggedStatus, loggedFlags] = / (-?\d+) \d+ - - (\S{4}) /.exec(line) ?? [];
    assert.deepEqual([Number(loggedStatus), loggedFlags], [cause.logged ?? status, `${flags}--`]);
  });
}

/** How often another instance is tried, for a GET and for a POST. */
const RETRIES: Readonly<Record<ErrorDefinition['retry'], readonly [get: number, post: number]>> = {
  unsent: [1, 1],
  idempotent: [1, 0],
  never: [0, 0],
};
/** By the faults of an instance: how it goes wrong with the request that it got. */
const BAD_INSTANCES: Partial<Record<ErrorCode, (connection: RawConnection) => void>> = {
  CLOSED_BEFORE_RESPONSE: (connection) => connection.close(),
  CLOSED_IN_RESPONSE: (connection) => {
    connection.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
    connection.socket.end();
  },
  MALFORMED_RESPONSE: (connection) => connection.write('no response\r\n\r\n'),
  RESPONSE_TIMEOUT: () => undefined,
  RESPONSE_STALLED: (connection) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'),
};

async function startBad(context: TestContext, code: ErrorCode): Promise<InstanceSnapshot> {
  if (code === 'CONNECT_FAILED') return instanceOf(await refusing());
  if (code === 'CONNECT_TIMEOUT') return instanceOf(await startDeafInstance(context));
  const onRequest = BAD_INSTANCES[code];
  assert.ok(onRequest !== undefined, `say how an instance brings about ${code}`);
  const start = (connection: RawConnection): void => {
    connection.socket.once('data', () => onRequest(connection));
  };
  return instanceOf(await ScriptedInstance.start(context, start));
}

for (const [code, { side, retry }] of Object.entries(ERRORS) as [ErrorCode, ErrorDefinition][]) {
  if (side !== 'instance') continue;
  test(`${code} is retried: ${retry}`, async (context) => {
    for (const [index, method] of ['GET', 'POST'].entries()) {
      const clock = new FakeClock();
      const good = await ScriptedInstance.start(context, (connection) => {
        connection.socket.on('data', () => connection.write(okResponse('good')));
      });
      const bad = await startBad(context, code);
      const plane = await TestPlane.start(context, { clock, slot: { instances: [bad, instanceOf(good)] } });
      const client = await plane.connect();
      client.write(`${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
      const isOver = (): boolean => client.text !== '' || client.socket.readableEnded;
      await eventually('it is under way', () => isOver() || plane.counters.instances[bad.id]?.inFlight === 1);
      const expected = RETRIES[retry][index];
      if (/TIMEOUT|STALLED/.test(code)) {
        if (code === 'RESPONSE_STALLED') await client.until((text) => text !== '');
        else if (code === 'RESPONSE_TIMEOUT')
          await eventually('it has it', () => plane.counters.instances[bad.id]?.requests === 1);
        await clock.advance(LONG_MS);
      }
      await eventually('it is over', () => plane.accessLog.length === 1);
      assert.equal(plane.counters.retries, expected, method);
      assert.deepEqual(plane.counters.errors, expected === 1 ? {} : { [code]: 1 });
    }
  });
}
