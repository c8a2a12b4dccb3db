/** What a worker does beside serving: its access log, its word about dead instances, and signals that are not for it. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import type { Cluster } from '../../src/cluster/cluster.js';
import type { PassiveFailure } from '../../src/cluster/messages.js';
import { ownAddress } from '../support/addresses.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { receiveDatagrams } from '../support/machine/datagram-receiver.js';
import { childrenOf, isAlive } from '../support/machine/processes.js';
import { createRecordingLog } from '../support/recording-log.js';
import { pidsOf, request, slotOf, snapshotOf, startCluster, startServing, WORKER_FILE } from './cluster-parts.js';

const PORT = 27_150;

const accessLogIn = (target: string) => ({
  target,
  format: 'haproxy',
  requestCaptures: ['Host'],
  responseCaptures: [],
});

function untilReplaced(cluster: Cluster): Promise<void> {
  return eventually('each killed worker has a successor', () => {
    const workers = cluster.workers();
    return workers.length > 0 && workers.every(({ state, restarts }) => state === 'serving' && restarts === 1);
  });
}

test('the access log is a file, written a moment later and complete after a drain', async (context) => {
  const host = ownAddress();
  const directory = temporaryFolder(context, 'access');
  const file = path.join(directory, 'access.log');
  const cluster = await startServing(context, host, PORT, {
    settings: { logLevel: 'silent', accessLog: accessLogIn(file) },
  });
  const lines = async (): Promise<number> => (await readFile(file, 'utf8')).split('\n').length - 1;
  await request(host, PORT);
  await eventually('the line is written', async () => (await lines()) === 1);
  for (let round = 0; round < 5; round += 1) await request(host, PORT);
  await cluster.drain({ deadlineMs: 1_000 });
  assert.equal(await lines(), 6);
});

test('lines that a worker could not write are counted, also of workers that are gone', async (context) => {
  const host = ownAddress();
  const { log, lines } = createRecordingLog();
  const cluster = await startServing(context, host, PORT, {
    ...{ workers: 2, log },
    settings: { logLevel: 'silent', accessLog: accessLogIn('/dev/full') },
  });
  const askTimes = async (times: number): Promise<void> => {
    for (let round = 0; round < times; round += 1) await request(host, PORT);
  };
  const counted = async () => (await cluster.counters()).accessLog;
  await askTimes(20);
  const full = 'ENOSPC: no space left on device, write';
  await eventually('all lines wait', async () => (await counted()).waiting === 20);
  assert.deepEqual(await counted(), { lines: 20, dropped: 0, waiting: 20, failure: full }, 'they wait for room');
  await cluster.roll({ drainMs: 1_000 });
  await eventually('the old workers are gone', () => cluster.workers().length === 2);
  assert.deepEqual(await counted(), { lines: 20, dropped: 20, waiting: 0, failure: null });
  await askTimes(10);
  await eventually('the new lines wait', async () => (await counted()).waiting === 10);
  assert.deepEqual(await counted(), { lines: 30, dropped: 20, waiting: 10, failure: full });
  for (const pid of pidsOf(cluster)) process.kill(pid, 'SIGKILL');
  await untilReplaced(cluster);
  assert.deepEqual(
    await counted(),
    { lines: 30, dropped: 30, waiting: 0, failure: null },
    'a kill tells what was known',
  );
  const lost = lines.filter(({ msg }) => msg === 'lines of the access log are lost: a worker that was killed had them');
  assert.equal(
    lost.reduce((sum, line) => sum + Number(line.lost), 0),
    10,
  );
});

test('lines that a worker takes with it when it ends by an error are counted', async (context) => {
  const host = ownAddress();
  const workerFile = path.join(temporaryFolder(context, 'failing'), 'worker.mjs');
  const fail = `process.on('SIGUSR2', () => { throw new Error('as planned'); });`;
  await writeFile(workerFile, `await import(${JSON.stringify(WORKER_FILE)});\n${fail}\n`);
  const cluster = await startServing(context, host, PORT, {
    workerFile,
    settings: { logLevel: 'silent', accessLog: accessLogIn('/dev/full') },
  });
  for (let round = 0; round < 20; round += 1) await request(host, PORT);
  process.kill(pidsOf(cluster)[0] ?? 0, 'SIGUSR2');
  await untilReplaced(cluster);
  assert.deepEqual((await cluster.counters()).accessLog, { lines: 20, dropped: 20, waiting: 0, failure: null });
});

test('the access log goes to a receiver of syslog', async (context) => {
  const host = ownAddress();
  const receiver = createSocket('udp4');
  atEnd(context, () => receiver.close());
  receiver.bind(0, host);
  await once(receiver, 'listening');
  const target = `syslog:udp:${host}:${receiver.address().port},local2`;
  await startServing(context, host, PORT, {
    settings: { logLevel: 'silent', accessLog: accessLogIn(target) },
  });
  const received = once(receiver, 'message') as Promise<[Buffer]>;
  await request(host, PORT);
  const [message] = await received;
  assert.match(
    message.toString(),
    /^<150>1 \d{4}-\d\d-\d\dT\S+Z \S+ autoproxy \d+ - - \S+ \[.* 200 .* "GET \/\S* HTTP\/1\.1"$/,
  );
});

test('the access log goes to a socket of syslog, by a logger that ends with its worker, however that ends', async (context) => {
  const host = ownAddress();
  const socket = path.join(temporaryFolder(context, 'syslog'), 'log');
  const messages: string[] = [];
  await receiveDatagrams(context, socket, (text) => messages.push(text));
  const cluster = await startServing(context, host, PORT, {
    settings: { logLevel: 'silent', accessLog: accessLogIn(`syslog:unix:${socket},local2`) },
  });
  const loggers = (): readonly number[] => pidsOf(cluster).flatMap(childrenOf);
  const [killed = 0] = loggers();
  await request(host, PORT);
  await eventually('it has come', () => messages.length === 1);
  const [worker = 0] = pidsOf(cluster);
  assert.match(
    messages[0] ?? '',
    new RegExp(`^<150>[A-Z][a-z]{2} [ \\d]\\d [\\d:]{8} autoproxy\\[${worker}\\]: \\S+ \\[.* 200 .* "GET /`),
  );
  process.kill(worker, 'SIGKILL');
  await eventually('its logger has ended', () => !isAlive(killed));
  await untilReplaced(cluster);
  const [drained = 0] = loggers();
  for (let round = 0; round < 5; round += 1) await request(host, PORT);
  await cluster.drain({ deadlineMs: 1_000 });
  assert.equal(isAlive(drained), false);
  await eventually('all have come', () => messages.length === 6);
});

test('failed connects to an instance are told to the primary', async (context) => {
  const host = ownAddress();
  const told: PassiveFailure[] = [];
  const cluster = startCluster(context, {
    onPassiveFailure: (failure) => told.push(failure),
  });
  // Port 1 of an address of our own: nobody listens there.
  const slot = slotOf(host, PORT, { instancePort: 1 });
  const instances = slot.instances.map((instance) => ({ ...instance, life: 'first' }));
  cluster.publish(snapshotOf(host, 1, [{ ...slot, instances }]));
  await cluster.whenApplied(1);
  assert.equal((await request(host, PORT)).status, 503);
  await eventually('the primary is told', () => told.length > 0);
  assert.deepEqual(told[0], { type: 'passive-failure', app: 'web', instance: `${host}:1`, life: 'first', failures: 1 });
});

test('signals of the terminal and the inspector leave a worker as it is', async (context) => {
  const host = ownAddress();
  const cluster = await startServing(context, host, PORT);
  const pids = pidsOf(cluster);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)
    process.kill(pids[0] ?? 0, signal);
  for (let round = 0; round < 5; round += 1) assert.equal((await request(host, PORT)).status, 200);
  await cluster.counters();
  assert.deepEqual(pidsOf(cluster), pids);
});
