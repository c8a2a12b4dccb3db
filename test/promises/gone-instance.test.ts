/**
 * A host that falls silent neither accepts nor refuses: each connect to it takes ten seconds to fail. Once the instance
 * is known to be gone nobody waits for that: nothing was sent, so the request goes elsewhere at once, whatever its
 * method. That is no try of the request and no failure of the instance.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { StickyCookie } from '../../src/proxy/slot/sticky.js';
import type { SlotSnapshot } from '../../src/snapshot/snapshot.js';
import { ownAddress } from '../support/addresses.js';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf, neighborOf } from '../support/node/snapshots.js';
import { startDeafInstance } from '../support/traffic/deaf-instance.js';
import type { RawConnection } from '../support/traffic/raw-connection.js';
import { okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const STICKY = { cookie: 'S', key: 'secret' };

/** Time stands still: what is served has not waited for any timeout. */
function start(context: TestContext, slot: Partial<SlotSnapshot>): Promise<TestPlane> {
  return TestPlane.start(context, { clock: new FakeClock(), slot: { retries: 0, ...slot } });
}

async function askPost(plane: TestPlane): Promise<RawConnection> {
  const client = await plane.connect();
  client.write('POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 10\r\n\r\nhello');
  return client;
}

for (const protocol of ['http', 'tcp'] as const) {
  test(`${protocol}: removed, in maintenance, drained, down or without weight: another instance has it at once`, async (context) => {
    const deaf = await startDeafInstance(context);
    const alive = await ScriptedInstance.start(context, answeringWholePost);
    const plane = await start(context, { protocol, instances: [instanceOf(deaf)] });
    const ways = [
      [],
      [instanceOf(deaf, { state: 'maint' })],
      [instanceOf(deaf, { state: 'drain' })],
      [instanceOf(deaf, { up: false })],
      [instanceOf(deaf, { weight: 0 })],
    ];
    for (const way of ways) {
      await plane.change({ instances: [instanceOf(deaf)] });
      const clients = await Promise.all(Array.from({ length: 5 }, () => askPost(plane)));
      const inFlight = () => plane.counters.instances[instanceOf(deaf).id]?.inFlight;
      await eventually('all connect to the silent one', () => inFlight() === 5);
      await plane.change({ instances: [...way, instanceOf(alive)] });
      for (const client of clients) {
        client.write('world');
        await eventually('it is served at once', () => client.text.endsWith('served'));
        client.close();
      }
      assert.equal(inFlight() ?? 0, 0);
    }
    assert.equal(plane.counters.retries, 0);
    assert.deepEqual(plane.counters.errors, {});
    assert.deepEqual(plane.connectFailures, []);
  });

  test(`${protocol}: a neighbor that is found down, or is none any more, is not waited for either`, async (context) => {
    const deaf = await startDeafInstance(context);
    const alive = await ScriptedInstance.start(context, answeringWholePost, { host: ownAddress(), port: deaf.port });
    const silent = neighborOf(deaf.host);
    const plane = await start(context, { protocol, port: deaf.port });
    for (const way of [[], [{ ...silent, up: false }]]) {
      await plane.change({ neighbors: [silent] });
      const client = await askPost(plane);
      await eventually('it connects to the silent one', () => plane.counters.inFlight === 1);
      await plane.change({ neighbors: [...way, neighborOf(alive.host)] });
      client.write('world');
      await eventually('it is served at once', () => client.text.endsWith('served'));
      client.close();
      await eventually('it is gone', () => plane.counters.inFlight === 0);
    }
    assert.deepEqual([plane.counters.retries, plane.counters.bled], [0, 2]);
    assert.deepEqual(plane.counters.errors, {});
  });

  test(`${protocol}: with nobody else the client is told at once`, async (context) => {
    const deaf = await startDeafInstance(context);
    const plane = await start(context, { protocol, instances: [instanceOf(deaf)] });
    await askPost(plane);
    await eventually('it connects', () => plane.counters.inFlight === 1);
    await plane.change({ instances: [] });
    await eventually('it is told', () => plane.counters.inFlight === 0);
    assert.deepEqual(plane.counters.errors, { NO_INSTANCE: 1 });
    assert.deepEqual(plane.connectFailures, []);
  });
}

test('a client that is bound to a drained instance goes on waiting for it, until that is gone', async (context) => {
  const deaf = instanceOf(await startDeafInstance(context));
  const alive = instanceOf(await ScriptedInstance.start(context, answeringWholePost));
  const plane = await start(context, { sticky: STICKY, instances: [deaf, alive] });
  const client = await plane.connect();
  client.write(
    `POST / HTTP/1.1\r\nHost: a\r\nCookie: S=${new StickyCookie(STICKY).idOf(deaf.id)}\r\nContent-Length: 10\r\n\r\nhello`,
  );
  const inFlight = () => plane.counters.instances[deaf.id]?.inFlight;
  await eventually('it connects', () => inFlight() === 1);
  await plane.change({ instances: [{ ...deaf, state: 'drain' }, alive] });
  assert.equal(inFlight(), 1);
  await plane.change({ instances: [{ ...deaf, state: 'maint' }, alive] });
  client.write('world');
  await eventually('it is served at once', () => client.text.endsWith('served'));
  client.close();
});

function answeringWholePost(connection: RawConnection): void {
  connection.socket.on('data', () => {
    if (!connection.text.endsWith('helloworld')) return;
    connection.write(okResponse('served', 'Connection: close\r\n'));
    connection.socket.end();
  });
}
