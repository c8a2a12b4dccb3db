/**
 * CPU time per request beside HAProxy's, and, where asked, beside the other contenders'.
 *
 *   npm run bench:cpu -- [--workload small,64k,…|all] [--rounds 5] [--seconds 3] [--contenders two|all]
 */
import { parseArgs } from 'node:util';
import { compare } from './comparison.js';
import { contendersFor } from './contenders/all.js';
import type { Comparison } from './figures.js';
import { wrk } from './generators/wrk.js';
import { judge } from './judgement.js';
import { busyLine, isBusy, lookAtOthers, machineLine } from './machine.js';
import { Origins } from './origins.js';
import { pin } from './pinning.js';
import { comparisonTable, Verdict } from './report.js';
import { WORKLOADS } from './workloads/requests.js';

const { values } = parseArgs({
  options: {
    workload: { type: 'string', default: 'all' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    contenders: { type: 'string', default: 'two' },
  },
});
const chosen = values.workload === 'all' ? [...WORKLOADS.keys()] : values.workload.split(',');
const origins = new Origins(pin(1));
const verdict = new Verdict();
const comparisons: Comparison[] = [];

console.log(machineLine());
const othersCores = await lookAtOthers();
if (isBusy(othersCores)) console.log(busyLine(othersCores));
await origins.start();
try {
  for (const name of chosen) {
    const workload = WORKLOADS.get(name);
    if (workload === undefined) throw new Error(`no workload ${name}; there are ${[...WORKLOADS.keys()].join(', ')}`);
    const comparison = await compare(name, workload, contendersFor(workload, values.contenders === 'all'), {
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      generator: wrk,
    });
    comparisons.push(comparison);
    console.log(`\n${comparisonTable(comparison)}`);
  }
} finally {
  await origins.stop();
}
console.log('');
for (const promise of judge(comparisons)) verdict.check(promise.isKept, promise.text, promise.figure);
process.exitCode = verdict.exitCode;
