/**
 * The primary is killed: its workers serve and accept on, give their sockets to the next one, and end. Without a next one
 * they end after the grace, so that no port is held for ever.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { isAlive, isListening } from '../support/machine/processes.js';
import { findPlace, launchNodeAt, type RunningNode, startNode, startNodeAt } from '../support/node/node-process.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask, SteadyTraffic } from '../support/traffic/steady-traffic.js';

const GRACE = { '--orphan-grace': '30s' };
/** Where it is of importance that there are several: else one is enough, at half the cost of a node. */
const TWO_WORKERS = { ...GRACE, '--workers': '2' };

async function startServing(context: TestContext, flags: Readonly<Record<string, string>> = GRACE) {
  const instance = await HttpInstance.start(context);
  const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, [instance.id]) }), flags);
  const pids = await pidsOf(context, node);
  await eventually('they are on the disk, where the next primary reads of them', async () => {
    const recorded = await recordedPids(node);
    return pids.every((pid) => recorded.includes(pid));
  });
  return { instance, node, pids };
}

function recordOf({ stateDir }: RunningNode): string {
  return path.join(stateDir, 'run', 'workers.json');
}

async function recordedPids(node: RunningNode): Promise<readonly number[]> {
  const text = await readFile(recordOf(node), 'utf8').catch(() => '[]');
  return (JSON.parse(text) as readonly { readonly pid: number }[]).map(({ pid }) => pid);
}

/** Of its workers, as soon as all of them serve; they end with the test. */
async function pidsOf(context: TestContext, node: RunningNode): Promise<readonly number[]> {
  const { workers } = await node.untilState((state) => state.workers.every((worker) => worker.state === 'serving'));
  const pids = workers.map(({ pid }) => pid);
  atEnd(context, () => pids.forEach(killIfAlive));
  return pids;
}

function killIfAlive(pid: number): void {
  if (isAlive(pid)) process.kill(pid, 'SIGKILL');
}

function untilGone(pids: readonly number[]): Promise<void> {
  return eventually('no worker of the dead primary is left', () => !pids.some(isAlive));
}

/** Nodes start meanwhile, on the same cores. */
const PAUSE_MS = 5;

