/**
 * CPU time per request of proxies, in the same run: proxy on one core, load and origin on the other, rounds interleaved,
 * so that a machine that slows down slows all of them. The ratio holds on a noisy machine; requests per second do not.
 */
import { findComponents } from '../test/support/components.js';
import type { Contender, ContenderOptions, Setup } from './contenders/contender.js';
import type { Generator } from './generators/load.js';
import { cpuSeconds } from './process-usage.js';
import { type Spread, spreadOf } from './report.js';
import { verifyContender } from './verify.js';
import type { Workload } from './workloads.js';

const WARM_UP_SECONDS = 2;
const HOST = '127.0.0.1';
export const ORIGIN_PORT = 30_101;
const FIRST_PORT = 10_002;
const PORTS_EACH = 2_500;

export type Create = (options: ContenderOptions) => Contender;

export interface ContenderFigures {
  readonly name: string;
  readonly version: string;
  /** CPU microseconds of the proxy per request. */
  readonly microseconds: Spread;
  /** Times that of the first contender of the same round. */
  readonly ratio: Spread;
  readonly requestsPerSecond: Spread;
  /** Of a core, by processes that carry no request. */
  readonly sideShare: number;
}

export interface Comparison {
  readonly workload: string;
  readonly title: string;
  readonly connections: number;
  readonly contenders: readonly ContenderFigures[];
}

export interface ComparisonOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly generator: Generator;
}

interface Running {
  readonly contender: Contender;
  readonly microseconds: number[];
  readonly ratios: number[];
  readonly rates: number[];
  sideSeconds: number;
}

export function pin(core: number): readonly string[] {
  const { taskset } = findComponents();
  return taskset === null ? [] : [taskset, '-c', String(core)];
}

/** The options of the n-th contender: ports of its own, addresses of the origin as instances. */
export function contenderOptions(index: number, setup: Setup, prefix = pin(0)): ContenderOptions {
  const instances = Array.from({ length: setup.instances }, (_, at) => `127.80.0.${at + 1}:${ORIGIN_PORT}`);
  return { host: HOST, port: FIRST_PORT + index * PORTS_EACH, instances, setup, prefix };
}

/** Starts, verifies and measures; the first of `creators` is what the others are compared with. */
export async function compare(
  name: string,
  workload: Workload,
  creators: readonly Create[],
  { rounds, seconds, generator }: ComparisonOptions,
): Promise<Comparison> {
  const { setup } = workload;
  // Two workers may use both cores, and so may the HAProxy that is compared with them.
  const prefix = setup.workers === 1 ? pin(0) : [];
  const running: Running[] = creators.map((create, index) => ({
    contender: create(contenderOptions(index, setup, prefix)),
    microseconds: [],
    ratios: [],
    rates: [],
    sideSeconds: 0,
  }));
  try {
    for (const { contender } of running) {
      await contender.start();
      if (setup.protocol === 'http') await verifyContender(contender);
    }
    for (const one of running) await loadOnce(one.contender, workload, generator, WARM_UP_SECONDS);
    for (let round = 0; round < rounds; round += 1) {
      let first = Number.NaN;
      for (const one of running) {
        const sideBefore = sumCpu(await one.contender.sidePids());
        const { microseconds, rate } = await loadOnce(one.contender, workload, generator, seconds);
        one.sideSeconds += sumCpu(await one.contender.sidePids()) - sideBefore;
        if (one === running[0]) first = microseconds;
        one.microseconds.push(microseconds);
        one.ratios.push(microseconds / first);
        one.rates.push(rate);
      }
    }
  } finally {
    for (const { contender } of running) await contender.stop();
  }
  return {
    workload: name,
    title: workload.title,
    connections: workload.connections,
    contenders: running.map((one) => ({
      name: one.contender.name,
      version: one.contender.version,
      microseconds: spreadOf(one.microseconds),
      ratio: spreadOf(one.ratios),
      requestsPerSecond: spreadOf(one.rates),
      sideShare: one.sideSeconds / rounds / seconds,
    })),
  };
}

async function loadOnce(
  contender: Contender,
  { path, connections, closesEach, bodyBytes, askedSlots, title }: Workload,
  generator: Generator,
  seconds: number,
): Promise<{ readonly microseconds: number; readonly rate: number }> {
  const pids = await contender.pids();
  const before = sumCpu(pids);
  const figures = await generator({
    host: contender.host,
    // The last ones: whatever looks slots up one after another shows it.
    ports: contender.ports.slice(-askedSlots),
    path,
    connections,
    seconds,
    closesEach,
    bodyBytes,
    prefix: pin(1),
  });
  if (figures.errors > 0) throw new Error(`${contender.name} failed ${figures.errors} requests of "${title}"`);
  if (figures.requests === 0) throw new Error(`${contender.name} answered nothing of "${title}"`);
  const used = sumCpu(pids) - before;
  return { microseconds: (used / figures.requests) * 1e6, rate: figures.requestsPerSecond };
}

function sumCpu(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
}

export function figuresOf(comparison: Comparison, name: string): ContenderFigures | undefined {
  return comparison.contenders.find((figures) => figures.name === name);
}
