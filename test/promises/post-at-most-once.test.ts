/**
 * A POST is delivered at most once, ever: an order that is placed twice is worse than one that failed. Once a byte of it
 * was sent nobody can know what the instance did with it, so it is answered with 502 and never sent again: neither to
 * another instance, nor when the connection was an idle one that died under it. What may be repeated (RFC 9110 9.2.2)
 * is, as long as it is still whole here.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

/** Two instances that read `whole` and then cut, one by a reset and one in order; `warm` requests are answered. */
async function startCutters(context: test.TestContext): Promise<{ plane: TestPlane; deliveries: () => number }> {
  let deliveries = 0;
  const cutter = (isReset: boolean) =>
    ScriptedInstance.start(context, (connection) => {
      connection.socket.on('data', (bytes: Buffer) => {
        if (bytes.includes('/warm')) connection.write(okResponse('warm'));
        if (!bytes.includes('/order')) return;
        deliveries += 1;
        if (isReset) connection.socket.resetAndDestroy();
        else connection.socket.end();
      });
    });
  const instances = [instanceOf(await cutter(true)), instanceOf(await cutter(false))];
  return { plane: await TestPlane.start(context, { slot: { instances } }), deliveries: () => deliveries };
}

for (const method of ['POST', 'PATCH', 'order', 'LOCK']) {
  test(`${method}: delivered once and answered with 502, on new and on reused connections`, async (context) => {
    const { plane, deliveries } = await startCutters(context);
    const client = await plane.connect();
    let expected = 0;
    for (let turn = 0; turn < 8; turn += 1) {
      const isReused = turn >= 4;
      if (isReused) {
        client.write('GET /warm HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2));
        assert.equal((await client.response()).body, 'warm');
        assert.equal((await client.response()).body, 'warm');
      }
      client.write(`${method} /order HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`);
      assert.equal((await client.response()).status, 502);
      expected += 1;
      assert.equal(deliveries(), expected);
    }
    assert.equal(plane.counters.retries, 0);
    client.close();
  });
}

test('GET and PUT go to the other instance; a PUT whose body was streamed does not', async (context) => {
  const { plane, deliveries } = await startCutters(context);
  const client = await plane.connect();
  client.write('PUT /order HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
  assert.equal((await client.response()).status, 502, 'both instances were tried');
  assert.equal(deliveries(), 2);
  await client.writePieces(['PUT /order HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n']);
  assert.equal((await client.response()).status, 502);
  assert.equal(deliveries(), 3);
  client.close();
});
