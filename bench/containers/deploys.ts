/**
 * Three containers of an app end one after another, each back before the next one ends, while clients with kept connections
 * send GET and a tenth POST: of each way in which a container can end, how many requests failed and how long one took.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { Ending } from '../../test/support/at-end.js';
import { HEALTH_COMMAND } from '../../test/support/docker/app-image.js';
import type { DockerVersion } from '../../test/support/docker/docker-versions.js';
import type { TestEngine } from '../../test/support/docker/test-engine.js';
import type { RunningNode } from '../../test/support/node/node-process.js';
import { PacedTraffic, type TrafficReport } from '../../test/support/traffic/paced-traffic.js';
import { formatTable, type Verdict } from '../report.js';
import { type BesideEngine, startBesideEngine, untilUp } from './beside-engine.js';

export interface DeployPlan {
  readonly requestsPerSecond: number;
  /** How often each container of a way ends. */
  readonly times: number;
  /** Part of the names of the ways; empty: all. */
  readonly only: string;
}

const APP = 'shop';
const REPLICAS = 3;
const MAX_MS = 1_000;
const PAUSE_MS = 2_000;
/** How long the process of each container takes to end. */
const EXITS_MS = { atOnce: [0, 0, 0], soon: [300, 300, 300], slow: [1_000, 5_000, 10_000] } as const;
/** Docker waits so long for it. */
const STOP_TIMEOUT_S = 15;
/** What was sent to an instance that ends without an answer: a POST is not repeated then. */
const SENT = 'CLOSED_BEFORE_RESPONSE';

interface Way {
  readonly name: string;
  /** As container-app.ts reads it. */
  readonly env: Readonly<Record<string, string>>;
  readonly exitsMs: readonly number[];
  readonly flags: readonly string[];
  /** POSTs that were with the instance when it ended may fail. */
  readonly mayLoseSent: boolean;
  /** What a frozen container has is answered when it goes on. */
  readonly maxMs: number;
  readonly end: Step;
  /** null: it comes back by itself. */
  readonly back: Step | null;
}

type Step = (engine: TestEngine, container: string) => Promise<unknown>;

function way(name: string, end: Step, back: Step | null, more: Partial<Way>): Way {
  return {
    ...{ name, env: CLOSING, exitsMs: EXITS_MS.atOnce, flags: [], mayLoseSent: true, maxMs: MAX_MS, end, back },
    ...more,
  };
}

function command(...words: readonly string[]): Step {
  return (engine, container) => engine.docker(...words, container);
}

const stop = command('stop', '--time', String(STOP_TIMEOUT_S));
const restart = command('restart', '--time', String(STOP_TIMEOUT_S));
const start = command('start');
/** It closes kept connections at its signal, as the servers of Node and nginx do: a POST may be on its way there. */
const CLOSING = { ON_STOP: 'graceful' } as const;
/** It answers on kept connections until it ends. */
const ANSWERING = { ON_STOP: 'graceful', KEEP_IDLE: '1' } as const;
const SERVING = { ON_STOP: 'lingering' } as const;
const ABRUPT = { ON_STOP: 'abrupt' } as const;
/** What was removed is run anew. */
const again: Step = async () => {};

const WAYS: readonly Way[] = [
  way('docker stop, answers what is on its way, ends after 0.3 s', stop, start, lossless(ANSWERING, EXITS_MS.soon)),
  way('docker stop, the same, ends after 1, 5, 10 s', stop, start, lossless(ANSWERING, EXITS_MS.slow)),
  way('docker stop, serves on for 1, 5, 10 s', stop, start, lossless(SERVING, EXITS_MS.slow)),
  way('docker stop, closes kept connections, ends at once', stop, start, {}),
  way('docker stop, cuts everything at once', stop, start, { env: ABRUPT }),
  way('docker restart, answers what is on its way', restart, null, lossless(ANSWERING, EXITS_MS.soon)),
  way('docker restart, cuts everything at once', restart, null, { env: ABRUPT }),
  way('docker kill', command('kill'), start, {}),
  way('docker rm -f', command('rm', '--force'), again, {}),
  way('out of memory', takeAllMemory, start, { flags: ['--memory', '96m'] }),
  way('crash', crash, start, {}),
  way(`docker pause for ${PAUSE_MS / 1_000} s, HEALTHCHECK`, command('pause'), unpauseLater, {
    mayLoseSent: false,
    flags: ['--health-cmd', HEALTH_COMMAND, '--health-interval', '1s', '--health-timeout', '5s'],
    maxMs: PAUSE_MS + MAX_MS,
  }),
];

function lossless(env: Way['env'], exitsMs: Way['exitsMs']): Partial<Way> {
  return { env, exitsMs, mayLoseSent: false };
}

