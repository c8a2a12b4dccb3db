/**
 * Retries must not make an outage worse: an instance that fails everything would get every request several times, just
 * when it can bear it least. Requests that had been sent are repeated within a budget only: one for five requests, and
 * a few to begin with.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { ScriptedInstance } from '../support/traffic/scripted-instance.js';

const REQUESTS = 500;
const FLOOR = 10;

test('instances that reset everything get at most a fifth more than was asked', async (context) => {
  let delivered = 0;
  const start = () =>
    ScriptedInstance.start(context, (connection) => {
      connection.socket.once('data', () => {
        delivered += 1;
        connection.socket.resetAndDestroy();
      });
    });
  const instances = [await start(), await start(), await start(), await start(), await start()];
  const plane = await TestPlane.start(context, { slot: { instances: instances.map((one) => instanceOf(one)) } });
  const client = await plane.connect();
  for (let turn = 0; turn < REQUESTS; turn += 1) {
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal((await client.response()).status, 502);
  }
  assert.equal(delivered, REQUESTS + plane.counters.retries);
  assert.ok(plane.counters.retries <= REQUESTS * 0.2 + FLOOR, `${plane.counters.retries} retries`);
  assert.ok(plane.counters.retries >= REQUESTS * 0.2, 'it is used where it is there');
  client.close();
});
