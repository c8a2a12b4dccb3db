/**
 * CPU time per request of one proxy process, against HAProxy's in the same run. Proxy on one core, load and origin on the
 * other; rounds interleaved, so that a machine that slows down slows all of them.
 *
 *   npm run bench:cpu -- [--workload small|64k|1m|connection|all] [--rounds 5] [--seconds 3]
 */
import { parseArgs } from 'node:util';
import { findComponents, prepareComponents } from '../test/support/components.js';
import { AutoproxyContender } from './contenders/autoproxy.js';
import type { Contender, ContenderOptions } from './contenders/contender.js';
import { HaproxyContender } from './contenders/haproxy.js';
import { ProgramContender } from './contenders/program-contender.js';
import { NginxOrigin } from './nginx-origin.js';
import { cpuSeconds, loadPerCore } from './process-usage.js';
import { formatSpread, formatTable, machineLine, spreadOf, Verdict } from './report.js';
import { verifyContender } from './verify.js';
import { runWrk } from './wrk.js';

interface Workload {
  readonly title: string;
  readonly path: string;
  readonly connections: number;
  readonly fields: readonly string[];
  /** At most so many times HAProxy's CPU time. */
  readonly bound: number;
  /** http-proxy costs at least so many times autoproxy's. */
  readonly ahead?: number;
}

const WORKLOADS: Readonly<Record<string, Workload>> = {
  small: { title: 'small keep-alive GET', path: '/', connections: 64, fields: [], bound: 1.1, ahead: 5 },
  '64k': { title: '64 KB response', path: '/size/65536', connections: 32, fields: [], bound: 1.1 },
  '1m': { title: '1 MB response', path: '/size/1048576', connections: 16, fields: [], bound: 1.1 },
  connection: {
    title: 'one connection per request',
    path: '/',
    connections: 64,
    fields: ['Connection: close'],
    bound: 1.1,
  },
};

const HOST = '127.0.0.1';
const ORIGIN_PORTS = [19_101, 19_102, 19_103];
const WARM_UP_SECONDS = 2;

const { values } = parseArgs({
  options: {
    workload: { type: 'string', default: 'all' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
  },
});
const chosen = values.workload === 'all' ? Object.keys(WORKLOADS) : values.workload.split(',');
await prepareComponents();
const { taskset } = findComponents();
const pin = (core: number): string[] => (taskset === null ? [] : [taskset, '-c', String(core)]);
const origin = new NginxOrigin({ ports: ORIGIN_PORTS, prefix: pin(1) });
const optionsOf = (index: number): ContenderOptions => ({
  host: HOST,
  port: 19_200 + index * 10,
  originHost: HOST,
  originPorts: ORIGIN_PORTS,
  prefix: pin(0),
});
const contenders: Contender[] = [
  new HaproxyContender(optionsOf(0)),
  new AutoproxyContender(optionsOf(1)),
  new ProgramContender('http-proxy', optionsOf(2), '', false),
  new ProgramContender('http-proxy', optionsOf(3), 'keep-alive agent'),
];
const verdict = new Verdict();

console.log(machineLine());
if (loadPerCore() > 0.5)
  console.log(`This machine is busy (load ${loadPerCore().toFixed(2)} per core): trust the ratios, not the times.`);
await origin.start();
try {
  for (const contender of contenders) {
    await contender.start();
    await verifyContender(contender);
  }
  for (const name of chosen) {
    const workload = WORKLOADS[name];
    if (workload === undefined) throw new Error(`no workload ${name}; there are ${Object.keys(WORKLOADS).join(', ')}`);
    await measure(workload, Number(values.rounds), Number(values.seconds));
  }
} finally {
  for (const contender of contenders) await contender.stop();
  await origin.stop();
}
process.exitCode = verdict.exitCode;

async function measure(workload: Workload, rounds: number, seconds: number): Promise<void> {
  const costs = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]));
  const ratios = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]));
  const rates = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]));
  let sideMs = 0;
  for (const contender of contenders) await loadOnce(contender, workload, WARM_UP_SECONDS);
  for (let round = 0; round < rounds; round += 1) {
    let haproxyCost = Number.NaN;
    for (const contender of contenders) {
      const sideBefore = await sumCpu(await contender.sidePids());
      const { microseconds, rate } = await loadOnce(contender, workload, seconds);
      if (contender.name === 'haproxy') haproxyCost = microseconds;
      costs.get(contender)?.push(microseconds);
      rates.get(contender)?.push(rate);
      ratios.get(contender)?.push(microseconds / haproxyCost);
      if (contender.name === 'autoproxy') sideMs += ((await sumCpu(await contender.sidePids())) - sideBefore) * 1_000;
    }
  }
  console.log(`\n${workload.title}: ${rounds} rounds of ${seconds} s, ${workload.connections} connections`);
  const rows = contenders.map((contender) => [
    `${contender.name} ${contender.version}`,
    formatSpread(spreadOf(costs.get(contender) ?? [])),
    formatSpread(spreadOf(ratios.get(contender) ?? []), 2),
    spreadOf(rates.get(contender) ?? []).median.toFixed(0),
  ]);
  console.log(formatTable([['', 'CPU µs/request', '× haproxy', 'requests/s'], ...rows]));
  console.log(`autoproxy's primary beside it (checks): ${(sideMs / rounds / seconds / 10).toFixed(1)} % of a core`);
  const ratioOf = (index: number): number => spreadOf(ratios.get(contenders[index] as Contender) ?? []).median;
  verdict.check(
    ratioOf(1) <= workload.bound,
    `${workload.title}: at most ${workload.bound} × HAProxy`,
    `${ratioOf(1).toFixed(2)} ×`,
  );
  if (workload.ahead !== undefined) {
    const ahead = ratioOf(2) / ratioOf(1);
    verdict.check(
      ahead >= workload.ahead,
      `${workload.title}: http-proxy at least ${workload.ahead} × dearer`,
      `${ahead.toFixed(1)} ×`,
    );
  }
}

async function loadOnce(
  contender: Contender,
  workload: Workload,
  seconds: number,
): Promise<{ microseconds: number; rate: number }> {
  const pids = await contender.pids();
  const before = await sumCpu(pids);
  const result = await runWrk({
    url: `http://${contender.host}:${contender.port}${workload.path}`,
    connections: workload.connections,
    seconds,
    fields: workload.fields,
    prefix: pin(1),
  });
  if (result.errors > 0) throw new Error(`${contender.name} failed ${result.errors} requests of ${workload.title}`);
  const used = (await sumCpu(pids)) - before;
  return { microseconds: (used / result.requests) * 1e6, rate: result.requestsPerSecond };
}

async function sumCpu(pids: readonly number[]): Promise<number> {
  return pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
}
