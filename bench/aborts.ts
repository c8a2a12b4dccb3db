/**
 * Clients that give up, in every phase of a request: descriptors and memory of the worker afterwards.
 *
 *   npm run bench:aborts -- [--requests 100000] [--upgrades 20000]
 */

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { machineLine } from './machine.js';
import { NodeUnderTest } from './node-under-test.js';
import { openDescriptors, residentBytes } from './process-usage.js';
import { formatTable, Verdict } from './report.js';

const { values } = parseArgs({
  options: { requests: { type: 'string', default: '100000' }, upgrades: { type: 'string', default: '20000' } },
});
const HOST = '127.0.0.45';
const SLOT = 21_364;
const ORIGIN = { host: '127.79.9.1', port: 19_331 };
const AT_ONCE = 100;
/** So much of it is done beforehand, over and above: pools fill, code is compiled, the heap takes its size. */
const WARM_UP_SHARE = 0.6;
/** A heap gives memory back when it has been idle for some seconds; between, it goes up and down with each collection. */
const SETTLE_MS = 25_000;
const MAX_GROWTH = 0.1;

/** What is sent before the client goes, and whether it waits for something first. */
const PHASES: readonly { readonly name: string; readonly text: string; readonly waits: boolean }[] = [
  { name: 'before a byte', text: '', waits: false },
  { name: 'inside the head', text: 'GET / HTTP/1.1\r\nHo', waits: false },
  { name: 'inside the body', text: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc', waits: false },
  { name: 'before the response', text: 'GET /hang HTTP/1.1\r\nHost: a\r\n\r\n', waits: false },
  { name: 'inside the response', text: 'GET /endless HTTP/1.1\r\nHost: a\r\n\r\n', waits: true },
];
const UPGRADE = {
  name: 'upgrades',
  text: 'GET /up HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  waits: true,
};

const verdict = new Verdict();
const origin = createServer(answer);
origin.listen(ORIGIN);
await once(origin, 'listening');
const node = new NodeUnderTest({ host: HOST, adminPort: 1_936 });
console.log(machineLine());
try {
  node.writeApp('bench', { slot: SLOT, instances: [`${ORIGIN.host}:${ORIGIN.port}`] });
  await node.start();
  const { workers } = await node.untilState((state) => state.workers.some((worker) => worker.state === 'serving'));
  const worker = workers[0]?.pid ?? 0;
  const requests = Number(values.requests);
  const upgrades = Number(values.upgrades);
  await abortAll(Math.ceil(requests * WARM_UP_SHARE), Math.ceil(upgrades * WARM_UP_SHARE));
  const baseline = await measure(worker);
  await abortAll(requests, upgrades);
  const last = await measure(worker);
  console.log(formatTable([['', 'descriptors', 'MB'], rowOf('before', baseline), rowOf('after', last)]));
  const app = (await node.state()).apps[0];
  const growth = last.bytes / baseline.bytes - 1;
  verdict.check(
    last.descriptors <= baseline.descriptors,
    `${requests} requests and ${upgrades} upgrades aborted: descriptors are back`,
    `${baseline.descriptors} → ${last.descriptors}`,
  );
  verdict.check(growth < MAX_GROWTH, 'memory is back', `${(growth * 100).toFixed(1)} %`);
  verdict.check(
    app?.inFlight === 0 && app.tunnels === 0 && app.queued === 0,
    'nothing is under way',
    `${app?.inFlight} requests, ${app?.tunnels} tunnels`,
  );
  verdict.check(app?.instances[0]?.health === 'up', 'the instance is not blamed', String(app?.instances[0]?.health));
} catch (error) {
  console.error(node.lastLines());
  throw error;
} finally {
  await node.stop();
  node.removeDirectory();
  origin.close();
}
process.exitCode = verdict.exitCode;
process.exit();

function answer(socket: Socket): void {
  socket.on('error', () => undefined);
  socket.on('data', (bytes: Buffer) => {
    const text = bytes.toString('latin1');
    if (text.startsWith('GET /endless')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbeginning');
    else if (text.startsWith('GET /up'))
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  });
}

async function abortAll(requests: number, upgrades: number): Promise<void> {
  for (const phase of PHASES) await abortMany(Math.ceil(requests / PHASES.length), phase);
  await abortMany(upgrades, UPGRADE);
}

async function abortMany(count: number, phase: (typeof PHASES)[number]): Promise<void> {
  let left = count;
  const user = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await abortOne(phase.text, phase.waits);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, user));
}

function abortOne(text: string, waits: boolean): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port: SLOT });
    socket.on('connect', () => {
      if (text === '') socket.resetAndDestroy();
      else socket.write(text, () => !waits && socket.resetAndDestroy());
    });
    socket.on('data', () => socket.resetAndDestroy());
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
}

async function measure(pid: number): Promise<{ readonly descriptors: number; readonly bytes: number }> {
  await delay(SETTLE_MS);
  return { descriptors: openDescriptors(pid), bytes: residentBytes(pid) };
}

function rowOf(
  name: string,
  { descriptors, bytes }: { readonly descriptors: number; readonly bytes: number },
): string[] {
  return [name, String(descriptors), (bytes / 1_048_576).toFixed(1)];
}
