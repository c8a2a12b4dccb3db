/**
 * What it costs to start the program: CPU time of commands, of a primary and of a worker, beside an empty Node in the same
 * run, and how many modules each loads.
 *
 *   npm run bench:start -- [--rounds 9] [--runs 5]
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { readLoaded, recordingIn } from '../test/support/node/loaded-modules.js';
import { CLI_ENTRY } from '../test/support/node/run-cli.js';
import { spreadOf } from './figures.js';
import { createDirectory, removeDirectory } from './leftovers.js';
import { busyLine, isBusy, machineLine, OthersUse } from './machine.js';
import { NodeUnderTest } from './node-under-test.js';
import { cpuSeconds, endedChildrenCpuSeconds } from './process-usage.js';
import { formatSpread, formatTable, Verdict } from './report.js';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, runs: { type: 'string', default: '5' } },
});
const ROUNDS = Number(values.rounds);
/** Of one command in a round: the kernel counts in hundredths of a second. */
const RUNS = Number(values.runs);

/** The node that the commands ask, and one that is started anew each round. */
const ASKED_HOST = '127.0.0.48';
const STARTED_HOST = '127.0.0.49';
const ADMIN_PORT = 1_936;
const SLOT = 22_900;
const ASK = ['--admin', `${ASKED_HOST}:${ADMIN_PORT}`];

/**
 * Of each command the most CPU time that it may take, in that of an empty Node; null: nothing is promised. The bounds are
 * those of Node 26, which takes half as long to do nothing as Node 20.
 */
const COMMANDS: readonly (readonly [words: readonly string[], most: number | null])[] = [
  [['--version'], 3],
  [['healthcheck', ...ASK], 3.5],
  [['ps', ...ASK], 4],
  [['status', ...ASK], 4],
  [['why', 'shop', ...ASK], 4],
  [['completion', 'bash'], 3.5],
  [['doctor', ...ASK], null],
];
const MOST_OF_WORKER = 5.5;
const MOST_OF_PRIMARY = 11;

interface Starts {
  readonly name: string;
  readonly most: number | null;
  /** CPU milliseconds of one start, a figure each round. */
  readonly costs: number[];
  readonly modules: number;
}

const verdict = new Verdict();
const others = new OthersUse();
console.log(machineLine());
const asked = createNode(ASKED_HOST);
try {
  await asked.start();
  const empty: Starts = { name: 'node -e 0', most: null, costs: [], modules: 0 };
  const commands = COMMANDS.map(([words, most]) => {
    const name = words.filter((word) => !ASK.includes(word)).join(' ');
    const starts: Starts = { name, most, costs: [], modules: modulesOf(words) };
    return { words, starts };
  });
  const { primary, worker } = await nodeStarts();
  // One after the other in each round: what the machine does beside them meets all alike.
  for (let round = 0; round < ROUNDS; round += 1) {
    empty.costs.push(costOf(['-e', '0']));
    for (const { words, starts } of commands) starts.costs.push(costOf([CLI_ENTRY, ...words]));
    await measureNode(primary, worker);
  }
  report(empty, [...commands.map(({ starts }) => starts), primary, worker]);
} finally {
  await asked.stop();
  asked.removeDirectory();
}
const othersCores = others.cores();
if (isBusy(othersCores)) console.log(busyLine(othersCores));
process.exitCode = verdict.exitCode;

/** @param folder where it writes down what it loads; null: nowhere */
function createNode(host: string, folder: string | null = null): NodeUnderTest {
  const environment = folder === null ? {} : recordingIn(folder);
  const node = new NodeUnderTest({ host, adminPort: ADMIN_PORT, environment });
  node.writeApp('shop', { slot: SLOT, instances: [`${host}:9`] });
  return node;
}

/** @returns CPU milliseconds of one start. */
function costOf(words: readonly string[]): number {
  const before = endedChildrenCpuSeconds();
  for (let run = 0; run < RUNS; run += 1) runNode(words);
  return ((endedChildrenCpuSeconds() - before) * 1_000) / RUNS;
}

function runNode(words: readonly string[], env: NodeJS.ProcessEnv = {}): void {
  const { stderr, error } = spawnSync(process.execPath, words, { encoding: 'utf8', env: { ...process.env, ...env } });
  if (error !== undefined || stderr !== '') throw new Error(`${words.join(' ')}: ${error?.message ?? stderr}`);
}

function modulesOf(words: readonly string[]): number {
  const folder = createDirectory('start');
  runNode([CLI_ENTRY, ...words], recordingIn(folder));
  const [loaded] = readLoaded(folder);
  removeDirectory(folder);
  return loaded?.count ?? 0;
}

/** Nothing of them is measured yet but what they load. */
async function nodeStarts(): Promise<{ readonly primary: Starts; readonly worker: Starts }> {
  const folder = createDirectory('start');
  const node = createNode(STARTED_HOST, folder);
  await node.start();
  await node.stop();
  node.removeDirectory();
  const processes = readLoaded(folder);
  removeDirectory(folder);
  const countOf = (file: string): number => processes.find(({ files }) => files.includes(file))?.count ?? 0;
  return {
    primary: { name: 'node: the primary', most: MOST_OF_PRIMARY, costs: [], modules: countOf('src/primary.js') },
    worker: { name: 'node: a worker', most: MOST_OF_WORKER, costs: [], modules: countOf('src/worker.js') },
  };
}

/** Until it is ready. */
async function measureNode(primary: Starts, worker: Starts): Promise<void> {
  const node = createNode(STARTED_HOST);
  await node.start();
  const [workerPid = 0] = await node.workerPids();
  primary.costs.push(cpuSeconds(node.pid) * 1_000);
  worker.costs.push(cpuSeconds(workerPid) * 1_000);
  await node.stop();
  node.removeDirectory();
}

function report(empty: Starts, starts: readonly Starts[]): void {
  const ratiosOf = ({ costs }: Starts) =>
    spreadOf(costs.map((cost, round) => cost / (empty.costs[round] ?? Number.NaN)));
  const rows = [empty, ...starts].map((each) => [
    each.name,
    String(each.modules),
    formatSpread(spreadOf(each.costs), 0),
    formatSpread(ratiosOf(each), 2),
  ]);
  console.log(formatTable([['', 'modules', 'CPU ms', `× ${empty.name}`], ...rows]));
  for (const each of starts) {
    const { median } = ratiosOf(each);
    const promise = `${each.name}: at most ${each.most} × ${empty.name}`;
    if (each.most !== null) verdict.check(median <= each.most, promise, `${median.toFixed(2)} ×`);
  }
}
