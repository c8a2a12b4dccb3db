/**
 * Forged addresses: X-Forwarded-* and the bleed mark say who asked, over what, and whether another node sent it.
 * A client that may write them itself passes for somebody else, for HTTPS, or for a neighbor whose requests are not
 * bled again. They are believed from trusted addresses alone; X-Forwarded-For is a list, whose last entry is ours.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BLEED_MARK_NAME } from '../../src/http1/fields.js';
import type { SlotSnapshot, Snapshot } from '../../src/snapshot/snapshot.js';
import { TestPlane } from '../support/plane.js';
import { okResponse, ScriptedInstance } from '../support/scripted-instance.js';
import { instanceOf } from '../support/snapshots.js';

const FORGED =
  'X-Forwarded-For: 192.0.2.66\r\nX-Forwarded-Proto: https\r\nx-forwarded-port: 443\r\n' +
  `${BLEED_MARK_NAME}: node-9\r\n${BLEED_MARK_NAME.toLowerCase()}: node-8\r\n`;

async function fieldsAtInstance(
  context: test.TestContext,
  slot: Partial<SlotSnapshot>,
  snapshot: Partial<Snapshot> = {},
): Promise<{ readonly received: string; readonly plane: TestPlane }> {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)], ...slot }, snapshot });
  const client = await plane.connect();
  client.write(`GET / HTTP/1.1\r\nHost: a\r\n${FORGED}\r\n`);
  const upstream = await instance.connection(0);
  const received = await upstream.until((text) => text.endsWith('\r\n\r\n'));
  upstream.write(okResponse(''));
  await client.response();
  client.close();
  return { received, plane };
}

test('a stranger says neither protocol nor port, and its mark is removed and counts for nothing', async (context) => {
  const { received, plane } = await fieldsAtInstance(context, {});
  assert.doesNotMatch(received, /https|443\r|bled/i);
  assert.ok(received.includes(`\r\nX-Forwarded-Port: ${plane.port}\r\n`));
  assert.ok(received.includes('\r\nX-Forwarded-Proto: http\r\n'));
  assert.equal(received.match(/x-forwarded-p/gi)?.length, 2, 'each once');
  assert.equal(plane.counters.bledIn, 0);
});

test('a trusted proxy says protocol and port, but no mark', async (context) => {
  const { received, plane } = await fieldsAtInstance(context, { trustedProxies: ['127.0.0.0/8'] });
  assert.ok(received.includes('\r\nX-Forwarded-Proto: https\r\n'));
  assert.ok(received.includes('\r\nx-forwarded-port: 443\r\n'));
  assert.equal(received.match(/x-forwarded-p/gi)?.length, 2, 'each once');
  assert.doesNotMatch(received, /bled/i);
  assert.equal(plane.counters.bledIn, 0);
});

test('a stranger whose mark is not believed is bled when no instance is left', async (context) => {
  const neighbor = await ScriptedInstance.start(context);
  // The neighbor is reached at the slot's own port: the plane takes the port of the scripted one.
  const plane = await TestPlane.start(context, {
    slot: { port: neighbor.port, neighbors: [{ host: neighbor.host, up: true }] },
  });
  const client = await plane.connect();
  client.write(`GET / HTTP/1.1\r\nHost: a\r\n${FORGED}\r\n`);
  const upstream = await neighbor.connection(0);
  const received = await upstream.until((text) => text.endsWith('\r\n\r\n'));
  assert.deepEqual(received.match(new RegExp(`${BLEED_MARK_NAME}: .*`, 'gi')), [`${BLEED_MARK_NAME}: node-1`]);
  assert.equal(plane.counters.bledIn, 0);
  client.close();
});
