/**
 * All instances of a node often die together, and the checks need seconds to see it. Until then every request would try
 * one dead instance after another and fail. The last attempt goes to a neighbor instead: no request fails.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort, ownAddress } from '../support/addresses.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf, neighborOf } from '../support/node/snapshots.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

for (const count of [1, 3, 4, 12]) {
  test(`${count} local instances refuse, all held for up: the neighbor answers every request`, async (context) => {
    const neighbor = await ScriptedInstance.start(context, answering(okResponse('neighbor')));
    const dead = await Promise.all(
      Array.from({ length: count }, async () => {
        const host = ownAddress();
        return instanceOf({ host, port: await freePort(host) });
      }),
    );
    const plane = await TestPlane.start(context, {
      slot: { port: neighbor.port, instances: dead, neighbors: [neighborOf(neighbor.host)] },
    });
    const client = await plane.connect();
    for (let turn = 0; turn < 50; turn += 1) {
      client.write(`${turn % 2 === 0 ? 'GET' : 'POST'} / HTTP/1.1\r\nHost: a\r\n\r\n`);
      assert.equal((await client.response()).body, 'neighbor');
    }
    assert.equal(plane.counters.bled, 50);
    assert.deepEqual(plane.counters.errors, {});
    client.close();
  });
}
