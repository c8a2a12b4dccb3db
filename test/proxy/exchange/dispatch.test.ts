/** The way to an instance: what a client of an HTTP slot and one of a TCP slot meet must be the same, down to the log. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { APP_DEFAULTS } from '../../../src/model/app.js';
import type { InstanceSnapshot } from '../../../src/snapshot/snapshot.js';
import { freePort, ownAddress } from '../../support/addresses.js';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { type PlaneOptions, TestPlane } from '../../support/node/plane.js';
import { instanceOf, neighborOf } from '../../support/node/snapshots.js';
import { createRecordingLog } from '../../support/recording-log.js';
import { startDeafInstance } from '../../support/traffic/deaf-instance.js';
import { RawConnection } from '../../support/traffic/raw-connection.js';
import { okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const ANSWER = okResponse('ok', 'Connection: close\r\n');
/** Longer than `timeouts.connect` and `timeouts.queue` by more than the tick of the deadlines. */
const PAST_TEN_SECONDS_MS = 10_200;

for (const protocol of ['http', 'tcp'] as const) {
  const start = (context: TestContext, { slot, ...options }: PlaneOptions): Promise<TestPlane> =>
    TestPlane.start(context, { ...options, slot: { protocol, ...slot } });

  /** One instance with room for one, who holds it, and one that refuses; waiters have half a second. */
  const startBusyAndRefusing = async (context: TestContext, clock: FakeClock) => {
    const busy = await ScriptedInstance.start(context, endWithClient);
    const plane = await start(context, {
      clock,
      slot: {
        limits: { connections: 1, queue: 9 },
        timeouts: { ...APP_DEFAULTS.timeouts, queueMs: 500 },
        instances: [instanceOf(busy)],
      },
    });
    const first = await occupy(plane, busy);
    const dead = await refusing();
    await plane.change({ instances: [instanceOf(busy), dead] });
    return { plane, busy, dead, first };
  };

  test(`${protocol}: an instance that refuses is CONNECT_FAILED, and without another instance nothing is retried`, async (context) => {
    const dead = await refusing();
    const { log, lines } = createRecordingLog();
    const plane = await start(context, { slot: { instances: [dead] }, log });
    ask(plane);
    assert.deepEqual(await outcome(plane), { flags: 'SC', retries: 0, instance: dead.id });
    assert.deepEqual(plane.counters.errors, { CONNECT_FAILED: 1 });
    assert.deepEqual([plane.counters.retries, plane.counters.redispatches], [0, 0]);
    assert.deepEqual(plane.connectFailures, [{ instance: dead.id, failures: 1 }]);
    const { requests, connections, connectFailures } = plane.counters.instances[dead.id] ?? {};
    assert.deepEqual({ requests, connections, connectFailures }, { requests: 0, connections: 0, connectFailures: 1 });
    assert.deepEqual(
      lines.filter(({ level }) => level === 'debug').map(({ msg, app, instance }) => [msg, app, instance]),
      [['connect failed', 'shop', dead.id]],
    );
    assert.match(String(lines[0]?.reason), /ECONNREFUSED/);
  });

  test(`${protocol}: an instance that does not answer is CONNECT_TIMEOUT`, async (context) => {
    const clock = new FakeClock();
    const deaf = instanceOf(await startDeafInstance(context));
    const plane = await start(context, { clock, slot: { instances: [deaf] } });
    ask(plane);
    await eventually('it connects', () => plane.counters.instances[deaf.id]?.inFlight === 1);
    await clock.advance(PAST_TEN_SECONDS_MS);
    assert.deepEqual(await outcome(plane), { flags: 'sC', retries: 0, instance: deaf.id });
    assert.deepEqual(plane.counters.errors, { CONNECT_TIMEOUT: 1 });
    assert.deepEqual(plane.connectFailures, [{ instance: deaf.id, failures: 1 }]);
  });

  test(`${protocol}: the last failure is what the client is told, behind a wait too`, async (context) => {
    const clock = new FakeClock();
    const deaf = instanceOf(await startDeafInstance(context));
    const busy = await ScriptedInstance.start(context);
    const limits = { connections: 1, queue: 9 };
    const plane = await start(context, { clock, slot: { limits, instances: [instanceOf(busy)] } });
    const first = await occupy(plane, busy);
    await plane.change({ instances: [instanceOf(busy), deaf] });
    ask(plane);
    await eventually('it connects', () => plane.counters.instances[deaf.id]?.inFlight === 1);
    await clock.advance(PAST_TEN_SECONDS_MS);
    await eventually('it waits', () => plane.counters.queued === 1);
    await plane.change({ instances: [deaf] });
    assert.deepEqual(await outcome(plane, 1), { flags: 'sC', retries: 0, instance: deaf.id });
    assert.deepEqual(plane.counters.errors, { CONNECT_TIMEOUT: 1 });
    first.close();
  });

  test(`${protocol}: without an instance NO_INSTANCE, with a full queue QUEUE_FULL`, async (context) => {
    const busy = await ScriptedInstance.start(context);
    const plane = await start(context, { slot: { limits: { connections: 1, queue: 0 } } });
    ask(plane);
    assert.deepEqual(await outcome(plane), { flags: 'SC', retries: 0, instance: '<NOSRV>' });
    await plane.change({ instances: [instanceOf(busy)] });
    const first = await occupy(plane, busy);
    ask(plane);
    await eventually('both are logged', () => plane.accessLog.length === 2);
    assert.deepEqual(readLine(plane.accessLog[1]), { flags: 'SQ', retries: 0, instance: '<NOSRV>' });
    assert.deepEqual(plane.counters.errors, { NO_INSTANCE: 1, QUEUE_FULL: 1 });
    first.close();
  });

  test(`${protocol}: a retry counts when an instance gets it, and a redispatch when it is another one`, async (context) => {
    const dead = await refusing();
    const alive = await ScriptedInstance.start(context, answeringAnything);
    const plane = await start(context, { slot: { instances: [dead, instanceOf(alive)] } });
    const client = ask(plane);
    assert.ok((await client.ended()).endsWith('ok'));
    assert.deepEqual(await outcome(plane), { flags: '--', retries: 1, instance: instanceOf(alive).id });
    assert.deepEqual([plane.counters.retries, plane.counters.redispatches], [1, 1]);
    assert.deepEqual(plane.counters.errors, {});
    const counted = [dead.id, instanceOf(alive).id].map((id) => plane.counters.instances[id]?.requests);
    assert.deepEqual(counted, [0, 1], 'what was refused was not sent');
  });

  test(`${protocol}: only what a neighbor takes has bled`, async (context) => {
    const dead = await refusing();
    const alive = await ScriptedInstance.start(context, answeringAnything, { host: ownAddress(), port: dead.port });
    const plane = await start(context, {
      slot: {
        port: dead.port,
        neighbors: [neighborOf(dead.host), neighborOf(alive.host)],
      },
    });
    const client = ask(plane);
    assert.ok((await client.ended()).endsWith('ok'));
    assert.deepEqual(await outcome(plane), { flags: '--', retries: 1, instance: instanceOf(alive).id });
    assert.equal(plane.counters.bled, 1);
    assert.deepEqual(plane.connectFailures, [], 'checks of neighbors are not hurried by ours');
  });

  test(`${protocol}: the time in the queue begins once, however often it is a waiter's turn`, async (context) => {
    const clock = new FakeClock();
    const { plane, first } = await startBusyAndRefusing(context, clock);
    ask(plane);
    await eventually('it waits', () => plane.counters.queued === 1);
    // Each of these is refused too, and its end is a turn for those that wait.
    for (const elapsed of [200, 400]) {
      await clock.advance(200);
      ask(plane);
      await eventually('it waits too', () => plane.counters.queued === 1 + elapsed / 200);
    }
    await clock.advance(250);
    await eventually('the time of one is up', () => plane.counters.queued === 2);
    assert.deepEqual(plane.counters.errors, { QUEUE_TIMEOUT: 1 });
    assert.equal(readLine(plane.accessLog[0]).flags, 'sQ');
    first.close();
  });

  test(`${protocol}: who could not be served keeps the place in the queue`, async (context) => {
    const { plane, first, busy, dead } = await startBusyAndRefusing(context, new FakeClock());
    const served: string[] = [];
    const onConnection = (connection: RawConnection): void => {
      endWithClient(connection);
      connection.socket.on('data', () => served.push(/GET \/(\w+)/.exec(connection.text)?.[1] ?? ''));
    };
    ask(plane, 'refused');
    await eventually('it waits', () => plane.counters.queued === 1);
    // Who comes from now on could have either instance; who came first has been refused by this one.
    await ScriptedInstance.start(context, onConnection, dead);
    const other = ask(plane, 'other');
    await eventually('it is served', () => served.length === 1);
    for (const [index, name] of ['next', 'last'].entries()) {
      ask(plane, name);
      await eventually('it waits too', () => plane.counters.queued === index + 2);
    }
    other.socket.resetAndDestroy();
    await eventually('the next one has its place', () => served.length === 2);
    first.socket.resetAndDestroy();
    const upstream = await busy.connection(1);
    assert.match(await upstream.until((text) => text.includes('GET')), /^GET \/refused/);
    assert.deepEqual(served, ['other', 'next']);
    assert.equal(plane.counters.queued, 1);
  });

  test(`${protocol}: the log tells the wait from the connect`, async (context) => {
    const clock = new FakeClock();
    const busy = await ScriptedInstance.start(context, answeringAnything);
    const quiet = await ScriptedInstance.start(context);
    const limits = { connections: 1, queue: 9 };
    const plane = await start(context, { clock, slot: { limits, instances: [instanceOf(quiet)] } });
    const first = await occupy(plane, quiet);
    const second = ask(plane);
    await eventually('it waits', () => plane.counters.queued === 1);
    await clock.advance(3_000);
    await plane.change({ instances: [instanceOf(quiet), instanceOf(busy)] });
    assert.ok((await second.ended()).endsWith('ok'));
    await eventually('it is logged', () => plane.accessLog.length === 1);
    assert.match(
      plane.accessLog[0] ?? '',
      protocol === 'http' ? / 0\/3000\/0\/0\/3000 200 / : / 3000\/0\/3000 \d+ -- /,
    );
    first.close();
  });

  test(`${protocol}: who is cut before an instance has accepted says nothing of the instance`, async (context) => {
    const deaf = instanceOf(await startDeafInstance(context));
    const plane = await start(context, { slot: { instances: [deaf] } });
    ask(plane);
    await eventually('it connects', () => plane.counters.instances[deaf.id]?.inFlight === 1);
    plane.plane.close();
    await eventually('it is logged', () => plane.accessLog.length === 1);
    assert.deepEqual(readLine(plane.accessLog[0]), { flags: 'D-', retries: 0, instance: deaf.id });
    assert.deepEqual(plane.connectFailures, []);
  });

  test(`${protocol}: a slot without an access log logs nothing, served or not`, async (context) => {
    const alive = await ScriptedInstance.start(context, answeringAnything);
    const plane = await start(context, { slot: { accessLog: false } });
    await ask(plane)
      .until((text) => text.includes('503'))
      .catch(() => undefined);
    await plane.change({ instances: [instanceOf(alive)] });
    await ask(plane).ended();
    await eventually('all have ended', () => plane.counters.openConnections === 0);
    assert.deepEqual(plane.accessLog, []);
  });
}

