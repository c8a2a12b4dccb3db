/**
 * A node with its apps and instances in a real Consul: how soon a change is routed, what idling costs, and what happens
 * to the traffic while Consul fails.
 *
 *   npm run bench:consul -- [--only latency,idle,faults] [--seconds 30] [--changes 100] [--faults killed,frozen,…]
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { prepareComponents } from '../test/support/machine/components.js';
import { setCheck } from '../test/support/node/fleet.js';
import { sumOf } from './figures.js';
import { ConsulFleet, type FleetInstance } from './fleet/consul-fleet.js';
import { FAULTS, type Fault } from './fleet/faults.js';
import { LoadClient } from './load-client.js';
import { busyLine, isBusy, lookAtOthers, machineLine } from './machine.js';
import { cpuSeconds } from './process-usage.js';
import { Verdict } from './report.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'latency,idle,faults' },
    seconds: { type: 'string', default: '30' },
    changes: { type: 'string', default: '100' },
    faults: { type: 'string', default: [...FAULTS.keys()].join() },
  },
});
const parts = values.only.split(',');
const seconds = Number(values.seconds);
const verdict = new Verdict();

const BIG = { apps: 200, instancesEach: 5, consul: 'memory' } as const;
const SMALL = { apps: 5, instancesEach: 4 } as const;
const MAX_ROUTED_P99_MS = 150;
/** What begins idle compiles what it does again and again: for half a minute that is the larger part. */
const SETTLED_MS = 30_000;
const MAX_IDLE_PERCENT = 1;
const MAX_RECOVERY_MS = 2_000;
/** When nothing has happened by then, something is wrong. */
const PATIENCE_MS = 20_000;

console.log(machineLine());
const othersCores = await lookAtOthers();
if (isBusy(othersCores)) console.log(busyLine(othersCores));
await prepareComponents();
if (parts.includes('idle')) await measureIdle();
if (parts.includes('latency')) await measureRouted();
if (parts.includes('faults')) {
  for (const name of values.faults.split(',')) {
    const fault = FAULTS.get(name);
    if (fault === undefined) throw new Error(`no fault ${name}; there are ${[...FAULTS.keys()].join(', ')}`);
    await endure(fault);
  }
}
process.exitCode = verdict.exitCode;

/** Nothing asks and nothing changes; instances are checked every second all the same. */
async function measureIdle(): Promise<void> {
  for (const { apps, instancesEach, bound } of [
    { apps: 10, instancesEach: 3, bound: MAX_IDLE_PERCENT },
    { apps: BIG.apps, instancesEach: BIG.instancesEach, bound: null },
  ]) {
    const fleet = await ConsulFleet.create({ apps, instancesEach, consul: 'memory' });
    try {
      await fleet.startNode();
      await delay(SETTLED_MS);
      const pids = [fleet.node.pid, ...(await fleet.node.workerPids())];
      const before = sumOf(pids.map(cpuSeconds));
      const startedAt = performance.now();
      await delay(seconds * 1_000);
      const percent = ((sumOf(pids.map(cpuSeconds)) - before) / ((performance.now() - startedAt) / 1_000)) * 100;
      const text = `an idle node with ${apps} apps and ${apps * instancesEach} instances, each checked every second`;
      const figure = `${percent.toFixed(2)} % of a core`;
      if (bound === null) console.log(`        ${text}: ${figure}`);
      else verdict.check(percent < bound, `${text}: under ${bound} %`, figure);
    } finally {
      await fleet.stop();
    }
  }
}

/** Instances go and come back by their checks; the clock runs from the moment when Consul's own index has moved. */
async function measureRouted(): Promise<void> {
  const fleet = await ConsulFleet.create(BIG);
  try {
    await fleet.startNode();
    const latenciesMs: number[] = [];
    for (let change = 0; change < Number(values.changes); change += 1) {
      const instance = fleet.instances[(change * 37) % fleet.instances.length];
      if (instance === undefined) continue;
      latenciesMs.push(await routedAfter(fleet, instance, 'critical'));
      latenciesMs.push(await routedAfter(fleet, instance, 'passing'));
    }
    latenciesMs.sort((a, b) => a - b);
    const [p50, p99] = [0.5, 0.99].map((share) => latenciesMs[Math.floor(latenciesMs.length * share)] ?? Number.NaN);
    verdict.check(
      (p99 ?? Number.NaN) < MAX_ROUTED_P99_MS,
      `${latenciesMs.length} changes of checks, ${BIG.apps} apps with ${BIG.apps * BIG.instancesEach} instances: index moved → routed, p99 under ${MAX_ROUTED_P99_MS} ms`,
      `p50 ${p50?.toFixed(0)} ms, p99 ${p99?.toFixed(0)} ms`,
    );
  } finally {
    await fleet.stop();
  }
}

