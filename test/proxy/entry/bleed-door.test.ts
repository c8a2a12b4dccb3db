/** The health port of a TCP slot, where neighbors bring their clients and checkers ask as ever. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { BLEED_ACCEPTED, BLEED_REQUEST } from '../../../src/proxy/tcp/bleed-call.js';
import { encodeV1, encodeV2 } from '../../../src/proxy-protocol/encode.js';
import type { SlotSnapshot, Snapshot } from '../../../src/snapshot/snapshot.js';
import { ownAddress } from '../../support/addresses.js';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf, neighborOf } from '../../support/node/snapshots.js';
import { createRecordingLog } from '../../support/recording-log.js';
import { RawConnection } from '../../support/traffic/raw-connection.js';
import { ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const CLIENT = {
  source: { address: '10.1.2.3', port: 40_000 },
  destination: { address: '203.0.113.1', port: 443 },
};
const HEADER = encodeV2(CLIENT, { extras: { bledBy: 'node-b' } });
const CALL = HEADER.toString('latin1') + BLEED_REQUEST;
const CHECK = 'GET /health HTTP/1.1\r\nHost: a\r\n\r\n';
const TRUSTED = { trustedProxies: ['127.0.0.0/8'] };

async function start(context: TestContext, slot: Partial<SlotSnapshot> = {}, snapshot: Partial<Snapshot> = {}) {
  const instance = await ScriptedInstance.start(context);
  const { log, lines } = createRecordingLog();
  const plane = await TestPlane.start(context, {
    log,
    slot: { protocol: 'tcp', instances: [instanceOf(instance)], ...slot },
    snapshot,
  });
  return { instance, plane, lines };
}

test('checkers are answered, with and without a header in front, in one packet or byte by byte', async (context) => {
  const { instance, plane } = await start(context, TRUSTED);
  const headers = ['', encodeV1(CLIENT), encodeV1(null), encodeV2(CLIENT), encodeV2(null)].map((bytes) =>
    bytes.toString('latin1'),
  );
  for (const header of headers) {
    for (const pieces of [[header + CHECK], [...(header + CHECK)]]) {
      const checker = await plane.connectHealth();
      await checker.writePieces(pieces);
      assert.equal((await checker.response()).status, 200);
      checker.write(CHECK);
      assert.equal((await checker.response()).status, 200, 'the connection is kept');
      checker.close();
    }
  }
  assert.equal(instance.connections.length, 0);
});

test('a call is taken in packets of any size, and the bytes behind it are of the client', async (context) => {
  const { instance, plane } = await start(context, TRUSTED);
  for (const [index, pieces] of [[`${CALL}hello`], [...`${CALL}hello`]].entries()) {
    const neighbor = await plane.connectHealth();
    await neighbor.writePieces(pieces);
    await neighbor.until((text) => text === BLEED_ACCEPTED);
    const connection = await instance.connection(index);
    await connection.until((text) => text === 'hello');
    connection.write('welcome');
    await neighbor.until((text) => text === `${BLEED_ACCEPTED}welcome`);
    neighbor.close();
  }
  assert.equal(plane.counters.bledIn, 2);
});

test('a marked check is a check, and a call without a mark is none', async (context) => {
  const { instance, plane } = await start(context, TRUSTED);
  for (const [bytes, status] of [
    [HEADER.toString('latin1') + CHECK, 200],
    [encodeV2(CLIENT).toString('latin1') + BLEED_REQUEST, 503],
    [BLEED_REQUEST, 503],
  ] as const) {
    const checker = await plane.connectHealth();
    checker.write(bytes);
    assert.equal((await checker.response()).status, status);
    checker.close();
  }
  assert.equal(instance.connections.length, 0);
});

const NEIGHBOR = ownAddress();

for (const [who, slot, snapshot] of [
  ['a stranger', {}, {}],
  ['a neighbor that may not send headers, where the slot demands them', { acceptProxy: true }, { peers: [NEIGHBOR] }],
] as const) {
  test(`${who} is refused, and one line says why`, async (context) => {
    const { instance, plane, lines } = await start(context, slot, snapshot);
    for (let turn = 0; turn < 2; turn += 1) {
      const stranger = await RawConnection.open(plane.port + 1, plane.host, NEIGHBOR);
      stranger.write(`${CALL}hello`);
      assert.equal((await stranger.response()).status, 403);
      assert.equal(await stranger.ended(), '');
    }
    assert.equal(instance.connections.length, 0);
    const said = lines.filter(({ msg }) => msg === 'a bled connection was refused');
    assert.deepEqual(
      said.map(({ peer }) => peer),
      [NEIGHBOR],
    );
    assert.match(String(said[0]?.reason), /trusted_proxies/);
  });
}

test('by its address a neighbor may come, but its header opens no internal app', async (context) => {
  const { instance, plane } = await start(context, {}, { peers: [NEIGHBOR], internalNetworks: ['10.0.0.0/8'] });
  const call = async (): Promise<RawConnection> => {
    const neighbor = await RawConnection.open(plane.port + 1, plane.host, NEIGHBOR);
    neighbor.write(CALL);
    return neighbor;
  };
  await (await call()).until((text) => text === BLEED_ACCEPTED);
  await instance.connection(0);
  await plane.change({ internal: true });
  await (await call()).ended();
  assert.equal(plane.counters.errors.FORBIDDEN, 1);
  assert.equal(instance.connections.length, 1);
});

test('without a usable instance the answer is 503, and the other neighbor is tried', async (context) => {
  const clientless = await start(context, { ...TRUSTED, instances: [] });
  const served = await ScriptedInstance.start(context);
  const other = await TestPlane.start(context, {
    slot: { protocol: 'tcp', port: clientless.plane.port, instances: [instanceOf(served)], ...TRUSTED },
  });
  const caller = await TestPlane.start(context, {
    slot: {
      protocol: 'tcp',
      port: clientless.plane.port,
      neighbors: [clientless.plane, other].map(({ host }) => neighborOf(host, { node: `id-of-${host}` })),
    },
  });
  for (let turn = 0; turn < 4; turn += 1) {
    const client = await caller.connect();
    client.write('hello');
    const connection = await served.connection(turn);
    await connection.until((text) => text === 'hello');
    client.close();
  }
  assert.equal(clientless.plane.counters.connections, 0);
});

test('a slot that has as many clients as it may takes no more by its health port', async (context) => {
  const { instance, plane } = await start(context, { ...TRUSTED, maxClients: 1 });
  const client = await plane.connect();
  const served = await instance.connection(0);
  const call = async (): Promise<string> => {
    const neighbor = await plane.connectHealth();
    neighbor.write(CALL);
    const text = await neighbor.until((received) => received.includes('\r\n\r\n'));
    neighbor.close();
    return text.slice(0, 12);
  };
  assert.equal(await call(), 'HTTP/1.1 503');
  client.close();
  served.close();
  await eventually('its place is free', () => plane.counters.openConnections === 0);
  await eventually('a bled client gets it', async () => (await call()) === 'HTTP/1.1 101');
});

test('a neighbor that answers something else is as one that cannot be reached', async (context) => {
  for (const answer of ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'SSH-2.0-x\r\n\r\n', 'x'.repeat(5_000), '']) {
    const neighbor = await ScriptedInstance.start(context, (connection) => {
      connection.write(answer);
      connection.socket.end();
    });
    const caller = await TestPlane.start(context, {
      slot: {
        protocol: 'tcp',
        port: neighbor.port - 1,
        neighbors: [neighborOf(neighbor.host, { node: 'id' })],
      },
    });
    const client = await caller.connect();
    client.write('hello');
    assert.equal(await client.ended(), '');
    assert.deepEqual(caller.counters.errors, { CONNECT_FAILED: 1 });
    assert.ok(!neighbor.received.includes('hello'), 'no byte of the client went there');
  }
});

test('who says nothing, or half of a call, is closed after 5 s', async (context) => {
  const clock = new FakeClock();
  const plane = await TestPlane.start(context, { clock, slot: { protocol: 'tcp', ...TRUSTED } });
  for (const bytes of ['', CALL.slice(0, 20), CALL.slice(0, HEADER.length + 10)]) {
    const caller = await plane.connectHealth();
    if (bytes !== '') await caller.writePieces([bytes]);
    let isOver = false;
    const ended = caller.ended().then(() => {
      isOver = true;
    });
    await eventually('it is closed', async () => {
      await clock.advance(1_000);
      return isOver;
    });
    await ended;
  }
});
