import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../support/plane.js';
import { ScriptedInstance } from '../support/scripted-instance.js';
import { instanceOf } from '../support/snapshots.js';

test('bytes pass both ways, and each side ends for itself', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { protocol: 'tcp', instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write('ping');
  const upstream = await instance.connection(0);
  await upstream.until((text) => text === 'ping');
  client.socket.end();
  await upstream.ended();
  upstream.write('pong after the end');
  upstream.socket.end();
  assert.equal(await client.ended(), 'pong after the end');
});
