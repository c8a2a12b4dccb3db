/**
 * A slot without an instance is still the app's slot: its port stays bound and says 503 with Retry-After, never 404 and
 * never a refused connection that a balancer would take for a dead node. When instances come, connections that were
 * opened before are served by them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

test('503 with Retry-After to everything, and service at once when there is an instance', async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('here')));
  const plane = await TestPlane.start(context);
  const client = await plane.connect();
  for (const start of ['GET /', 'POST /x', 'DELETE /health', 'OPTIONS *', 'HEAD /favicon.ico']) {
    client.write(`${start} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const { status, fields } = await client.response(start.split(' ')[0]);
    assert.equal(status, 503, start);
    assert.match(fields.get('retry-after') ?? '', /^\d+$/);
    assert.equal(fields.get('connection'), undefined, 'the client may stay');
  }
  const states = [
    { instances: [instanceOf(instance)], status: 200 },
    { instances: [instanceOf(instance, { up: false })], status: 503 },
    { instances: [instanceOf(instance, { state: 'maint' as const })], status: 503 },
    { instances: [instanceOf(instance, { weight: 0 })], status: 503 },
    { instances: [instanceOf(instance)], status: 200 },
    { instances: [], status: 503 },
  ];
  for (const { instances, status } of states) {
    await plane.change({ instances });
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal((await client.response()).status, status);
    const checker = await plane.connectHealth();
    checker.write('GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    assert.equal((await checker.response()).status, status);
    checker.close();
  }
  assert.equal(plane.counters.connections, 1, 'one connection saw it all');
  client.close();
});
