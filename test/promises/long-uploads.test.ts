/**
 * Long uploads: the time that an instance has for the first byte of its answer does not run while the client is still
 * sending. Who uploads for an hour over a thin line, and never pauses for longer than it may, is answered.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../support/fake-clock.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

test('an upload of an hour is answered; afterwards the instance has its time and no more', async (context) => {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] }, clock });
  const client = await plane.connect();
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60\r\n\r\n');
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  const send = async (): Promise<void> => {
    for (let piece = 1; piece <= 12; piece += 1) {
      await clock.advance(300_000);
      const before = upstream.text.length;
      client.write('xxxxx');
      await upstream.until((text) => text.length === before + 5);
    }
  };
  await send();
  await clock.advance(599_000);
  upstream.write(okResponse('got it'));
  assert.equal((await client.response()).body, 'got it');

  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60\r\n\r\n');
  await upstream.until((text) => text.split('POST / ').length === 3 && text.endsWith('\r\n\r\n'));
  await send();
  await clock.advance(600_200);
  assert.equal((await client.response()).status, 504);
  client.close();
});
