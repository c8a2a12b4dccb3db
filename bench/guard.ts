/**
 * Fails when the hot path has become slower: CPU time per request of this working tree as times that of a base, a commit
 * of the same project that is built into `.cache` and measured in the same run. The machine cancels out. HAProxy is
 * measured once beside them, for people; nothing is judged by it.
 *
 *   npm run bench:guard -- [--base REVISION] [--slowdown PERCENT] [--times N] [--generator wrk|autocannon]
 *
 * wrk keeps the proxy busy all the time. autocannon does not: a proxy with time to spare serves fewer requests each time it
 * wakes, and more work makes it wake less often, so that 10 % more work takes 4 % more CPU time.
 *
 * Both are started anew several times, since each start of a process has its own luck with memory and compiler, and
 * measured in pairs of rounds, in an order that alternates. bench/bounds.json is broken when the interval of the median
 * ratio (99 %) lies above the bound; while the interval contains the bound, more pairs are measured.
 *
 * `--slowdown 10` plants that much more work into each request, to see the guard fail; `--times 20` looks whether it ever
 * fails without. Exit 1: a bound is broken; 2: it could not judge (no base, or a spread that is too wide).
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { prepareComponents } from '../test/support/machine/components.js';
import { type BaseBuild, buildBase } from './base-build.js';
import { type Create, compare } from './comparison.js';
import { AutoproxyContender } from './contenders/autoproxy.js';
import { HaproxyContender } from './contenders/haproxy.js';
import { figuresOf } from './figures.js';
import { autocannon } from './generators/autocannon.js';
import type { Generator } from './generators/load.js';
import { wrk } from './generators/wrk.js';
import { type Bounds, isClear, judgeRatios, verdictLine } from './guard-bounds.js';
import { busyLine, isBusy, lookAtOthers, machineLine } from './machine.js';
import { Origins } from './origins.js';
import { pin } from './pinning.js';
import { comparisonTable } from './report.js';
import { WORKLOADS, type Workload } from './workloads/requests.js';

const SLOWDOWN = new URL('./slowdown.js', import.meta.url).href;
const EXIT = { KEPT: 0, BROKEN: 1, UNJUDGED: 2 } as const;
const BOUNDS = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../bench/bounds.json', import.meta.url)), 'utf8'),
) as Bounds;

const { values } = parseArgs({
  options: {
    base: { type: 'string', default: BOUNDS.base },
    slowdown: { type: 'string', default: '0' },
    times: { type: 'string', default: '1' },
    generator: { type: 'string', default: 'wrk' },
  },
});
const slowdown = Number(values.slowdown);
const times = Number(values.times);
const generator = generatorOf(values.generator);
const origins = new Origins(pin(1));

try {
  process.exitCode = await judgeAll(buildBase(values.base));
} catch (error) {
  console.error(error);
  console.error('The guard could not judge.');
  process.exitCode = EXIT.UNJUDGED;
}

function generatorOf(name: string): Generator {
  if (name === 'wrk') return wrk;
  if (name === 'autocannon') return autocannon;
  throw new Error(`--generator is wrk or autocannon, not ${name}`);
}

async function judgeAll(base: BaseBuild): Promise<number> {
  await prepareComponents();
  console.log(machineLine());
  console.log(`The base is ${base.commit}.`);
  const othersCores = await lookAtOthers();
  if (isBusy(othersCores)) console.log(busyLine(othersCores));
  const startedAt = performance.now();
  let exitCode: number = EXIT.KEPT;
  await origins.start();
  try {
    for (let time = 0; time < times; time += 1) {
      for (const name of BOUNDS.workloads) exitCode = worseOf(exitCode, await judgeWorkload(name, base));
    }
  } finally {
    await origins.stop();
  }
  console.log(`The guard took ${((performance.now() - startedAt) / 1_000).toFixed(0)} s.`);
  if (exitCode === EXIT.BROKEN) {
    console.error(
      slowdown > 0
        ? 'The guard has seen the planted slowdown.'
        : 'The hot path costs more than it did. "npm run bench:cpu" shows it at length, a profile why.',
    );
  }
  return exitCode;
}

/** One that is broken outweighs one that could not be judged. */
function worseOf(a: number, b: number): number {
  return a === EXIT.BROKEN || b === EXIT.BROKEN ? EXIT.BROKEN : Math.max(a, b);
}

async function judgeWorkload(name: string, base: BaseBuild): Promise<number> {
  const workload = WORKLOADS.get(name);
  if (workload === undefined) throw new Error(`bench/bounds.json names "${name}", and there is no such workload`);
  const { ratio, launches } = BOUNDS;
  const ratios: number[] = [];
  for (let launch = 0; launch < launches.most; launch += 1) {
    if (launch >= launches.least && isClear(ratios, ratio)) break;
    ratios.push(...(await measurePairs(name, workload, base, launch)));
  }
  const judgement = judgeRatios(ratios, ratio);
  const intent = slowdown > 0 ? `, ${slowdown} % slower by intent` : '';
  const word = { kept: 'kept  ', broken: 'BROKEN', undecided: 'UNSURE' }[judgement];
  console.log(`${word}  ${workload.title}${intent}: ${verdictLine(ratios, ratio)}`);
  return { kept: EXIT.KEPT, broken: EXIT.BROKEN, undecided: EXIT.UNJUDGED }[judgement];
}

/** @returns of each round, tree by base */
async function measurePairs(name: string, workload: Workload, base: BaseBuild, launch: number): Promise<number[]> {
  const environment =
    slowdown > 0 ? { NODE_OPTIONS: `--import ${SLOWDOWN}`, AUTOPROXY_BENCH_SLOWDOWN: String(slowdown) } : {};
  const createBase: Create = (options) => new AutoproxyContender(options, { name: 'base', program: base.program });
  const createTree: Create = (options) => new AutoproxyContender(options, { name: 'tree', environment });
  const creators = launch % 2 === 0 ? [createBase, createTree] : [createTree, createBase];
  if (launch === 0) creators.push((options) => new HaproxyContender(options));
  const comparison = await compare(name, workload, creators, {
    rounds: BOUNDS.rounds,
    seconds: BOUNDS.seconds,
    generator,
  });
  console.log(comparisonTable(comparison));
  const [baseRounds, treeRounds] = ['base', 'tree'].map((who) => figuresOf(comparison, who)?.values ?? []);
  return (treeRounds ?? []).map((value, round) => value / (baseRounds?.[round] ?? Number.NaN));
}
