/**
 * What it costs to follow 200 containers whose HEALTHCHECK runs each second. The engine is on a script, since 200 real
 * checks a second need ten cores: it sends what an engine sends, filtered as the node asks for it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Ending } from '../../test/support/at-end.js';
import type { ScriptedContainer } from '../../test/support/docker/scripted-container.js';
import { ScriptedEngine } from '../../test/support/docker/scripted-engine.js';
import { type RunningNode, startNode } from '../../test/support/node/node-process.js';
import { cpuSeconds } from '../process-usage.js';
import type { Verdict } from '../report.js';

const CONTAINERS = 200;
const APPS = 20;
const MAX_KNOWN_MS = 1_000;
const MAX_CPU_PERCENT = 2;

/** @param seconds of each part */
export async function measureFollowing(context: Ending, seconds: number, verdict: Verdict): Promise<void> {
  const engine = await ScriptedEngine.start(context);
  const containers = Array.from({ length: CONTAINERS }, (_, number) =>
    engine.run(`web-${number}`, {
      health: 'healthy',
      labels: { 'autoproxy.app': `app-${number % APPS}` },
      networks: { bridge: `172.17.1.${number}` },
    }),
  );
  engine.pass(3_600_000);
  const idle = await startNode(context, () => ({}));
  const node = await startNode(context, () => ({}), { '--docker': engine.socketPath });
  const line = await node.logged('following the containers of Docker');
  const knownMs = Date.parse(String(line.time)) - (engine.firstAskedAt ?? Number.NaN);
  const cpuMs = (await cpuMsOf(node)) - (await cpuMsOf(idle));
  verdict.check(
    knownMs < MAX_KNOWN_MS,
    `${CONTAINERS} containers known, from the first call on: under ${MAX_KNOWN_MS} ms`,
    `${knownMs} ms, of which the node used ${cpuMs.toFixed(0)} ms of a core`,
  );
  const parts = [
    {
      what: 'each is checked each second: 600 exec_* events a second, which the filter keeps back',
      tell: (one: ScriptedContainer) => engine.check(one),
      isPromised: true,
    },
    // As Podman does; Docker tells it when it changes.
    {
      what: 'the health of each is told each second though it is the same (no promise)',
      tell: (one: ScriptedContainer) => engine.setHealth(one, 'healthy'),
      isPromised: false,
    },
  ];
  for (const { what, tell, isPromised } of parts) {
    const ticks = everySecond(containers, tell);
    const [without, following] = await Promise.all([percentOf(idle, seconds), percentOf(node, seconds)]);
    clearInterval(ticks);
    verdict.check(
      !isPromised || following - without < MAX_CPU_PERCENT,
      `${CONTAINERS} containers followed for ${seconds} s, ${what}${isPromised ? `: under ${MAX_CPU_PERCENT} % of a core` : ''}`,
      `${following.toFixed(2)} %, ${without.toFixed(2)} % of a core without Docker`,
    );
  }
}

/** Each in its turn, evenly over the second. */
function everySecond<Item>(all: readonly Item[], tell: (item: Item) => void): NodeJS.Timeout {
  let next = 0;
  const startedAt = performance.now();
  return setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) * all.length) / 1_000);
    for (; next < due; next += 1) {
      const item = all[next % all.length];
      if (item !== undefined) tell(item);
    }
  }, 5);
}

/** Of all its processes. */
async function percentOf(node: RunningNode, seconds: number): Promise<number> {
  const beforeMs = await cpuMsOf(node);
  await delay(seconds * 1_000);
  return ((await cpuMsOf(node)) - beforeMs) / (10 * seconds);
}

async function cpuMsOf(node: RunningNode): Promise<number> {
  const pids = [node.pid, ...(await node.workerPids())];
  return pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0) * 1_000;
}
