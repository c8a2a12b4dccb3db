/**
 * Fails when the hot path has become slower: CPU time per request beside HAProxy's in the same run, under autocannon,
 * against bench/bounds.json. Under two minutes; part of what must pass.
 *
 *   npm run bench:guard -- [--slowdown PERCENT] [--times N]
 *
 * `--slowdown 25` plants that much more work into each request, to see the guard fail; `--times 20` looks whether it ever
 * fails without. A bound that is broken is measured once more, and broken twice it counts: one bad moment of a machine
 * must not look like a slower proxy, and a slower proxy is slow both times. Exit 1: a bound is broken; 2: it could not
 * judge.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { prepareComponents } from '../test/support/components.js';
import { compare } from './comparison.js';
import { AutoproxyContender } from './contenders/autoproxy.js';
import { HaproxyContender } from './contenders/haproxy.js';
import { type Comparison, type ContenderFigures, figuresOf } from './figures.js';
import { autocannon } from './generators/autocannon.js';
import { type Bounds, excessOf, verdictLine } from './guard-bounds.js';
import { busyLine, isBusy, lookAtOthers, machineLine } from './machine.js';
import { Origins } from './origins.js';
import { pin } from './pinning.js';
import { comparisonTable, Verdict } from './report.js';
import { WORKLOADS } from './workloads/requests.js';

const SLOWDOWN = new URL('./slowdown.js', import.meta.url).href;
const BOUNDS = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../bench/bounds.json', import.meta.url)), 'utf8'),
) as Bounds;

const { values } = parseArgs({
  options: { slowdown: { type: 'string', default: '0' }, times: { type: 'string', default: '1' } },
});
const slowdown = Number(values.slowdown);
const times = Number(values.times);
/** Of a guard that could not judge; 1 is a bound that was broken. */
const EXIT_UNJUDGED = 2;
const origins = new Origins(pin(1));
const verdict = new Verdict();

try {
  await judgeAll();
  process.exitCode = verdict.exitCode;
} catch (error) {
  console.error(error);
  process.exitCode = EXIT_UNJUDGED;
}

async function judgeAll(): Promise<void> {
  await prepareComponents();
  console.log(machineLine());
  const othersCores = await lookAtOthers();
  if (isBusy(othersCores)) console.log(busyLine(othersCores));
  const startedAt = performance.now();
  await origins.start();
  try {
    for (let time = 0; time < times; time += 1) {
      for (const name of Object.keys(BOUNDS)) await guard(name);
    }
  } finally {
    await origins.stop();
  }
  console.log(`The guard took ${((performance.now() - startedAt) / 1_000).toFixed(0)} s.`);
  if (verdict.exitCode === 0) return;
  console.error(
    slowdown > 0
      ? 'The guard has seen the planted slowdown.'
      : 'The hot path costs more than bench/bounds.json allows. "npm run bench:cpu" shows it at length, a profile why.',
  );
}

async function guard(name: string): Promise<void> {
  const bound = BOUNDS[name];
  const workload = WORKLOADS.get(name);
  if (bound === undefined || workload === undefined)
    throw new Error(`bench/bounds.json names "${name}", and there is no such workload`);
  const planted = slowdown > 0 ? await microsecondsToPlant(name) : 0;
  let figures = await measure(name, planted);
  if (excessOf(figures, bound) !== null) {
    console.log(`${verdictLine(workload.title, figures, bound)}: measured once more`);
    figures = await measure(name, planted);
  }
  const intent = slowdown > 0 ? `, ${slowdown} % slower by intent` : '';
  verdict.check(excessOf(figures, bound) === null, `${workload.title}${intent}`, verdictLine('', figures, bound));
}

async function microsecondsToPlant(name: string): Promise<number> {
  const { value } = await measure(name, 0);
  return (value.median * slowdown) / 100;
}

async function measure(name: string, plantedMicroseconds: number): Promise<ContenderFigures> {
  const workload = WORKLOADS.get(name);
  const bound = BOUNDS[name];
  if (workload === undefined || bound === undefined) throw new Error(`no bound for ${name}`);
  const environment =
    plantedMicroseconds > 0
      ? { NODE_OPTIONS: `--import ${SLOWDOWN}`, AUTOPROXY_BENCH_SLOWDOWN: String(plantedMicroseconds) }
      : {};
  const comparison: Comparison = await compare(
    name,
    workload,
    [(options) => new HaproxyContender(options), (options) => new AutoproxyContender(options, { environment })],
    { rounds: bound.rounds, seconds: bound.seconds, generator: autocannon },
  );
  const figures = figuresOf(comparison, 'autoproxy');
  if (figures === undefined || figuresOf(comparison, 'haproxy') === undefined)
    throw new Error(`the guard measures beside HAProxy: ${comparison.missing.join('; ')}`);
  console.log(comparisonTable(comparison));
  return figures;
}
