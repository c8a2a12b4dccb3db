import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { failureFrom } from '../../src/health/probe.js';
import { probeTcp } from '../../src/health/probe-tcp.js';
import { freePort, ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';

const CHECK = { path: null, intervalMs: 1_000, timeoutMs: 2_000, rise: 2, fall: 3 };

test('a connection that is accepted passes, and is closed at once', async (context) => {
  const host = ownAddress();
  let noteClose = (): void => {};
  const closed = new Promise<void>((resolve) => {
    noteClose = resolve;
  });
  const server = createServer((socket) => socket.on('error', () => {}).on('close', noteClose));
  server.listen({ host, port: 0 });
  await once(server, 'listening');
  atEnd(context, () => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  assert.deepEqual(await probeTcp({ host, port: address.port, check: CHECK }), {
    hasPassed: true,
    detail: 'connected',
    code: 'L4OK',
  });
  await closed;
});

test('a check comes from the address that it is to come from', async (context) => {
  const host = ownAddress();
  const localAddress = ownAddress();
  const froms: (string | undefined)[] = [];
  const server = createServer((socket) => {
    froms.push(socket.remoteAddress);
    socket.on('error', () => {});
  });
  server.listen({ host, port: 0 });
  await once(server, 'listening');
  atEnd(context, () => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const accepted = once(server, 'connection');
  const { hasPassed } = await probeTcp({ host, port: address.port, check: CHECK, localAddress });
  await accepted;
  assert.deepEqual([hasPassed, froms], [true, [localAddress]]);
});

test('a closed port fails, with the reason', async () => {
  const host = ownAddress();
  const { hasPassed, detail, isOwnFault } = await probeTcp({ host, port: await freePort(host), check: CHECK });
  assert.equal(hasPassed, false);
  assert.equal(isOwnFault, false);
  assert.equal(detail, 'connection refused');
});

test('a shortage of this process is told apart', () => {
  const error = Object.assign(new Error('connect EMFILE'), { code: 'EMFILE' });
  assert.deepEqual(failureFrom(error), { hasPassed: false, detail: 'connect EMFILE', code: 'L4CON', isOwnFault: true });
});
