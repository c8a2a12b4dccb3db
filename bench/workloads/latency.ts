/**
 * How long answers take at half of what HAProxy can do, where a proxy waits and does not only work. The load is an open loop:
 * what is late holds up nothing that is due after it, so that all of the wait is counted.
 */
import { type Create, measureRounds } from '../comparison.js';
import type { Contender } from '../contenders/contender.js';
import { PLAIN_SETUP } from '../contenders/contender.js';
import { HaproxyContender } from '../contenders/haproxy.js';
import type { Comparison } from '../figures.js';
import { constantRate } from '../generators/constant-rate.js';
import type { Load } from '../generators/load.js';
import { wrk } from '../generators/wrk.js';
import { pin } from '../pinning.js';

/** Enough to find the most that HAProxy does. */
const BUSY_CONNECTIONS = 64;
/** So many requests may be under way; what is due beyond them waits. */
const PACED_CONNECTIONS = 256;
const WARM_UP_SECONDS = 2;

export interface LatencyOptions {
  readonly rounds: number;
  readonly seconds: number;
}

export async function measureLatency(
  creators: readonly Create[],
  { rounds, seconds }: LatencyOptions,
): Promise<Comparison> {
  const most = await mostOfHaproxy(seconds);
  const perSecond = most / 2;
  return measureRounds(
    {
      workload: 'latency',
      title: `latency at half of HAProxy's most (${Math.round(perSecond / 1_000)} 000 requests/s)`,
      unit: 'p99 ms',
      setup: PLAIN_SETUP,
      rounds,
      prepare: async (contender) => {
        await constantRate(loadOf(contender, PACED_CONNECTIONS, WARM_UP_SECONDS, perSecond));
      },
      sample: async (contender) => {
        const { latency, requestsPerSecond, errors } = await constantRate(
          loadOf(contender, PACED_CONNECTIONS, seconds, perSecond),
        );
        if (errors > 0 || latency === null) throw new Error(`${contender.name} failed ${errors} paced requests`);
        const { p50, p99, p999 } = latency;
        return { value: p99, others: { 'p50 ms': p50, 'p99.9 ms': p999, 'requests/s': requestsPerSecond } };
      },
    },
    creators,
  );
}

async function mostOfHaproxy(seconds: number): Promise<number> {
  const { contenders } = await measureRounds(
    {
      workload: 'most',
      title: 'most requests per second',
      unit: 'µs/request',
      setup: PLAIN_SETUP,
      rounds: 1,
      prepare: async () => undefined,
      sample: async (contender) => {
        const { requestsPerSecond } = await wrk(loadOf(contender, BUSY_CONNECTIONS, seconds, null));
        return { value: 1e6 / requestsPerSecond, others: { 'requests/s': requestsPerSecond } };
      },
    },
    [(options) => new HaproxyContender(options)],
  );
  const most = contenders[0]?.others['requests/s'] ?? 0;
  if (most === 0) throw new Error('the latency at half load is measured beside HAProxy: npm run bench:setup');
  return most;
}

function loadOf(contender: Contender, connections: number, seconds: number, perSecond: number | null): Load {
  const { host, ports } = contender;
  return { host, ports, path: '/', connections, seconds, closesEach: false, bodyBytes: 0, perSecond, prefix: pin(1) };
}
