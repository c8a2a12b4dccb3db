/**
 * Proxies beside each other in the same run: proxy on one core, load and origin on the other, rounds interleaved, so that
 * a machine that slows down slows all of them. The ratio holds on a noisy machine; requests per second do not.
 */
import type { Contender, ContenderOptions, Setup } from './contenders/contender.js';
import { MissingProgram } from './contenders/missing-program.js';
import { type Comparison, type ContenderFigures, spreadOf, today } from './figures.js';
import { eachPort } from './generators/each-port.js';
import type { Generator } from './generators/load.js';
import { websocket } from './generators/websocket.js';
import { OthersUse } from './machine.js';
import { assertFree } from './nginx-origin.js';
import { ECHO_PORT, ORIGIN_PORT } from './origins.js';
import { pin } from './pinning.js';
import { cpuSeconds } from './process-usage.js';
import { verifyContender } from './verify.js';
import type { Workload } from './workloads/requests.js';

const WARM_UP_SECONDS = 2;
const FIRST_PORT = 10_002;

const OWN = 'autoproxy';
const MOST_FAILED_OF_OTHERS = 1e-4;

/** A generator of its own for each; more would be as many programs. */
const MOST_PORTS = 8;

export type Create = (options: ContenderOptions) => Contender;

/** What one round says of one contender. */
export interface Sample {
  readonly value: number;
  readonly others: Readonly<Record<string, number>>;
}

export interface Measurement {
  readonly workload: string;
  readonly title: string;
  readonly unit: string;
  readonly setup: Setup;
  readonly rounds: number;
  /** Once for each contender, before the first round. */
  readonly prepare: (contender: Contender) => Promise<void>;
  readonly sample: (contender: Contender) => Promise<Sample>;
}

export interface ComparisonOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly generator: Generator;
}

/** Starts, verifies, prepares and measures; the first of `creators` is what the others are compared with. Stops them all. */
export async function measureRounds(measurement: Measurement, creators: readonly Create[]): Promise<Comparison> {
  const { workload, title, unit, setup, rounds } = measurement;
  const { contenders, missing } = createContenders(creators, setup);
  const samples = new Map<Contender, Sample[]>(contenders.map((contender) => [contender, []]));
  const others = new OthersUse();
  try {
    for (const contender of contenders) {
      await assertFree(contender.host, contender.ports[0] ?? 0);
      await contender.start();
      // A relay of bytes says nothing of HTTP; echoes are compared one by one by the generator.
      if (setup.protocol === 'http' && setup.origin === 'nginx' && contender.knowsHttp !== false)
        await verifyContender(contender, setup.instances);
    }
    for (const contender of contenders) await measurement.prepare(contender);
    for (let round = 0; round < rounds; round += 1) {
      for (const contender of contenders) samples.get(contender)?.push(await measurement.sample(contender));
    }
    const figures = contenders.map((contender) => figuresFrom(contender, samples, contenders[0]));
    return { workload, title, unit, rounds, contenders: figures, missing, othersCores: others.cores(), day: today() };
  } finally {
    for (const contender of contenders) await contender.stop();
  }
}

/** CPU time of the proxy's processes per request, or per message. */
export function compare(
  name: string,
  load: Workload,
  creators: readonly Create[],
  { rounds, seconds, generator }: ComparisonOptions,
): Promise<Comparison> {
  const isEcho = load.setup.origin === 'echo';
  const used = isEcho ? websocket : load.askedSlots > MOST_PORTS ? eachPort : generator;
  return measureRounds(
    {
      workload: name,
      title: load.title,
      unit: `CPU µs/${isEcho ? 'message' : 'request'}`,
      setup: load.setup,
      rounds,
      prepare: async (contender) => {
        await loadOnce(contender, load, used, WARM_UP_SECONDS);
      },
      sample: (contender) => loadOnce(contender, load, used, seconds),
    },
    creators,
  );
}

async function loadOnce(
  contender: Contender,
  { path, connections, closesEach, bodyBytes, askedSlots, title, setup }: Workload,
  generator: Generator,
  seconds: number,
): Promise<Sample> {
  const [pids, sidePids] = [await contender.pids(), await contender.sidePids()];
  const [before, sideBefore, startedAt] = [sumCpu(pids), sumCpu(sidePids), performance.now()];
  const figures = await generator({
    host: contender.host,
    // The last ones: whatever looks slots up one after another shows it.
    ports: contender.ports.slice(-askedSlots),
    path,
    connections,
    seconds,
    closesEach,
    bodyBytes,
    perSecond: null,
    prefix: pin(1),
  });
  const { errors, requests } = figures;
  if (errors > 0) {
    const said = `${contender.name} failed ${errors} of ${requests} requests of "${title}"`;
    // Of the others a few are told and change no figure.
    if (contender.name.startsWith(OWN) || errors > requests * MOST_FAILED_OF_OTHERS) throw new Error(said);
    console.error(said);
  }
  if (figures.requests === 0) throw new Error(`${contender.name} answered nothing of "${title}"`);
  const elapsed = (performance.now() - startedAt) / 1_000;
  const side = ((sumCpu(sidePids) - sideBefore) / elapsed) * 100;
  return {
    value: ((sumCpu(pids) - before) / figures.requests) * 1e6,
    others: {
      [setup.origin === 'echo' ? 'messages/s' : 'requests/s']: figures.requestsPerSecond,
      ...(sidePids.length > 0 && { 'beside it, % of a core': side }),
    },
  };
}

function createContenders(
  creators: readonly Create[],
  setup: Setup,
): { readonly contenders: readonly Contender[]; readonly missing: readonly string[] } {
  const contenders: Contender[] = [];
  const missing: string[] = [];
  for (const [index, create] of creators.entries()) {
    try {
      contenders.push(create(contenderOptions(index, setup)));
    } catch (error) {
      if (!(error instanceof MissingProgram)) throw error;
      missing.push(error.message);
    }
  }
  return { contenders, missing };
}

/** The options of the n-th contender: an address of its own, addresses of the origin as instances. */
function contenderOptions(index: number, setup: Setup): ContenderOptions {
  const port = setup.origin === 'echo' ? ECHO_PORT : ORIGIN_PORT;
  const instances = Array.from({ length: setup.instances }, (_, at) => `127.80.0.${at + 1}:${port}`);
  // Two workers may use both cores, and so may the HAProxy that is compared with them.
  const prefix = setup.workers === 1 ? pin(0) : [];
  return { host: `127.81.0.${index + 1}`, port: FIRST_PORT, instances, setup, prefix };
}

function figuresFrom(
  contender: Contender,
  all: ReadonlyMap<Contender, readonly Sample[]>,
  first: Contender | undefined,
): ContenderFigures {
  const samples = all.get(contender) ?? [];
  const base = (first === undefined ? undefined : all.get(first)) ?? [];
  const titles = [...new Set(samples.flatMap(({ others }) => Object.keys(others)))];
  const others = titles.map((title) => [title, spreadOf(samples.map((sample) => sample.others[title] ?? 0)).median]);
  return {
    name: contender.name,
    version: contender.version,
    value: spreadOf(samples.map(({ value }) => value)),
    values: samples.map(({ value }) => value),
    ratio: spreadOf(samples.map(({ value }, round) => value / (base[round]?.value ?? Number.NaN))),
    others: Object.fromEntries(others),
  };
}

function sumCpu(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
}
