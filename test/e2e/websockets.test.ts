/**
 * WebSockets of a real client and server library through a real node, while other apps change, workers are replaced and
 * the node stops: those of untouched instances stay open, those of a drained one go over its drain time.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { request } from 'undici';
import WebSocket, { WebSocketServer } from 'ws';
import type { StateDocument } from '../../src/admin/state-document.js';
import { ownAddress } from '../support/addresses.js';
import { eventually } from '../support/eventually.js';
import { type RunningNode, startNode } from '../support/node-process.js';
import { runCli } from '../support/run-cli.js';

async function startEcho(context: TestContext): Promise<string> {
  const host = ownAddress();
  const server = new WebSocketServer({ host, port: 0 });
  await once(server, 'listening');
  server.on('connection', (socket) => {
    socket.on('message', (bytes) => socket.send(bytes));
    socket.on('error', () => undefined);
  });
  context.after(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return `${host}:${(server.address() as AddressInfo).port}`;
}

class Sockets {
  readonly #sockets: WebSocket[] = [];
  closed = 0;

  static async open(context: TestContext, { host, slot }: RunningNode, count: number): Promise<Sockets> {
    const sockets = new Sockets();
    context.after(() => {
      for (const socket of sockets.#sockets) socket.terminate();
    });
    for (let opened = 0; opened < count; opened += 1) {
      const socket = new WebSocket(`ws://${host}:${slot}/`);
      socket.on('error', () => undefined);
      await once(socket, 'open');
      socket.on('close', () => {
        sockets.closed += 1;
      });
      sockets.#sockets.push(socket);
    }
    return sockets;
  }

  /** Each says a word and hears it. */
  async echo(word: string): Promise<void> {
    await Promise.all(
      this.#sockets.map(async (socket) => {
        const heard = once(socket, 'message');
        socket.send(word);
        const [bytes] = (await heard) as [Buffer];
        assert.equal(bytes.toString(), word);
      }),
    );
  }
}

const chat = (instance: string, slot: number): string =>
  `chat: {protocol: http, translated_port: ${slot}, instances: ["${instance}"], timeouts: {drain: 1s}}\n`;

test('500 WebSockets of one app, 100 changes of another: none is closed', async (context) => {
  const instance = await startEcho(context);
  const other = await startEcho(context);
  const node = await startNode(context, (_host, slot) => ({ 'chat.yml': chat(instance, slot) }));
  const sockets = await Sockets.open(context, node, 500);
  const otherSlot = node.slot + 100;
  for (let change = 1; change <= 100; change += 1) {
    await node.write(
      'other.yml',
      `other: {protocol: http, translated_port: ${otherSlot}, instances: [{address: "${other}", weight: ${change}}]}\n`,
    );
    if (change % 20 === 0) await sockets.echo(`change ${change}`);
  }
  await eventuallyStatus(node.host, otherSlot, 426);
  await sockets.echo('after all');
  assert.equal(sockets.closed, 0);
});

test('a drain of their instance closes them within its time, and nothing else does', async (context) => {
  const instance = await startEcho(context);
  const node = await startNode(context, (_host, slot) => ({ 'chat.yml': chat(instance, slot) }));
  const sockets = await Sockets.open(context, node, 20);
  await sockets.echo('before');
  assert.equal((await runCli(['drain', 'chat', '--admin', node.admin])).exitCode, 0);
  await eventually('all of them are closed', () => sockets.closed === 20);
});

test('the workers are replaced: open ones live on for the drain time, new ones open at once; a stop closes the rest', async (context) => {
  const instance = await startEcho(context);
  const node = await startNode(context, (_host, slot) => ({ 'chat.yml': chat(instance, slot) }), {
    '--drain-timeout': '3s',
  });
  const before = await Sockets.open(context, node, 20);
  const [old] = await servingWorkers(node);
  node.child.kill('SIGUSR2');
  await until(async () => {
    const now = await servingWorkers(node);
    return now.length > 0 && !now.includes(old ?? 0);
  });
  await before.echo('in the old worker');
  const after = await Sockets.open(context, node, 20);
  await after.echo('in the new worker');
  await eventually('the old ones are closed', () => before.closed === 20);
  await after.echo('still');
  assert.equal(after.closed, 0);
  node.child.kill('SIGTERM');
  assert.equal(await node.exited, 0);
  await eventually('the new ones are closed', () => after.closed === 20);
});

async function servingWorkers({ admin }: RunningNode): Promise<readonly number[]> {
  const { body } = await request(`http://${admin}/state`);
  const { workers } = (await body.json()) as StateDocument;
  return workers.filter(({ state }) => state === 'serving').map(({ pid }) => pid);
}

/** The other app has been served: its instance asks for an upgrade. */
async function eventuallyStatus(host: string, port: number, wanted: number): Promise<void> {
  await until(async () => {
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

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
}
