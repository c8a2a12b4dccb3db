/** How a listening socket is opened: each worker has its own. */
import assert from 'node:assert/strict';
import { Server } from 'node:net';
import { test } from 'node:test';
import { createTransports } from '../../../src/proxy/io/create-transports.js';
import { Listener } from '../../../src/proxy/io/listener.js';
import { freePort, ownAddress } from '../../support/addresses.js';

test('a port without a handle is bound by the worker itself, and not by the primary for all of them', async (context) => {
  const listen = context.mock.method(Server.prototype, 'listen');
  const listener = new Listener(
    createTransports(),
    () => assert.fail('nobody connects'),
    (error) => assert.fail(error),
  );
  const host = ownAddress();
  const port = await freePort(host);
  await listener.listen({ host, port });
  const options = listen.mock.calls.at(-1)?.arguments[0];
  assert.deepEqual(options, { host, port, backlog: 4_096, exclusive: true });
  listener.close();
});
