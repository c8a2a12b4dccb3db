/** A neighbor's answer is not the instance's: what stands behind it in the same packet reaches the client, and no byte more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BLEED_ACCEPTED } from '../../../src/proxy/tcp/bleed-call.js';
import { TestPlane } from '../../support/node/plane.js';
import { neighborOf } from '../../support/node/snapshots.js';
import { ScriptedInstance } from '../../support/traffic/scripted-instance.js';

for (const [what, pieces] of [
  ['with the answer', [`${BLEED_ACCEPTED}welcome`]],
  ['behind the answer', [BLEED_ACCEPTED, 'welcome']],
  ['byte by byte', [...BLEED_ACCEPTED, ...'welcome']],
] as const) {
  test(`what the neighbor's instance says comes ${what}`, async (context) => {
    const neighbor = await ScriptedInstance.start(context, async (connection) => {
      await connection.until((text) => text.endsWith('\r\n\r\n'));
      await connection.writePieces(pieces);
    });
    const neighbors = [neighborOf(neighbor.host, { node: 'id' })];
    const plane = await TestPlane.start(context, { slot: { protocol: 'tcp', port: neighbor.port - 1, neighbors } });
    const client = await plane.connect();
    await client.until((text) => text.length >= 'welcome'.length);
    client.write('hello');
    const upstream = await neighbor.connection(0);
    await upstream.until((text) => text.endsWith('hello'));
    upstream.write('bye');
    upstream.socket.end();
    assert.equal(await client.ended(), 'welcomebye');
    client.close();
  });
}