const HEADS = [
  '',
  'engine',
  'ends',
  'requests',
  'failed GET',
  'failed POST',
  'p50 ms',
  'slowest ms',
  'slowest sent ms',
];

export async function measureDeploys(
  context: Ending,
  version: DockerVersion,
  plan: DeployPlan,
  verdict: Verdict,
): Promise<void> {
  const beside = await startBesideEngine(context, version, [APP]);
  const rows: string[][] = [];
  const broken: string[] = [];
  for (const one of WAYS.filter(({ name }) => name.includes(plan.only))) {
    const { report, unsent } = await measureWay(context, beside, one, plan);
    const { served, failedGets, failedPosts, slowestMs, slowestSentMs, p50Ms } = report;
    const [gets, posts] = [failedGets.length, failedPosts.length];
    const counts = [REPLICAS * plan.times, served + gets + posts, gets, posts].map(String);
    rows.push([one.name, version, ...counts, p50Ms.toFixed(1), slowestMs.toFixed(0), slowestSentMs.toFixed(0)]);
    console.log(`        ${rows.at(-1)?.join(' | ')}`);
    const isKept = gets === 0 && unsent === 0 && (posts === 0 || one.mayLoseSent) && slowestSentMs < one.maxMs;
    if (isKept) continue;
    const seen = [...failedGets, ...failedPosts].slice(0, 5).join('; ');
    broken.push(
      `${one.name}: ${gets} GETs and ${posts} POSTs failed, ${unsent} of them otherwise than by the end of their instance, ` +
        `slowest ${slowestSentMs.toFixed(0)} ms; ${seen}`,
    );
  }
  console.log(formatTable([HEADS, ...rows]));
  const bounds = `0 GETs fail, POSTs only that were sent, none with graceful apps, none takes ${MAX_MS} ms`;
  verdict.check(
    broken.length === 0,
    `${version}: ${plan.requestsPerSecond} requests/s, a tenth POST: ${bounds}`,
    broken.length === 0 ? `in each of ${rows.length} ways` : broken.join('\n          '),
  );
}

interface Measured {
  readonly report: TrafficReport;
  /** Errors of the node that are not the end of an instance that had the request. */
  readonly unsent: number;
}

async function measureWay(
  context: Ending,
  { engine, node }: BesideEngine,
  { env, exitsMs, flags, end, back }: Way,
  { requestsPerSecond, times }: DeployPlan,
): Promise<Measured> {
  const run = (index: number) => {
    const labels = { 'autoproxy.app': APP };
    const settings = { APP, EXIT_AFTER_MS: exitsMs[index] ?? 0, ...env };
    return engine.startApp(`${APP}-${index}`, { labels, env: settings, flags });
  };
  const indexes = Array.from({ length: REPLICAS }, (_, index) => index);
  for (const index of indexes) await run(index);
  await untilUp(node, APP, REPLICAS);
  const before = await unsentOf(node);
  const plan = { host: node.host, port: node.slot, rate: requestsPerSecond, app: APP };
  const traffic = await PacedTraffic.start(context, engine.namespace, plan);
  await traffic.more(requestsPerSecond);
  for (let time = 0; time < times; time += 1) {
    for (const index of indexes) {
      const container = `${APP}-${index}`;
      await end(engine, container);
      if (back === again) await run(index);
      else await back?.(engine, container);
      await untilUp(node, APP, REPLICAS);
      await traffic.more(requestsPerSecond / 4);
    }
  }
  const report = await traffic.stop();
  const unsent = (await unsentOf(node)) - before;
  for (const index of indexes) await engine.docker('rm', '--force', `${APP}-${index}`);
  await untilUp(node, APP, 0);
  return { report, unsent };
}

/** Errors since the node started that are not the end of an instance that had the request. */
async function unsentOf(node: RunningNode): Promise<number> {
  const { apps } = await node.state();
  const errors = Object.entries(apps.find(({ name }) => name === APP)?.errors ?? {});
  return errors.reduce((sum, [code, count]) => (code === SENT ? sum : sum + count), 0);
}

/** The engine is not asked, so its first word is the end. */
async function crash(engine: TestEngine, container: string): Promise<void> {
  const pid = await engine.docker('inspect', '--format', '{{.State.Pid}}', container);
  await engine.machine.run('sh', '-c', `kill -KILL ${pid}`);
}

async function takeAllMemory(engine: TestEngine, container: string): Promise<void> {
  const url = `http://${await engine.addressOf(container)}:8080/hog`;
  await engine.machine.run('curl', '-s', '--max-time', '10', url).catch(() => '');
}

async function unpauseLater(engine: TestEngine, container: string): Promise<void> {
  await delay(PAUSE_MS);
  await engine.docker('unpause', container);
}
