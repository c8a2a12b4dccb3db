/** What a connection costs that has asked once and is silent since, in memory. */

import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Create, measureRounds } from '../comparison.js';
import { type Contender, PLAIN_SETUP } from '../contenders/contender.js';
import type { Comparison } from '../figures.js';
import { wrk } from '../generators/wrk.js';
import { pin } from '../pinning.js';
import { openDescriptorLimit, residentBytes } from '../process-usage.js';

const MOST_CONNECTIONS = 10_000;
/** Descriptors that a process needs beside its clients': a node keeps up to 1 088 for checks and itself. */
const SPARE_DESCRIPTORS = 1_200;
/** Both take no more clients than they could give a connection to an instance of their own. */
const DESCRIPTORS_EACH = 2;
const OPENED_AT_ONCE = 100;
const SETTLE_MS = 2_000;
const ANSWER_MS = 10_000;

/** As many as 10 000, where the limit of descriptors allows it. */
export function idleConnections(limit = openDescriptorLimit()): number {
  return Math.max(100, Math.min(MOST_CONNECTIONS, Math.floor((limit - SPARE_DESCRIPTORS) / DESCRIPTORS_EACH)));
}

export function measureIdle(creators: readonly Create[]): Promise<Comparison> {
  const connections = idleConnections();
  return measureRounds(
    {
      workload: 'idle',
      title: `${connections} idle connections`,
      unit: 'KB/connection',
      setup: { ...PLAIN_SETUP, maxConnections: connections + 100 },
      // What they cost once: memory that was taken for them is not given back at once.
      rounds: 1,
      prepare: async ({ host, ports }) => {
        const plain = { path: '/', connections: 64, seconds: 2, closesEach: false, bodyBytes: 0, perSecond: null };
        await wrk({ host, ports, ...plain, prefix: pin(1) });
      },
      sample: (contender) => measureOne(contender, connections),
    },
    creators,
  );
}

async function measureOne(contender: Contender, count: number) {
  const pids = await contender.pids();
  const resident = (): number => pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
  const sockets: Socket[] = [];
  let lost = 0;
  try {
    await delay(SETTLE_MS);
    const before = resident();
    while (sockets.length < count) {
      const wave = Array.from({ length: Math.min(OPENED_AT_ONCE, count - sockets.length) }, () =>
        openAndAsk(contender),
      );
      sockets.push(...(await Promise.all(wave)));
    }
    for (const socket of sockets) socket.on('close', () => (lost += 1));
    await delay(SETTLE_MS);
    if (lost > 0) throw new Error(`${contender.name} closed ${lost} of ${count} idle connections`);
    const bytes = resident() - before;
    return { value: bytes / count / 1_024, others: { 'MB in all': bytes / 1_048_576 } };
  } finally {
    for (const socket of sockets) socket.removeAllListeners('close').destroy();
  }
}

/** Resolves when the answer is here. */
function openAndAsk({ host, ports, name }: Contender): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: ports[0] ?? 0 });
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Error(`${name} did not answer an idle client within ${ANSWER_MS / 1_000} s`));
    }, ANSWER_MS);
    socket.once('close', () => clearTimeout(late));
    socket.write('GET / HTTP/1.1\r\nHost: idle.example\r\n\r\n');
    socket.once('data', (bytes: Buffer) => {
      clearTimeout(late);
      if (bytes.toString('latin1').startsWith('HTTP/1.1 200 ')) resolve(socket);
      else reject(new Error(`${name} answered an idle client: ${bytes.toString('latin1').slice(0, 40)}`));
    });
    socket.once('error', reject);
  });
}
