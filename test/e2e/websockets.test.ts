/**
 * WebSockets of a real client and server library through a real node, while other apps change and instances are
 * drained: those of untouched instances stay open, those of a drained one go over its drain time.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from 'undici';
import { eventually } from '../support/eventually.js';
import { startNode } from '../support/node/node-process.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { EchoSockets, startEchoServer } from '../support/traffic/echo-sockets.js';

const chat = (instance: string, slot: number): string =>
  `chat: {protocol: http, translated_port: ${slot}, instances: ["${instance}"], timeouts: {drain: 1s}}\n`;

test('500 WebSockets of one app, 100 changes of another: none is closed', async (context) => {
  const instance = await startEchoServer(context);
  const other = await startEchoServer(context);
  const node = await startNode(context, (_host, slot) => ({ 'chat.yml': chat(instance.id, slot) }));
  const sockets = await EchoSockets.open(context, node.host, node.slot, 500);
  const otherSlot = node.slot + 100;
  for (let change = 1; change <= 100; change += 1) {
    await node.write(
      'other.yml',
      `other: {protocol: http, translated_port: ${otherSlot}, instances: [{address: "${other.id}", weight: ${change}}]}\n`,
    );
    if (change % 20 === 0) await sockets.echo(`change ${change}`);
  }
  await eventuallyStatus(node.host, otherSlot, 426);
  await sockets.echo('after all');
  assert.equal(sockets.closed, 0);
});

test('a drain of their instance closes them within its time, and nothing else does', async (context) => {
  const instance = await startEchoServer(context);
  const node = await startNode(context, (_host, slot) => ({ 'chat.yml': chat(instance.id, slot) }));
  const sockets = await EchoSockets.open(context, node.host, node.slot, 20);
  await sockets.echo('before');
  assert.equal((await runCliHere(['drain', 'chat', '--admin', node.admin])).exitCode, 0);
  await eventually('all of them are closed', () => sockets.closed === 20);
});

/** The other app has been served: its instance asks for an upgrade. */
async function eventuallyStatus(host: string, port: number, wanted: number): Promise<void> {
  await eventually(`${host}:${port} answers ${wanted}`, async () => {
    const status = await request(`http://${host}:${port}/`).then(
      async ({ statusCode, body }) => {
        await body.dump();
        return statusCode;
      },
      () => 0,
    );
    return status === wanted;
  });
}
