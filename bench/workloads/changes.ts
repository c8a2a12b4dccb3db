/**
 * Fifty changes a second under load: what they cost the clients. autoproxy reads its directory again; HAProxy does the
 * same changes the way they have to be done with it when listeners and servers come and go: a new file, and a reload in
 * which the old process hands its sockets to the new one.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { measureRounds } from '../comparison.js';
import { AutoproxyContender } from '../contenders/autoproxy.js';
import { type ChangingContender, type ContenderOptions, PLAIN_SETUP } from '../contenders/contender.js';
import { HaproxyContender } from '../contenders/haproxy.js';
import { type Comparison, percentileOf } from '../figures.js';
import { LoadClient } from '../load-client.js';
import { ORIGIN_PORT } from '../origins.js';

const CHANGES_PER_SECOND = 50;
const CONNECTIONS = 32;
/** Clients rest between two requests: the load is one that both carry easily, so that what is slow is the change. */
const THINK_MS = 5;
const WARM_UP_MS = 2_000;
/** The last change and the old processes get this long. */
const SETTLE_MS = 1_000;

export interface ChangesOptions {
  readonly rounds: number;
  readonly seconds: number;
}

export function measureChanges({ rounds, seconds }: ChangesOptions): Promise<Comparison> {
  const changing = new Map<string, ChangingContender>();
  const keep = (create: (options: ContenderOptions) => ChangingContender) => (options: ContenderOptions) => {
    const contender = create(options);
    changing.set(contender.name, contender);
    return contender;
  };
  return measureRounds(
    {
      workload: 'changes',
      title: `${CHANGES_PER_SECOND} changes a second, ${CONNECTIONS} clients`,
      unit: 'p99 ms',
      setup: PLAIN_SETUP,
      rounds,
      prepare: async ({ host, ports }) => {
        const client = new LoadClient({ host, port: ports[0] ?? 0, connections: CONNECTIONS, thinkMs: THINK_MS });
        await delay(WARM_UP_MS);
        await client.stop();
      },
      sample: ({ name }) => sampleOne(changing.get(name), seconds),
    },
    [
      keep((options) => new HaproxyContender(options, { isReloadable: true })),
      keep((options) => new AutoproxyContender(options)),
    ],
  );
}

async function sampleOne(contender: ChangingContender | undefined, seconds: number) {
  if (contender === undefined) throw new Error('nobody to change');
  const { host, ports } = contender;
  const inForceBefore = await contender.changesInForce();
  const client = new LoadClient({ host, port: ports[0] ?? 0, connections: CONNECTIONS, thinkMs: THINK_MS });
  try {
    await changeAll(contender, seconds * CHANGES_PER_SECOND);
    const inForce = (await contender.changesInForce()) - inForceBefore;
    await delay(SETTLE_MS);
    const { failed, requests, latenciesMs } = await client.stop();
    return {
      value: percentileOf(latenciesMs, 0.99),
      others: { failed, requests, 'changes in force': inForce, 'p99.9 ms': percentileOf(latenciesMs, 0.999) },
    };
  } finally {
    // After an error it would go on asking for ever, and whoever has the port next would be asked.
    await client.stop();
  }
}

async function changeAll(contender: ChangingContender, count: number): Promise<void> {
  const startedAt = performance.now();
  for (let change = 1; change <= count; change += 1) {
    contender.change(instancesOf(change));
    const restMs = startedAt + (change * 1_000) / CHANGES_PER_SECOND - performance.now();
    if (restMs > 0) await delay(restMs);
  }
}

/** Two stay, one comes and one goes with each change. */
function instancesOf(change: number): string[] {
  const last = `127.80.${1 + (change % 2)}.${1 + (change % 100)}`;
  return ['127.80.0.1', '127.80.0.2', last].map((host) => `${host}:${ORIGIN_PORT}`);
}
