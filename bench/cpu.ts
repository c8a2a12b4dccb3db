/**
 * CPU time per request beside HAProxy's, and, where asked, beside the other contenders'.
 *
 *   npm run bench:cpu -- [--workload small,64k,…|all] [--rounds 5] [--seconds 3] [--contenders two|all]
 */
import { parseArgs } from 'node:util';
import { prepareComponents } from '../test/support/components.js';
import { type Comparison, compare, ORIGIN_PORT, pin } from './comparison.js';
import { contendersFor } from './contenders/all.js';
import { wrk } from './generators/wrk.js';
import { judge } from './judgement.js';
import { NginxOrigin } from './nginx-origin.js';
import { busyLine, comparisonTable, machineLine, Verdict } from './report.js';
import { WORKLOADS } from './workloads.js';

const { values } = parseArgs({
  options: {
    workload: { type: 'string', default: 'all' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    contenders: { type: 'string', default: 'two' },
  },
});
const chosen = values.workload === 'all' ? Object.keys(WORKLOADS) : values.workload.split(',');
await prepareComponents();
const origin = new NginxOrigin({ ports: [ORIGIN_PORT], prefix: pin(1) });
const verdict = new Verdict();
const comparisons: Comparison[] = [];

console.log(machineLine());
const busy = busyLine();
if (busy !== null) console.log(busy);
await origin.start();
try {
  for (const name of chosen) {
    const workload = WORKLOADS[name];
    if (workload === undefined) throw new Error(`no workload ${name}; there are ${Object.keys(WORKLOADS).join(', ')}`);
    const creators = contendersFor(workload.setup, values.contenders === 'all');
    const comparison = await compare(name, workload, creators, {
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      generator: wrk,
    });
    comparisons.push(comparison);
    console.log(`\n${comparisonTable(comparison)}`);
  }
} finally {
  await origin.stop();
}
console.log('');
for (const promise of judge(comparisons)) verdict.check(promise.isKept, promise.text, promise.figure);
process.exitCode = verdict.exitCode;
