/** A port that somebody else holds costs its own slot alone, and is taken as soon as it is free. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { bindSocket } from '../../src/cluster/listening-socket.js';
import { ownAddress } from '../support/addresses.js';
import { eventually } from '../support/eventually.js';
import { isListening } from '../support/machine/processes.js';
import { occupy, request, slotOf, snapshotOf, startCluster, startInstance } from './cluster-parts.js';

const HOST = ownAddress();
const PORT = 27_110;

test('a taken health port is reported with its holder, the other slot serves, and the slot comes when it is free', async (context) => {
  const results: string[] = [];
  const cluster = startCluster(context, {
    onBindResult: (app, error) => results.push(`${app} ${error === null ? 'bound' : 'not bound'}`),
  });
  const instancePort = await startInstance(context, HOST);
  const holder = await occupy(context, HOST, PORT + 1);
  cluster.publish(
    snapshotOf(HOST, 1, [
      slotOf(HOST, PORT, { instancePort, app: 'blocked' }),
      slotOf(HOST, PORT + 2, { instancePort, app: 'free' }),
    ]),
  );
  assert.match(cluster.bindErrorOf('blocked') ?? '', new RegExp(`^EADDRINUSE: port ${PORT + 1} `));
  assert.equal(cluster.bindErrorOf('free'), null);
  await cluster.whenApplied(1);
  assert.equal((await request(HOST, PORT + 2)).status, 200);
  assert.equal(await isListening(HOST, PORT), false, 'both ports or none');
  await eventually(
    'the holder is named',
    () => cluster.bindErrorOf('blocked')?.includes(`(pid ${process.pid})`) === true,
  );
  holder.close();
  await eventually('the port is bound', () => cluster.bindErrorOf('blocked') === null);
  await eventually('the workers listen', () => isListening(HOST, PORT));
  assert.equal((await request(HOST, PORT)).status, 200);
  assert.deepEqual(results, ['free bound', 'blocked not bound', 'blocked bound']);
});

test('an address that this machine does not have is said so, and the workers go on', async (context) => {
  const cluster = startCluster(context);
  cluster.publish(snapshotOf('192.0.2.1', 3, [slotOf('192.0.2.1', PORT, { instancePort: 1 })]));
  await cluster.whenApplied(3);
  assert.match(cluster.bindErrorOf('web') ?? '', /^EADDRNOTAVAIL: /);
  cluster.publish(snapshotOf('192.0.2.1', 4, []));
  assert.equal(cluster.bindErrorOf('web'), null);
  await cluster.whenApplied(4);
});

test('a port that is lost between our bind and the listen of the worker is reported and won back', async (context) => {
  const host = ownAddress();
  const cluster = startCluster(context);
  const instancePort = await startInstance(context, host);
  // Bound, but not listening: the kernel lets the primary bind the same port.
  const rival = bindSocket(host, PORT);
  cluster.publish(
    snapshotOf(host, 1, [
      slotOf(host, PORT, { instancePort, app: 'contested' }),
      slotOf(host, PORT + 2, { instancePort, app: 'free' }),
    ]),
  );
  assert.equal(cluster.bindErrorOf('contested'), null);
  const server = createServer().listen(rival);
  await once(server, 'listening');
  await cluster.whenApplied(1);
  assert.match(cluster.bindErrorOf('contested') ?? '', new RegExp(`^EADDRINUSE: port ${PORT} `));
  assert.equal((await request(host, PORT + 2)).status, 200);
  server.close();
  await eventually('the port is bound', () => cluster.bindErrorOf('contested') === null);
  // The primary has it; the workers hear of it a moment later.
  await eventually('the workers listen', () => isListening(host, PORT));
  assert.equal((await request(host, PORT)).status, 200);
});
