/** Clients at the private balancer of a lab while something happens to its Swarm: what they lost, and how long one took. */
import { eventually } from '../../test/support/eventually.js';
import type { SwarmLab } from '../../test/support/swarm/swarm-lab.js';
import type { TrafficReport } from '../../test/support/traffic/paced-traffic.js';
import { formatTable, type Verdict } from '../report.js';

const WARM_S = 5;
const BEFORE_S = 8;
/** What has ended has met traffic when so much more has ended. */
const AFTER_S = 2;
const MAX_P99_RATIO = 3;

export interface Happening {
  readonly name: string;
  /** What may be lost beside nothing; a node without power takes along what it was sent. */
  readonly mayLose?: 'sent POSTs';
  /** Over so soon that the p99 is that of ten requests: it is printed, and not judged. */
  readonly isShort?: true;
  happen(lab: SwarmLab): Promise<void>;
  /** Puts right for the next one what the measurement leaves out. */
  after?(lab: SwarmLab): Promise<void>;
}

const HEADS = ['', 'requests', 'failed GET', 'failed POST', 'bled', 's', 'p50 ms', 'p99 ms before', 'p99 ms', 'max ms'];

/** Of one lab; clients pause between two of them. */
export async function measureHappenings(
  lab: SwarmLab,
  requestsPerSecond: number,
  happenings: readonly Happening[],
  verdict: Verdict,
): Promise<void> {
  const rows: string[][] = [];
  // Programs that have just started are slow.
  const warm = await lab.traffic(requestsPerSecond);
  await warm.more(WARM_S * requestsPerSecond);
  await warm.stop();
  for (const happening of happenings) {
    const before = await lab.traffic(requestsPerSecond);
    await before.more(BEFORE_S * requestsPerSecond);
    const quiet = await before.stop();
    const bledBefore = await bledOf(lab);
    const startedAt = performance.now();
    const traffic = await lab.traffic(requestsPerSecond);
    await happening.happen(lab);
    const seconds = (performance.now() - startedAt) / 1_000;
    await traffic.more(AFTER_S * requestsPerSecond);
    const report = await traffic.stop();
    const bled = growth(bledBefore, await bledOf(lab));
    rows.push(rowOf(happening.name, quiet, report, bled, seconds));
    console.log(`        ${rows.at(-1)?.join(' | ')}`);
    judge(happening, quiet, report, verdict);
    await happening.after?.(lab);
  }
  console.log(formatTable([HEADS, ...rows]));
}

function rowOf(name: string, quiet: TrafficReport, report: TrafficReport, bled: number, seconds: number): string[] {
  const { served, failedGets, failedPosts, p50Ms, p99Ms, slowestMs } = report;
  const [gets, posts] = [failedGets.length, failedPosts.length];
  const counts = [served + gets + posts, gets, posts, bled].map(String);
  const times = [p50Ms, quiet.p99Ms, p99Ms].map((ms) => ms.toFixed(1));
  return [name, ...counts, seconds.toFixed(0), ...times, slowestMs.toFixed(0)];
}

function judge(
  { name, mayLose, isShort }: Happening,
  quiet: TrafficReport,
  report: TrafficReport,
  verdict: Verdict,
): void {
  const { failedGets, failedPosts, wrongApp, p99Ms } = report;
  const lost = [...failedGets, ...(mayLose === undefined ? failedPosts : [])];
  const isLossless = lost.length === 0 && wrongApp === 0;
  const figure = isLossless ? `${failedPosts.length}` : `${lost.length}: ${lost.slice(0, 5).join('; ')}`;
  const promise = mayLose === undefined ? '0 failed' : '0 GETs failed; POSTs that the lost node had';
  verdict.check(isLossless, `${name}: ${promise}`, figure);
  if (mayLose !== undefined || isShort) return;
  const ratio = p99Ms / quiet.p99Ms;
  verdict.check(ratio <= MAX_P99_RATIO, `${name}: p99 at most ${MAX_P99_RATIO} × before`, `${ratio.toFixed(2)} ×`);
}

/** Requests that each node gave to neighbors since it started. A node that does not answer is left out. */
async function bledOf(lab: SwarmLab): Promise<ReadonlyMap<string, number>> {
  const bled = new Map<string, number>();
  for (const { name, node } of lab.nodes) {
    const state = await node.state().catch(() => null);
    if (state !== null)
      bled.set(
        name,
        state.apps.reduce((sum, app) => sum + app.bled, 0),
      );
  }
  return bled;
}

function growth(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): number {
  return [...after].reduce((sum, [name, count]) => sum + count - (before.get(name) ?? 0), 0);
}

/** `autoproxy WORDS` that is to end so. @throws Error with what it said */
export async function ordered(lab: SwarmLab, words: readonly string[], wanted = 0): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.run(...words);
  if (exitCode !== wanted) throw new Error(`autoproxy ${words.join(' ')} ended with ${exitCode}:\n${stdout}${stderr}`);
  return stdout + stderr;
}

/** Resolves when so many tasks of the service run, none of them on the node. @param nodeId empty: on any */
export async function untilElsewhere(lab: SwarmLab, service: string, count: number, nodeId: string): Promise<void> {
  await eventually(
    `${count} tasks of ${service} run elsewhere`,
    async () => {
      const tasks = await lab.runningTasks(service);
      return tasks.length === count && tasks.every((task) => task.nodeId !== nodeId);
    },
    120_000,
  );
}
