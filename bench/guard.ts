/**
 * Fails when the hot path has become slower: CPU time per request beside HAProxy's in the same run, under autocannon,
 * against bench/bounds.json. Under two minutes; part of what must pass.
 *
 *   npm run bench:guard -- [--slowdown PERCENT] [--times N]
 *
 * `--slowdown 25` plants that much more work into each request, to see the guard fail; `--times 20` looks whether it ever
 * fails without.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { prepareComponents } from '../test/support/components.js';
import { type Comparison, compare, figuresOf, ORIGIN_PORT, pin } from './comparison.js';
import { AutoproxyContender } from './contenders/autoproxy.js';
import { HaproxyContender } from './contenders/haproxy.js';
import { autocannon } from './generators/autocannon.js';
import { NginxOrigin } from './nginx-origin.js';
import { busyLine, comparisonTable, machineLine, Verdict } from './report.js';
import { WORKLOADS } from './workloads.js';

interface Bound {
  /** Times HAProxy's CPU time per request, at most: the median of the rounds. */
  readonly ratio: number;
  readonly rounds: number;
  readonly seconds: number;
}

const SLOWDOWN = fileURLToPath(new URL('./slowdown.js', import.meta.url));
const BOUNDS = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../bench/bounds.json', import.meta.url)), 'utf8'),
) as Readonly<Record<string, Bound>>;

const { values } = parseArgs({
  options: { slowdown: { type: 'string', default: '0' }, times: { type: 'string', default: '1' } },
});
const slowdown = Number(values.slowdown);
await prepareComponents();
const origin = new NginxOrigin({ ports: [ORIGIN_PORT], prefix: pin(1) });
const verdict = new Verdict();

console.log(machineLine());
const busy = busyLine();
if (busy !== null) console.log(busy);
await origin.start();
try {
  for (let time = 0; time < Number(values.times); time += 1) await guard();
} finally {
  await origin.stop();
}
process.exitCode = verdict.exitCode;

async function guard(): Promise<void> {
  for (const [name, bound] of Object.entries(BOUNDS)) {
    const plain = slowdown > 0 ? await measure(name, { ...bound, rounds: 1 }, 0) : null;
    const own = plain === null ? undefined : figuresOf(plain, 'autoproxy');
    const planted = own === undefined ? 0 : (own.microseconds.median * slowdown) / 100;
    const comparison = await measure(name, bound, planted);
    const figures = figuresOf(comparison, 'autoproxy');
    if (figures === undefined) throw new Error('autoproxy was not measured');
    const { median, min, max } = figures.ratio;
    if (median > bound.ratio) console.log(comparisonTable(comparison));
    verdict.check(
      median <= bound.ratio,
      `${comparison.title}${slowdown > 0 ? `, ${slowdown} % slower by intent` : ''}: at most ${bound.ratio} × HAProxy`,
      `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)}) ×`,
    );
  }
}

function measure(name: string, { rounds, seconds }: Bound, plantedMicroseconds: number): Promise<Comparison> {
  const workload = WORKLOADS[name];
  if (workload === undefined) throw new Error(`bench/bounds.json names "${name}", and there is no such workload`);
  const preload = plantedMicroseconds > 0 ? SLOWDOWN : null;
  process.env.AUTOPROXY_BENCH_SLOWDOWN = String(plantedMicroseconds);
  return compare(
    name,
    workload,
    [(options) => new HaproxyContender(options), (options) => new AutoproxyContender(options, preload)],
    { rounds, seconds, generator: autocannon },
  );
}
