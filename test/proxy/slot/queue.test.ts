/** Who finds no instance with room waits: first come, first served, no more than `limits.queue`, for `timeouts.queue`. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { APP_DEFAULTS } from '../../../src/model/app.js';
import type { SlotSnapshot } from '../../../src/snapshot/snapshot.js';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { BalancedFleet } from '../../support/node/balanced-fleet.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import type { RawConnection } from '../../support/traffic/raw-connection.js';
import { okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const ONE_AT_A_TIME = { limits: { connections: 1, queue: 9 } };
const PAST_QUEUE_MS = APP_DEFAULTS.timeouts.queueMs + 200;

/** Asks for a path of its own, and waits until it waits. */
async function waitFor(plane: TestPlane, path: string): Promise<RawConnection> {
  const before = plane.counters.queued;
  const client = await plane.connect();
  client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  await eventually('it waits', () => plane.counters.queued === before + 1);
  return client;
}

function startPlane(
  context: TestContext,
  instance: ScriptedInstance,
  slot: Partial<SlotSnapshot> = {},
): Promise<TestPlane> {
  return TestPlane.start(context, { slot: { ...ONE_AT_A_TIME, instances: [instanceOf(instance)], ...slot } });
}

/** The paths in the order in which the instance got them. */
function pathsAt(instance: ScriptedInstance): string[] {
  return instance.connections.flatMap(({ text }) => [...text.matchAll(/^GET (\S+)/gm)].map(([, path]) => path ?? ''));
}

test('HTTP: first come, first served', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await startPlane(context, instance);
  const first = await plane.connect();
  first.write('GET /0 HTTP/1.1\r\nHost: a\r\n\r\n');
  const upstream = await instance.connection(0);
  const clients = [first];
  for (let turn = 1; turn < 6; turn += 1) clients.push(await waitFor(plane, `/${turn}`));
  for (const turn of clients.keys()) {
    await upstream.until(() => pathsAt(instance).length === turn + 1);
    upstream.write(okResponse(pathsAt(instance)[turn] ?? ''));
  }
  assert.deepEqual(pathsAt(instance), ['/0', '/1', '/2', '/3', '/4', '/5']);
  for (const [turn, client] of clients.entries()) assert.equal((await client.response()).body, `/${turn}`);
});

test('TCP: first come, first served', async (context) => {
  const instance = await ScriptedInstance.start(context, (connection) => {
    connection.socket.on('end', () => connection.socket.end());
  });
  const plane = await startPlane(context, instance, { protocol: 'tcp' });
  const clients: RawConnection[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    const client = await plane.connect();
    client.write(`${turn}`);
    clients.push(client);
    await eventually('it is served or waits', () => plane.counters.inFlight === turn + 1);
  }
  for (const [turn, client] of clients.entries()) {
    const upstream = await instance.connection(turn);
    assert.equal(await upstream.until((text) => text !== ''), `${turn}`);
    assert.equal(plane.counters.queued, 4 - turn);
    client.socket.end();
  }
});

test('no more than limits.queue wait: the next one is told at once, and those before are served', async (context) => {
  for (const queue of [0, 1, 3]) {
    const fleet = await BalancedFleet.start(context, [1], { slot: { limits: { connections: 1, queue } } });
    const held: RawConnection[] = [];
    for (let turn = 0; turn <= queue; turn += 1) held.push(await fleet.hold());
    assert.equal(fleet.plane.counters.queued, queue);
    const refused = await fleet.respond();
    assert.equal(refused.status, 503);
    assert.ok(refused.fields.has('retry-after'));
    assert.deepEqual(fleet.plane.counters.errors, { QUEUE_FULL: 1 });
    for (const client of held) {
      await fleet.answer('A');
      assert.equal((await client.response()).status, 200);
    }
    assert.equal(await fleet.ask(), 'A', 'there is room again');
  }
});

test('who leaves the queue makes room in it, and is not sent to an instance', async (context) => {
  const fleet = await BalancedFleet.start(context, [1], { slot: { limits: { connections: 1, queue: 1 } } });
  await fleet.hold();
  const impatient = await fleet.hold();
  impatient.socket.resetAndDestroy();
  await eventually('it has left', () => fleet.plane.counters.queued === 0);
  assert.deepEqual(fleet.plane.counters.errors, { CLIENT_ABORTED: 1 });
  const patient = await fleet.hold();
  await fleet.answer('A');
  await fleet.answer('A');
  assert.equal((await patient.response()).status, 200);
  assert.equal(fleet.plane.counters.instances[fleet.specs[0]?.id ?? '']?.requests, 2);
});

test('the time in the queue is a time of each request, and who came later waits on', async (context) => {
  const clock = new FakeClock();
  const fleet = await BalancedFleet.start(context, [1], { clock, slot: ONE_AT_A_TIME });
  await fleet.hold();
  const early = await fleet.hold();
  await clock.advance(5_000);
  const late = await fleet.hold();
  await clock.advance(PAST_QUEUE_MS - 5_000);
  assert.equal((await early.response()).status, 503);
  assert.equal(fleet.plane.counters.queued, 1);
  await fleet.answer('A');
  await fleet.answer('A');
  assert.equal((await late.response()).status, 200);
  assert.deepEqual(fleet.plane.counters.errors, { QUEUE_TIMEOUT: 1 });
});

test('those that wait are served by what comes: more room, a new instance, the end of a limit, the end of all instances', async (context) => {
  const changes = [
    { limits: { connections: 2, queue: 9 } },
    { limits: { connections: 0, queue: 9 } },
    { instances: 'more' },
    { instances: 'none' },
  ] as const;
  for (const change of changes) {
    const fleet = await BalancedFleet.start(context, [1, 1], { slot: ONE_AT_A_TIME });
    await fleet.change({ instances: fleet.changed({ B: null }) });
    await fleet.hold();
    const waiting = await waitFor(fleet.plane, '/');
    if ('limits' in change) await fleet.change(change);
    else await fleet.change({ instances: change.instances === 'more' ? fleet.specs : [] });
    const { status, body } = await waiting.response();
    const expected = 'limits' in change ? 'A' : change.instances === 'more' ? 'B' : '503';
    assert.equal(status === 200 ? body : String(status), expected, JSON.stringify(change));
    assert.equal(fleet.plane.counters.queued, 0);
  }
});