/** @returns milliseconds from the index to the first answer (passing), or to the last one (critical), of the instance */
async function routedAfter(
  fleet: ConsulFleet,
  { app, address, checkId }: FleetInstance,
  status: 'critical' | 'passing',
): Promise<number> {
  const { consul, host } = fleet;
  const query = `/v1/health/checks/${app}`;
  const { index } = await consul.request('GET', query);
  const moved = consul.request('GET', `${query}?index=${index}&wait=2s`).then(() => performance.now());
  let lastSeenAt = 0;
  let firstSeenAt = 0;
  let answers = 0;
  const client = new LoadClient({
    host,
    port: fleet.slotOf(Number(app.slice('app-'.length))),
    connections: 1,
    onAnswer(body) {
      answers += 1;
      if (body.startsWith(`${address} `)) {
        lastSeenAt = performance.now();
        firstSeenAt ||= lastSeenAt;
        answers = 0;
      }
      return true;
    },
  });
  await setCheck(consul, checkId, status);
  const movedAt = await moved;
  // Gone: so many answers in a row came from others.
  const isDone = (): boolean => (status === 'passing' ? firstSeenAt > 0 : answers > 200);
  await until(isDone);
  await client.stop();
  return Math.max(0, (status === 'passing' ? firstSeenAt : lastSeenAt) - movedAt);
}

async function endure(fault: Fault): Promise<void> {
  const fleet = await ConsulFleet.create({ ...SMALL, consul: fault.consul });
  const { host, node } = fleet;
  try {
    await fleet.startNode();
    let client = new LoadClient({ host, port: fleet.slotOf(0), connections: 8, thinkMs: 2 });
    if (fault.title === FAULTS.get('cold')?.title) await client.stop();
    await fault.begin(fleet);
    if (!client.isRunning) client = new LoadClient({ host, port: fleet.slotOf(0), connections: 8, thinkMs: 2 });
    await delay(seconds * 1_000);
    const { apps } = await node.state();
    const { staleMs } = await fleet.source();
    await fault.end(fleet);
    const recoveryMs = await recovery(fleet);
    const { requests, failed } = await client.stop();
    const served = sumOf(apps.map(({ instances }) => instances.length));
    verdict.check(
      failed === 0 && requests > 0 && served === SMALL.apps * SMALL.instancesEach,
      `Consul ${fault.title}, ${seconds} s at load: no request fails, the table stays`,
      `${failed} of ${requests} failed, ${served} instances`,
    );
    if (fault.isHeard) {
      verdict.check(
        staleMs > (seconds * 1_000) / 4,
        '  and source_stale_seconds rises',
        `${(staleMs / 1_000).toFixed(1)} s`,
      );
    }
    verdict.check(
      recoveryMs <= MAX_RECOVERY_MS,
      `  and what changes afterwards is in force within 2 s`,
      `${recoveryMs.toFixed(0)} ms`,
    );
  } finally {
    await fleet.stop();
  }
}

/** @returns milliseconds from the end of the fault until a change of a check is in force */
async function recovery({ consul, instances, node }: ConsulFleet): Promise<number> {
  const startedAt = performance.now();
  const [first] = instances;
  if (first === undefined) throw new Error('there is no instance');
  await setCheck(consul, first.checkId, 'critical');
  await node.untilState(
    ({ apps }) => apps.find(({ name }) => name === first.app)?.instances.length === SMALL.instancesEach - 1,
    PATIENCE_MS,
  );
  return performance.now() - startedAt;
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error('a change was never routed');
    await delay(1);
  }
}
