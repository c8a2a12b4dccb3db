/** A port that somebody else holds costs its own slot alone, and is taken as soon as it is free. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isListening,
  occupy,
  request,
  slotOf,
  snapshotOf,
  startCluster,
  startInstance,
  until,
} from './cluster-parts.js';

const HOST = '127.61.1.1';
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
  await until(() => cluster.bindErrorOf('blocked')?.includes(`(pid ${process.pid})`) === true);
  holder.close();
  await until(() => cluster.bindErrorOf('blocked') === null);
  await until(async () => isListening(HOST, PORT));
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
