/**
 * A node that is told to stop says so to its balancers first: its health ports answer 503 at once, while its slots go on
 * accepting and answering everything, so that nobody is turned away before the balancers have looked.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const GET = 'GET /health HTTP/1.1\r\nHost: a\r\n\r\n';

test('health 503 at once, also on a kept-alive check; the slot serves on and asks clients to leave', async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('ok')));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const checker = await plane.connectHealth();
  const client = await plane.connect();
  checker.write(GET);
  assert.equal((await checker.response()).status, 200);
  client.write(GET);
  assert.equal((await client.response()).fields.get('connection'), undefined);

  await plane.change({}, { stopping: true });
  checker.write(GET);
  assert.equal((await checker.response()).status, 503);
  await checker.ended();
  const another = await plane.connectHealth();
  another.write('HEAD /health-check HTTP/1.0\r\n\r\n');
  assert.equal((await another.response('HEAD')).status, 503);

  const late = await plane.connect();
  for (const one of [client, late]) {
    one.write(GET);
    const { status, fields } = await one.response();
    assert.equal(status, 200);
    assert.equal(fields.get('connection'), 'close');
    await one.ended();
  }

  // Called off.
  await plane.change({}, { stopping: false });
  const again = await plane.connectHealth();
  again.write(GET);
  assert.equal((await again.response()).status, 200);
  for (const one of [checker, client, another, late, again]) one.close();
});
