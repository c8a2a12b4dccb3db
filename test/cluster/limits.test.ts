/**
 * The limit of an instance is for the node, and not for each of its workers: it is never exceeded, by requests or by
 * connections, and no part of it is idle in one worker while another has requests that wait.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Cluster } from '../../src/cluster/cluster.js';
import type { SlotSnapshot } from '../../src/snapshot/snapshot.js';
import { freePort, ownAddress } from '../support/addresses.js';
import { eventually } from '../support/eventually.js';
import { CountingInstance } from '../support/traffic/counting-instance.js';
import { type Answer, pidsOf, request, slotOf, snapshotOf, startCluster } from './cluster-parts.js';

interface LimitedNode {
  readonly cluster: Cluster;
  readonly host: string;
  readonly port: number;
  /** Puts another limit in force. */
  readonly limitTo: (connections: number) => Promise<void>;
}

async function startLimited(
  context: TestContext,
  { host: instanceHost, port: instancePort, id }: CountingInstance,
  { workers, limit, protocol = 'http' }: { workers: number; limit: number; protocol?: SlotSnapshot['protocol'] },
): Promise<LimitedNode> {
  const host = ownAddress();
  const port = await freePort(host);
  const cluster = startCluster(context, { workers });
  let revision = 0;
  const limitTo = async (connections: number): Promise<void> => {
    revision += 1;
    const instances = [
      { id, life: null, host: instanceHost, port: instancePort, weight: 100, state: 'ready', up: true },
    ] as const;
    const slot = { ...slotOf(host, port, { instancePort, protocol }), instances };
    cluster.publish(snapshotOf(host, revision, [{ ...slot, limits: { connections, queue: 1_024 } }]));
    await cluster.whenApplied(revision);
  };
  await limitTo(limit);
  return { cluster, host, port, limitTo };
}

async function askOften({ host, port }: LimitedNode, clients: number, times: number): Promise<void> {
  const run = async (): Promise<void> => {
    for (let turn = 0; turn < times; turn += 1) assert.equal((await request(host, port)).status, 200);
  };
  await Promise.all(Array.from({ length: clients }, run));
}

/** Answers what is held until all that was asked is answered. */
async function answerAll(instance: CountingInstance, asked: readonly Promise<Answer>[]): Promise<void> {
  const answering = setInterval(() => instance.answer(), 1);
  try {
    for (const { status } of await Promise.all(asked)) assert.equal(status, 200);
  } finally {
    clearInterval(answering);
  }
}

test('limit 1, four workers: one at a time, and all are served, while the workers are replaced too', async (context) => {
  const instance = await CountingInstance.startHttp(context, 1);
  const node = await startLimited(context, instance, { workers: 4, limit: 1 });
  const roll = node.cluster.roll({ drainMs: 2_000 });
  await askOften(node, 12, 10);
  await roll;
  await askOften(node, 12, 5);
  assert.deepEqual([instance.mostRequests, instance.mostConnections, instance.served], [1, 1, 180]);
});

test('limit 4, two workers, four clients: all four at once, however they meet the workers', async (context) => {
  const instance = await CountingInstance.startHttp(context, null);
  const { host, port } = await startLimited(context, instance, { workers: 2, limit: 4 });
  for (let round = 0; round < 8; round += 1) {
    const asked = Array.from({ length: 4 + round }, () => request(host, port));
    await eventually('four are under way', () => instance.requests === 4);
    await answerAll(instance, asked);
  }
  assert.equal(instance.mostRequests, 4);
});

test('limit 2, four workers: a TCP slot has two connections open, as long as somebody waits', async (context) => {
  const instance = await CountingInstance.startTcp(context);
  const { cluster, host, port } = await startLimited(context, instance, { workers: 4, limit: 2, protocol: 'tcp' });
  const clients = Array.from({ length: 10 }, () => connect(port, host));
  for (const client of clients) {
    client.resume();
    await once(client, 'connect');
  }
  const open = new Set(clients);
  const countUnderWay = async () => (await cluster.counters()).slots.web?.tunnels;
  for (let left = 10; left > 0; left -= 1) {
    await eventually('two are served', async () => (await countUnderWay()) === Math.min(left, 2));
    const served = [...open].find((client) => client.readyState === 'open');
    assert.ok(served !== undefined);
    open.delete(served);
    served.destroy();
  }
  assert.equal(instance.mostConnections, 2);
});

test('what a killed worker held is lent to others', async (context) => {
  const instance = await CountingInstance.startHttp(context, null);
  const { cluster, host, port } = await startLimited(context, instance, { workers: 2, limit: 3 });
  const lost = Array.from({ length: 3 }, () => request(host, port).catch(() => null));
  await eventually('three are under way', () => instance.requests === 3);
  for (const pid of pidsOf(cluster)) process.kill(pid, 'SIGKILL');
  await Promise.all(lost);
  const asked = Array.from({ length: 4 }, () => request(host, port));
  await eventually('three are under way again', () => instance.requests === 3);
  await answerAll(instance, asked);
  assert.equal(instance.mostRequests, 3);
});

test('a limit that changes is kept from then on', async (context) => {
  const instance = await CountingInstance.startHttp(context, null);
  const { host, port, limitTo } = await startLimited(context, instance, { workers: 3, limit: 2 });
  const asked = Array.from({ length: 12 }, () => request(host, port));
  await eventually('two are under way', () => instance.requests === 2);
  await limitTo(5);
  await eventually('five are under way', () => instance.requests === 5);
  await limitTo(1);
  instance.answer();
  await eventually('one is under way', () => instance.requests === 1);
  instance.mostRequests = 1;
  await answerAll(instance, asked);
  assert.equal(instance.mostRequests, 1);
});
