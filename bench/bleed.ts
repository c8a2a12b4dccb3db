/**
 * All instances of one node die at load: the neighbor answers. Then those of the neighbor too: one hop, and 503.
 *
 *   npm run bench:bleed -- [--connections 32]
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { InstanceProcess } from './instance-process.js';
import { LoadClient } from './load-client.js';
import { machineLine } from './machine.js';
import { NodeUnderTest } from './node-under-test.js';
import { Verdict } from './report.js';

const { values } = parseArgs({ options: { connections: { type: 'string', default: '32' } } });
const CONNECTIONS = Number(values.connections);
const SLOT = 21_354;
const HOSTS = ['127.0.0.43', '127.0.0.44'] as const;
const SETTLE_MS = 2_000;

const verdict = new Verdict();
const instances = HOSTS.map((_, index) =>
  [1, 2, 3].map((n) => new InstanceProcess(`127.79.${index + 1}.${n}`, 19_321)),
);
const nodes = HOSTS.map(
  (host, index) =>
    new NodeUnderTest({
      host,
      adminPort: 1_936,
      flags: { '--node': `n${index + 1}`, '--neighbors': HOSTS.filter((other) => other !== host).join() },
    }),
);
const [first, second] = nodes as [NodeUnderTest, NodeUnderTest];

console.log(machineLine());
try {
  for (const instance of instances.flat()) await instance.start();
  for (const [index, node] of nodes.entries()) {
    node.writeApp('bench', {
      slot: SLOT,
      instances: (instances[index] ?? []).map(({ host, port }) => `${host}:${port}`),
    });
    await node.start();
  }
  for (const node of nodes)
    await node.untilState(({ apps }) => apps.every(({ neighbors }) => neighbors.every(({ up }) => up)));
  await killAllOfFirst();
  await emptyBoth();
} finally {
  for (const node of nodes) {
    await node.stop();
    node.removeDirectory();
  }
  for (const instance of instances.flat()) await instance.kill();
}
process.exitCode = verdict.exitCode;

async function killAllOfFirst(): Promise<void> {
  let bled = 0;
  const client = new LoadClient({
    host: first.host,
    port: SLOT,
    connections: CONNECTIONS,
    onAnswer(body, token) {
      if (body.startsWith('127.79.2.')) bled += 1;
      return body.endsWith(` /${token}`);
    },
  });
  await delay(SETTLE_MS);
  const bledBefore = bled;
  // GETs that were under way on an instance are repeated on another, so that not even those are lost.
  await Promise.all((instances[0] ?? []).map((instance) => instance.kill()));
  await delay(SETTLE_MS);
  await delay(SETTLE_MS);
  const result = await client.stop();
  if (result.failed > 0) console.log(JSON.stringify({ failures: result.failures, statuses: [...result.statuses] }));
  verdict.check(bledBefore === 0, 'nothing is bled while local instances are up', `${bledBefore}`);
  verdict.check(bled > 0, 'the neighbor takes over', `${bled} answers from its instances`);
  verdict.check(
    result.failed === 0,
    `all local instances killed under ${CONNECTIONS} connections, no request fails`,
    `${result.failed} of ${result.requests}`,
  );
}

/** With both empty a request may be handed over once, while the neighbor's last check is still good, and never back. */
async function emptyBoth(): Promise<void> {
  const before = await bledIn();
  await Promise.all((instances[1] ?? []).map((instance) => instance.kill()));
  const statuses = new Map<number, number>();
  let slowestMs = 0;
  for (let turn = 0; turn < 200; turn += 1) {
    const startedAt = performance.now();
    const response = await fetch(`http://${first.host}:${SLOT}/`);
    await response.text();
    slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
  }
  const after = await bledIn();
  verdict.check(statuses.size === 1 && statuses.has(503), 'both nodes empty: 503', JSON.stringify([...statuses]));
  verdict.check(slowestMs < 1_000, 'and at once', `${slowestMs.toFixed(0)} ms at most`);
  verdict.check(
    after.second - before.second <= 200 && after.first === before.first,
    'at most one hop each, and none comes back',
    `${after.second - before.second} hops of 200 requests, ${after.first - before.first} back`,
  );
}

async function bledIn(): Promise<{ readonly first: number; readonly second: number }> {
  const read = async (node: NodeUnderTest): Promise<number> => (await node.state()).apps[0]?.bledIn ?? 0;
  return { first: await read(first), second: await read(second) };
}