/** A request, or the first bytes on a connection; its answer may be a reset before the connection is known here. */
function ask(plane: TestPlane, path = ''): RawConnection {
  const client = new RawConnection(connect({ port: plane.port, host: plane.host }));
  client.write(`GET /${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  return client;
}

/** Holds the instance's only place until the client is closed. */
async function occupy(plane: TestPlane, instance: ScriptedInstance): Promise<RawConnection> {
  const client = ask(plane);
  await (await instance.connection(0)).until((text) => text.includes('GET'));
  return client;
}

async function refusing(): Promise<InstanceSnapshot> {
  const host = ownAddress();
  return instanceOf({ host, port: await freePort(host) });
}

function endWithClient({ socket }: RawConnection): void {
  socket.on('end', () => socket.end());
}

function answeringAnything(connection: RawConnection): void {
  connection.socket.on('data', () => {
    connection.write(ANSWER);
    connection.socket.end();
  });
}

interface Line {
  readonly flags: string;
  readonly retries: number;
  readonly instance: string;
}

/** What both kinds of lines have: app/instance, the first two termination flags, and the retries. */
function readLine(line = ''): Line {
  const [, instance = '', flags = '', retries] =
    / shop\/(\S+) .* (\S\S)(?:--)? \d+\/\d+\/\d+\/\d+\/\+?(\d+) \d+\/\d+/.exec(line) ?? [];
  return { flags, retries: Number(retries), instance };
}

/** What the log says of the only request that has ended; what was counted while it was there is taken back by then. */
async function outcome(plane: TestPlane, stillOpen = 0): Promise<Line> {
  const { counters } = plane;
  await eventually('it has ended', () => plane.accessLog.length > 0 && counters.openConnections === stillOpen);
  assert.deepEqual([plane.counters.inFlight, plane.counters.queued], [stillOpen, 0]);
  const held = Object.values(counters.instances).map(({ inFlight }) => inFlight);
  assert.deepEqual(
    held,
    held.map(() => 0),
  );
  assert.equal(plane.accessLog.length, 1);
  return readLine(plane.accessLog[0]);
}
