/** Limits of clients with real workers: who waits is in the queue of the kernel, which all workers share. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/core/clock.js';
import { freePort, ownAddress } from '../support/addresses.js';
import { eventually } from '../support/eventually.js';
import { RawConnection } from '../support/traffic/raw-connection.js';
import { ScriptedInstance } from '../support/traffic/scripted-instance.js';
import { slotOf, snapshotOf, startCluster } from './cluster-parts.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const LIMIT = 5;
const CLIENTS = 60;

for (const scope of ['slot', 'node'] as const) {
  test(`the limit of the ${scope} is never exceeded by two workers, is used whole, and loses nobody`, async (context) => {
    const host = ownAddress();
    const port = await freePort(host);
    let atOnce = 0;
    let most = 0;
    // The first ones are held until the limit is reached: it is used whole, however busy the machine is.
    const held: (() => void)[] = [];
    const instance = await ScriptedInstance.start(
      context,
      ({ socket }) => {
        atOnce += 1;
        most = Math.max(most, atOnce);
        const answer = (): void => {
          atOnce -= 1;
          socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok');
        };
        socket.on('data', () => {
          held.push(answer);
          if (most < LIMIT) return;
          const waiting = held.splice(0);
          systemClock.setTimer(20, () => {
            for (const one of waiting) one();
          });
        });
      },
      { host, port: 0 },
    );
    const maxConnections = scope === 'node' ? LIMIT : 0;
    const settings = { logLevel: 'silent', accessLog: null, maxConnections };
    const cluster = startCluster(context, { workers: 2, settings });
    const slot = { ...slotOf(host, port, { instancePort: instance.port }), maxClients: scope === 'slot' ? LIMIT : 0 };
    cluster.publish(snapshotOf(host, 1, [slot]));
    await cluster.whenApplied(1);
    await Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        const client = await RawConnection.open(port, host);
        client.write(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
        assert.equal((await client.response()).status, 200);
        client.close();
      }),
    );
    assert.equal(most, LIMIT);
    await eventually('all clients are gone', async () => (await cluster.counters()).clients.open === 0);
    const { clients, slots } = await cluster.counters();
    assert.equal(scope === 'node' ? clients.limit : slots.web?.clientLimit, LIMIT);
    assert.ok((scope === 'node' ? clients.limitReached : (slots.web?.clientLimitReached ?? 0)) > 0);
    assert.equal(slots.web?.connections, CLIENTS);
  });
}

test('with a limit below the number of workers some take nobody, and all clients are served', async (context) => {
  const host = ownAddress();
  const port = await freePort(host);
  const instance = await ScriptedInstance.start(
    context,
    ({ socket }) => socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok')),
    { host, port: 0 },
  );
  const cluster = startCluster(context, { workers: 2 });
  const slot = { ...slotOf(host, port, { instancePort: instance.port }), maxClients: 1 };
  cluster.publish(snapshotOf(host, 1, [slot]));
  await cluster.whenApplied(1);
  for (let turn = 0; turn < 10; turn += 1) {
    const client = await RawConnection.open(port, host);
    client.write(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    assert.match(await client.ended(), /^HTTP\/1\.1 200 [\s\S]*ok$/);
    client.close();
  }
});
