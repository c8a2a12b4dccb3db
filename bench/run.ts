/**
 * Everything that is compared with others: a table, a chart and a JSON file in bench/results/, which are what
 * docs/figures.md quotes. On a machine that others use it refuses to start.
 *
 *   npm run bench -- [--only small,latency,…] [--rounds 5] [--seconds 3] [--on-busy-machine]
 *
 * A part (`--only`) and a run in which a workload failed leave the other figures as they were. `--on-busy-machine` runs all
 * the same and marks what it says; figures of a busy machine are shown and not written.
 */
import { parseArgs } from 'node:util';
import { compare } from './comparison.js';
import { contendersFor, HAPROXY_AND_AUTOPROXY } from './contenders/all.js';
import type { Comparison } from './figures.js';
import { wrk } from './generators/wrk.js';
import { judge } from './judgement.js';
import { busyLine, describeMachine, isBusy, lookAtOthers, machineLine } from './machine.js';
import { Origins } from './origins.js';
import { pin } from './pinning.js';
import { comparisonTable, Verdict } from './report.js';
import { mergeResults } from './results.js';
import { keptResults, writeResults } from './results-file.js';
import { measureChanges } from './workloads/changes.js';
import { measureIdle } from './workloads/idle.js';
import { measureLatency } from './workloads/latency.js';
import { WORKLOADS } from './workloads/requests.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'all' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    'on-busy-machine': { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
/** The whole field is shown where a small answer, a large one and a body going up say something of each. */
const WITH_ALL = ['small', 'post', '64k', '1m'];

const runs = new Map<string, () => Promise<Comparison>>();
for (const [name, workload] of WORKLOADS) {
  const contenders = contendersFor(workload, WITH_ALL.includes(name));
  runs.set(name, () => compare(name, workload, contenders, { rounds, seconds, generator: wrk }));
}
runs.set('latency', () => measureLatency(HAPROXY_AND_AUTOPROXY, { rounds, seconds }));
runs.set('idle', () => measureIdle(HAPROXY_AND_AUTOPROXY));
runs.set('changes', () => measureChanges({ rounds, seconds }));
const chosen = values.only === 'all' ? [...runs.keys()] : values.only.split(',');
for (const name of chosen) {
  if (!runs.has(name)) throw new Error(`no workload ${name}; there are ${[...runs.keys()].join(', ')}`);
}

const machine = describeMachine();
console.log(machineLine(machine));
const othersCores = await lookAtOthers();
if (isBusy(othersCores)) {
  console.log(busyLine(othersCores));
  if (!values['on-busy-machine']) {
    console.error('Not started. Wait until it is quiet, or say --on-busy-machine.');
    process.exit(1);
  }
}
const origins = new Origins(pin(1));
const comparisons: Comparison[] = [];
const failed: string[] = [];
await origins.start();
try {
  for (const name of chosen) {
    try {
      const comparison = await runs.get(name)?.();
      if (comparison === undefined) continue;
      comparisons.push(comparison);
      console.log(`\n${comparisonTable(comparison)}`);
    } catch (error) {
      failed.push(name);
      console.error(`\n${name}:`, error);
    }
  }
} finally {
  await origins.stop();
}
console.log('');
const verdict = new Verdict();
for (const promise of judge(comparisons)) verdict.check(promise.isKept, promise.text, promise.figure);
if (failed.length > 0) console.error(`Not measured: ${failed.join(', ')}`);
const quiet = comparisons.filter((comparison) => !isBusy(comparison.othersCores ?? 0));
if (quiet.length > 0) {
  const measured = { machine, comparisons: quiet, promises: judge(quiet) };
  writeResults(mergeResults(keptResults(), measured, [...runs.keys()]));
  console.log('\nWritten: bench/results/. "npm run bench:figures" brings them into docs/figures.md.');
}
process.exitCode = failed.length > 0 ? 1 : verdict.exitCode;
