/**
 * Most connections of a node rest: they have asked, and may ask again. One holds what tells it from others, and nothing
 * that only a request needs.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { atEnd } from '../support/at-end.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const CONNECTIONS = 2_000;
const AT_ONCE = 20;
/** Of V8's heap; its handle of libuv has half as much beside it. */
const MOST_BYTES = 1_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test(`a resting connection holds at most ${MOST_BYTES} bytes of the heap`, async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('ok')));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] }, logFormat: null });
  const { host, port } = plane;
  const clients = new Worker(new URL('../support/traffic/resting-clients-program.js', import.meta.url), {
    workerData: { host, port, atOnce: AT_ONCE },
  });
  atEnd(context, () => clients.terminate());
  const open = async (count: number): Promise<number> => {
    clients.postMessage(count);
    await once(clients, 'message');
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  // What all share is there after the first ones: connections to the instance, exchanges, compiled code.
  const before = await open(CONNECTIONS);
  const each = ((await open(CONNECTIONS)) - before) / CONNECTIONS;
  assert.equal(plane.counters.openConnections, 2 * CONNECTIONS);
  assert.ok(each > 300 && each <= MOST_BYTES, `${each} bytes a connection`);
});
