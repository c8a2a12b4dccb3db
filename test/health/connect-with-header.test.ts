import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import type { buildConnector } from 'undici';
import { createHeaderConnector } from '../../src/health/connect-with-header.js';
import { freePort, ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { startDeafInstance } from '../support/deaf-instance.js';

const TIMEOUT_MS = 200;
const NO_OPTIONS = {} as buildConnector.Options;

function open({ host, port }: { readonly host: string; readonly port: number }): Promise<Socket> {
  return new Promise((resolve, reject) => {
    createHeaderConnector(
      host,
      port,
      'v1',
      TIMEOUT_MS,
    )(NO_OPTIONS, (error, socket) => {
      if (error === null) resolve(socket as Socket);
      else reject(error);
    });
  });
}

test('a connection that breaks before anybody listens to it does not end the process', async (context) => {
  const server = createServer().listen(0, ownAddress());
  await once(server, 'listening');
  atEnd(context, () => server.close());
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const { address: host, port } = server.address() as AddressInfo;
  const socket = await open({ host, port });
  const [peer] = await accepted;
  // Not once(): that would be somebody who listens to errors.
  const closed = new Promise<boolean>((resolve) => socket.on('close', resolve));
  peer.resetAndDestroy();
  socket.resume();
  assert.equal(await closed, true, 'it broke, as this test wants it');
});

test('a connect that nobody answers is given up with its check', async (context) => {
  await assert.rejects(open(await startDeafInstance(context)), /^Error: no connection within 200ms$/);
});

test('a refused connect says so', async () => {
  const host = ownAddress();
  await assert.rejects(open({ host, port: await freePort(host) }), { code: 'ECONNREFUSED' });
});
