/**
 * Aborts: clients that cut their connection at the worst moment, again and again. Whatever is not given back then (a
 * descriptor, a count of requests in flight, a place at an instance, a connection) is lost for good: old proxies leaked a
 * socket for each. Each phase is cut 2 000 times, half with a reset and half with an orderly end; afterwards all
 * is as it was, and no instance is blamed.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { eventually } from '../support/eventually.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { startDeafInstance } from '../support/traffic/deaf-instance.js';
import type { RawConnection } from '../support/traffic/raw-connection.js';
import { okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const TIMES = 2_000;
const BATCH = 100;

interface Phase {
  readonly bytes: string;
  /** The request has reached the instance before the cut. */
  readonly isSeen: boolean;
  /** What the client has got before the cut. */
  readonly until?: string;
}

const PHASES: Readonly<Record<string, Phase>> = {
  'before the request': { bytes: '', isSeen: false },
  'inside the head': { bytes: 'GET /held HTTP/1.1\r\nHost', isSeen: false },
  'inside the body': { bytes: 'POST /held HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nhalf', isSeen: true },
  'inside a chunk': {
    bytes: 'POST /held HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n63\r\nhalf',
    isSeen: true,
  },
  'while waiting': { bytes: 'GET /held HTTP/1.1\r\nHost: a\r\n\r\n', isSeen: true },
  'inside the response': { bytes: 'GET /half HTTP/1.1\r\nHost: a\r\n\r\n', isSeen: true, until: 'half' },
  'in a tunnel': {
    bytes: 'GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    isSeen: true,
    until: '\r\n\r\nframe',
  },
};

/** Requests that wait for an answer, or for the rest of one. */
const held = new Map<RawConnection, string>();

function script(connection: RawConnection): void {
  connection.socket.on('data', (bytes: Buffer) => {
    const path = /^\S+ (\/\w+) /.exec(bytes.latin1Slice())?.[1] ?? '';
    if (path === '/half') connection.write('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf');
    if (path === '/tunnel') {
      connection.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nframe');
    }
    if (path !== '') held.set(connection, path);
  });
  connection.socket.on('end', () => connection.socket.end());
  connection.socket.on('close', () => held.delete(connection));
}

/** The instances go on with what the clients have left. */
function answerHeld(): void {
  for (const [connection, path] of held) {
    if (path === '/held') connection.write(okResponse('late'));
    if (path === '/half') connection.write('half');
  }
  held.clear();
}

for (const [name, phase] of Object.entries(PHASES)) {
  test(`${TIMES} cuts ${name} leave nothing behind`, async (context) => {
    const instances = [await ScriptedInstance.start(context, script), await ScriptedInstance.start(context, script)];
    const plane = await TestPlane.start(context, { slot: { instances: instances.map((one) => instanceOf(one)) } });
    const descriptors = readdirSync('/proc/self/fd').length;
    for (let batch = 0; batch < TIMES / BATCH; batch += 1) {
      const clients = await Promise.all(Array.from({ length: BATCH }, () => plane.connect()));
      for (const client of clients) if (phase.bytes !== '') client.write(phase.bytes);
      if (phase.isSeen) await eventually('the instances have all of them', () => held.size === BATCH);
      const { until } = phase;
      if (until !== undefined) for (const client of clients) await client.until((text) => text.endsWith(until));
      for (const [index, client] of clients.entries()) {
        if (index % 2 === 0) client.socket.resetAndDestroy();
        else client.close();
      }
      // An orderly end may be that of a client which still listens: its answer is made, and finds nobody.
      await eventually('those that were reset are gone', () => plane.counters.openConnections <= BATCH / 2);
      answerHeld();
      await eventually('all clients are gone', () => plane.counters.openConnections === 0);
    }
    const { counters } = plane;
    assert.equal(counters.inFlight, 0);
    assert.equal(counters.queued, 0);
    assert.equal(counters.tunnels, 0);
    assert.equal(counters.connections, TIMES);
    for (const { host, port } of instances) {
      const figures = counters.instances[`${host}:${port}`];
      assert.equal(figures?.inFlight, 0);
      assert.equal(figures?.connectFailures, 0);
      assert.equal(figures?.responseFailures, 0);
    }
    assert.deepEqual(plane.connectFailures, []);
    const idle = (): number => Object.values(plane.counters.instances).reduce((sum, one) => sum + one.idle, 0);
    // Each idle connection has a descriptor here and one at the instance.
    await eventually('descriptors are back', () => readdirSync('/proc/self/fd').length <= descriptors + 2 * idle() + 2);
    assert.ok(idle() <= BATCH);
    await plane.change({ instances: [] });
    await eventually('idle connections are closed too', () => readdirSync('/proc/self/fd').length <= descriptors + 2);
  });
}

test('500 cuts while the connection to the instance is being made leave nothing behind either', async (context) => {
  const deaf = await startDeafInstance(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(deaf)] } });
  const descriptors = readdirSync('/proc/self/fd').length;
  const inFlight = (): number => plane.counters.instances[`${deaf.host}:${deaf.port}`]?.inFlight ?? 0;
  for (let batch = 0; batch < 5; batch += 1) {
    const clients = await Promise.all(Array.from({ length: BATCH }, () => plane.connect()));
    for (const client of clients) client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually('all wait for the instance', () => inFlight() === BATCH);
    for (const client of clients) client.socket.resetAndDestroy();
    await eventually('all are gone', () => plane.counters.openConnections === 0);
    assert.equal(inFlight(), 0);
  }
  assert.deepEqual(plane.connectFailures, [], 'it says nothing of the instance that clients lose their patience');
  assert.equal(plane.counters.inFlight, 0);
  await eventually('descriptors are back', () => readdirSync('/proc/self/fd').length <= descriptors + 2);
});
