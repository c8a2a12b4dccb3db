/**
 * Clients of an app that was removed have its drain time, whatever happens to the worker meanwhile: a worker that is
 * replaced waits for them too, and one that is closed leaves none of them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestPlane as Plane } from '../support/node/plane.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf, snapshotOf } from '../support/node/snapshots.js';
import type { RawConnection } from '../support/traffic/raw-connection.js';
import { okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

/** A request is under way, and then its app is gone. */
async function startRemoved(
  context: test.TestContext,
): Promise<{ readonly plane: Plane; readonly client: RawConnection; readonly upstream: RawConnection }> {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  await plane.plane.apply(snapshotOf({ bind: plane.host, slots: [] }));
  return { plane, client, upstream };
}

test('a worker that drains waits for the clients of an app that is gone already', async (context) => {
  const { plane, client, upstream } = await startRemoved(context);
  let isDrained = false;
  const drained = plane.plane.drain(20_000).then((cut) => {
    isDrained = true;
    return cut;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isDrained, false);
  upstream.write(okResponse('late'));
  assert.equal((await client.response()).body, 'late');
  assert.equal(await drained, 0);
});

test('a plane that is closed leaves no client of a removed app', async (context) => {
  const { plane, client } = await startRemoved(context);
  plane.plane.close();
  assert.equal(await client.ended(), '');
});