/** New connections all the while, and kept ones. */
function startTraffic(context: TestContext, node: RunningNode) {
  const kept = new SteadyTraffic(context, node.host, node.slot, { pauseMs: PAUSE_MS });
  const failures: string[] = [];
  let served = 0;
  let isOver = false;
  const fresh = (async () => {
    while (!isOver) {
      const said = await ask(node.host, node.slot).then(
        ({ status }) => status,
        (error: Error) => error.message,
      );
      if (said === 200) served += 1;
      else failures.push(String(said));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  })();
  const stop = async (): Promise<void> => {
    isOver = true;
    await Promise.all([kept.stop(), fresh]);
  };
  atEnd(context, stop);
  return {
    stop,
    more: async (count: number): Promise<void> => {
      const wanted = served + count;
      await Promise.all([kept.more(count), eventually('new connections are served', () => served >= wanted)]);
    },
    failures: () => [...kept.failures, ...failures],
    served: () => kept.served + served,
  };
}

test('kill -9 of the primary and a start after it cost no request, also a second time, and only the last one has workers', async (context) => {
  const { instance, node, pids } = await startServing(context, TWO_WORKERS);
  const traffic = startTraffic(context, node);
  await traffic.more(50);
  const arrived = instance.slowRequest();
  const late = ask(node.host, node.slot, '/slow');
  await arrived;
  await node.stop('SIGKILL');
  await traffic.more(50);
  assert.deepEqual(pids.map(isAlive), [true, true]);
  assert.equal((await ask(node.host, node.slot + 1, '/health')).status, 200);
  const servedBefore = traffic.served();
  const next = await node.again();
  assert.equal((await ask(next.host, next.slot + 1, '/health')).status, 200);
  instance.answerSlow();
  assert.deepEqual(await late, { status: 200, body: 'late' }, 'what was under way at the death');
  await untilGone(pids);
  await traffic.more(50);
  const [shop] = (await next.state()).apps;
  assert.equal(shop?.bindError, null);
  const since = traffic.served() - servedBefore;
  await eventually('what the orphans have counted alone is in the counters', async () => {
    const requests = (await next.state()).apps[0]?.requests ?? 0;
    return requests >= since && requests <= traffic.served();
  });
  assert.equal(next.linesOf('binding the slot failed; it is retried').length, 0);

  const all = [...pids, ...(await pidsOf(context, next))];
  await next.stop('SIGKILL');
  const third = await next.again();
  const last = await pidsOf(context, third);
  await untilGone(all.filter((pid) => !last.includes(pid)));
  await traffic.stop();
  assert.deepEqual(traffic.failures(), []);
});

test('without another start the workers end after the grace, and their ports are free', async (context) => {
  const { node, pids } = await startServing(context, { '--orphan-grace': '2s' });
  await node.stop('SIGKILL');
  const diedAt = performance.now();
  assert.equal((await ask(node.host, node.slot)).status, 200);
  await untilGone(pids);
  assert.ok(performance.now() - diedAt >= 1_900, 'they served for the grace');
  assert.deepEqual(
    [await isListening(node.host, node.slot), await isListening(node.host, node.slot + 1)],
    [false, false],
  );
});

test('with a grace of 0 the workers finish what is under way and go at once', async (context) => {
  const { instance, node, pids } = await startServing(context, { '--orphan-grace': '0s' });
  const arrived = instance.slowRequest();
  const late = ask(node.host, node.slot, '/slow');
  await arrived;
  await node.stop('SIGKILL');
  await eventually('the slot is closed', async () => !(await isListening(node.host, node.slot)));
  instance.answerSlow();
  assert.deepEqual(await late, { status: 200, body: 'late' });
  await untilGone(pids);
});

test('a worker that hangs is killed by the next primary; the others give their sockets', async (context) => {
  const { node, pids } = await startServing(context, TWO_WORKERS);
  const [hung = 0] = pids;
  process.kill(hung, 'SIGSTOP');
  await node.stop('SIGKILL');
  const next = await node.again();
  await untilGone(pids);
  const said = await next.logged('a worker of a primary that died is killed');
  assert.equal(Object.getOwnPropertyDescriptor(said, 'pid')?.value, hung);
  assert.equal((await ask(next.host, next.slot)).status, 200);
});

test('workers without a primary that are told to stop drain; where their record names a pid of somebody else by now, it kills nobody', async (context) => {
  const { node, pids } = await startServing(context);
  await node.stop('SIGKILL');
  for (const pid of pids) process.kill(pid, 'SIGTERM');
  await untilGone(pids);
  const file = recordOf(node);
  const [first] = JSON.parse(await readFile(file, 'utf8')) as readonly { readonly startedAt: string }[];
  // The pid of this test, with the start of a process that has ended.
  await writeFile(file, JSON.stringify([{ pid: process.pid, startedAt: first?.startedAt }]));
  const next = await node.again();
  assert.deepEqual(next.linesOf('a worker of a primary that died is killed'), []);
});

test('a node beside takes nothing over, and the next primary on another address binds its own', async (context) => {
  const { node, pids } = await startServing(context);
  const other = await findPlace(context);
  await node.stop('SIGKILL');
  // The same services and slot, on another address and with another state directory.
  const second = launchNodeAt(context, { ...other, slot: node.slot }, { '--services-dir': node.servicesDir });
  await second.logged('ready');
  assert.deepEqual(pids.map(isAlive), [true]);
  assert.equal((await ask(node.host, node.slot)).status, 200);
  assert.deepEqual(second.linesOf('a worker of a primary that died is still there'), []);
  await second.end();

  // The same state directory, on another address: it leaves the sockets, and binds its own.
  const next = await startNodeAt(context, { ...node.place, host: other.host }, GRACE);
  await untilGone(pids);
  assert.equal((await ask(other.host, node.slot)).status, 200);
  assert.equal(await isListening(node.host, node.slot), false);
  assert.equal((await next.state()).apps[0]?.bindError, null);
});

test('without a place for the sockets the next primary waits for the ports, and gets them', async (context) => {
  const { node, pids } = await startServing(context);
  await node.stop('SIGKILL');
  await rm(path.join(node.stateDir, 'run'), { recursive: true });
  await writeFile(path.join(node.stateDir, 'run'), '');
  const next = launchNodeAt(context, node.place, GRACE);
  await next.logged(
    'the state directory could not be locked: a second node that uses it will not be noticed; it is tried again',
  );
  await next.logged('binding the slot failed; it is retried');
  assert.equal((await ask(node.host, node.slot)).status, 200, 'the workers of the dead one serve');
  for (const pid of pids) process.kill(pid, 'SIGTERM');
  await untilGone(pids);
  await next.logged('ready');
  assert.equal((await ask(next.host, next.slot)).status, 200);
});

test('an app with a limit of one connection is served on, and never above its limit', async (context) => {
  let underWay = 0;
  let most = 0;
  const server = createServer((_request, response) => {
    underWay += 1;
    most = Math.max(most, underWay);
    setTimeout(() => {
      underWay -= 1;
      response.end('done');
    }, 20);
  });
  const host = ownAddress();
  server.listen(0, host);
  await once(server, 'listening');
  atEnd(context, () => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const limited = (slot: number): string => `${appText('shop', slot, [`${host}:${port}`])}  limits: {connections: 1}\n`;
  const node = await startNode(context, (_host, slot) => ({ 'shop.yml': limited(slot) }), TWO_WORKERS);
  const pids = await pidsOf(context, node);
  for (let turn = 0; turn < 20; turn += 1) assert.equal((await ask(node.host, node.slot)).status, 200);
  await node.stop('SIGKILL');
  // Nobody may hold the permit at this moment; then the clients wait until each worker has its part.
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(node.host, node.slot)));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.equal((await ask(node.host, node.slot + 1, '/health')).status, 200);
  assert.deepEqual(pids.map(isAlive), [true, true], 'also one whose listeners pause');
  assert.equal(most, 1);
  const next = await node.again();
  await untilGone(pids);
  assert.equal((await ask(next.host, next.slot)).status, 200);
});
