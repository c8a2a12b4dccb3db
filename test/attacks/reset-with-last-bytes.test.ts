/**
 * A client that sends its request and resets the connection at once. The reset reaches the proxy together with the bytes,
 * and libuv reports that as an orderly end: as if the client still listened. Believed, each such client leaves a request
 * that waits for its answer, with both connections, until the timeout of minutes: cheap for it, ruinous for the node.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { eventually } from '../support/eventually.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { ScriptedInstance } from '../support/traffic/scripted-instance.js';

test('a reset that comes with the last bytes ends the request', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  for (let turn = 0; turn < 200; turn += 1) {
    const client = await plane.connect();
    await new Promise<void>((resolve) => client.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n', () => resolve()));
    const closed = once(client.socket, 'close');
    client.socket.resetAndDestroy();
    await closed;
  }
  await eventually('all connections are gone', () => plane.counters.openConnections === 0);
  assert.equal(plane.counters.inFlight, 0);
  assert.equal(plane.counters.errors.CLIENT_ABORTED, 200);
});
