/**
 * What a scrape of /metrics costs a large node, in each format, at rest and while all its apps count, and whether its traffic
 * notices scrapes.
 *
 *   npm run bench:scrape -- [--apps 200] [--instances 4] [--workers 4] [--scrapes 40] [--rounds 8] [--seconds 8]
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { prepareComponents } from '../test/support/machine/components.js';
import { medianOf } from './figures.js';
import { constantRate } from './generators/constant-rate.js';
import { scrapeEachSecond } from './generators/scraper.js';
import { busyLine, isBusy, machineLine, OthersUse } from './machine.js';
import { NginxOrigin } from './nginx-origin.js';
import { NodeUnderTest } from './node-under-test.js';
import { cpuSeconds } from './process-usage.js';
import { Verdict } from './report.js';

const { values } = parseArgs({
  options: {
    apps: { type: 'string', default: '200' },
    instances: { type: 'string', default: '4' },
    workers: { type: 'string', default: '4' },
    scrapes: { type: 'string', default: '40' },
    rounds: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '8' },
  },
});
const APPS = Number(values.apps);
const INSTANCES = Number(values.instances);
const WORKERS = Number(values.workers);
const SCRAPES = Number(values.scrapes);
const ROUNDS = Number(values.rounds);
const SECONDS = Number(values.seconds);

const HOST = '127.0.0.46';
const ADMIN_PORT = 1_936;
const FIRST_SLOT = 22_000;
const FIRST_ORIGIN = 19_411;
const ORIGIN_PORTS = Array.from({ length: INSTANCES }, (_, index) => FIRST_ORIGIN + index);
const PER_SECOND = 1_000;
const CONNECTIONS = 32;
const SETTLE_MS = 3_000;
/** Of one scrape: the CPU time of the primary, and until its last byte is here. */
const MOST_MS = 50;
/** Where the machine is busy the generator asks the last few too late, and counts them as failed. */
const MOST_UNASKED = 0.002;
/** Rounds without scrapes differ as much among themselves. */
const MOST_P99_SHARE = 1.25;
const FORMATS = {
  text: 'text/plain',
  OpenMetrics: 'application/openmetrics-text;version=1.0.0',
} as const;

await prepareComponents();
const verdict = new Verdict();
const origin = new NginxOrigin({ ports: ORIGIN_PORTS });
const node = new NodeUnderTest({ host: HOST, adminPort: ADMIN_PORT, workers: WORKERS });
const others = new OthersUse();

console.log(machineLine());
await origin.start();
try {
  for (let app = 0; app < APPS; app += 1) {
    node.writeApp(`app-${app}`, {
      slot: FIRST_SLOT + 2 * app,
      instances: ORIGIN_PORTS.map((port) => `127.0.0.1:${port}`),
    });
  }
  await node.start();
  await node.untilState(
    ({ apps, workers }) =>
      apps.length === APPS &&
      apps.every(({ instances }) => instances.every(({ health }) => health === 'up')) &&
      workers.every(({ state }) => state === 'serving'),
    60_000,
  );
  for (let app = 0; app < APPS; app += 1) await ask(app, 2 * INSTANCES);
  for (const [name, accept] of Object.entries(FORMATS)) {
    await measureScrapes(`${name}, at rest`, accept);
    await whileAllCount(() => measureScrapes(`${name}, all apps asked each second`, accept));
  }
  await compareTraffic();
} finally {
  await node.stop();
  await origin.stop();
  node.removeDirectory();
}
const othersCores = others.cores();
if (isBusy(othersCores)) console.log(busyLine(othersCores));
process.exitCode = verdict.exitCode;

/** At once, so that the workers and the instances share them. */
async function ask(app: number, times: number): Promise<void> {
  const asked = Array.from({ length: times }, () => fetch(`http://${HOST}:${FIRST_SLOT + 2 * app}/`));
  for (const response of await Promise.all(asked)) await response.arrayBuffer();
}

async function whileAllCount(work: () => Promise<void>): Promise<void> {
  let app = 0;
  const asked: Promise<void>[] = [];
  const timer = setInterval(() => {
    asked.push(ask(app, INSTANCES));
    app = (app + 1) % APPS;
  }, 1_000 / APPS);
  await work();
  clearInterval(timer);
  await Promise.all(asked);
}

/** @returns its bytes */
async function scrape(accept: string): Promise<number> {
  const response = await fetch(`http://${HOST}:${ADMIN_PORT}/metrics`, { headers: { accept } });
  return (await response.arrayBuffer()).byteLength;
}

async function measureScrapes(name: string, accept: string): Promise<void> {
  for (let warm = 0; warm < 10; warm += 1) await scrape(accept);
  const idle = await primaryMsPerMs(() => delay(SETTLE_MS));
  const took: number[] = [];
  let bytes = 0;
  const beganAt = performance.now();
  const scraping = await primaryMsPerMs(async () => {
    for (let count = 0; count < SCRAPES; count += 1) {
      const askedAt = performance.now();
      bytes = await scrape(accept);
      took.push(performance.now() - askedAt);
    }
  });
  const wholeMs = performance.now() - beganAt;
  // Without the checks of instances and the polls of workers, which go on as before.
  const cpuMs = ((scraping - idle) * wholeMs) / SCRAPES;
  const medianMs = medianOf(took);
  const of = `${APPS} slots × ${INSTANCES} instances × ${WORKERS} workers, ${name}`;
  console.log(
    `${name}: ${Math.round(bytes / 1_024)} KB, ${medianMs.toFixed(1)} ms, CPU of the primary ${cpuMs.toFixed(1)} ms; without scrapes ${(1_000 * idle).toFixed(0)} ms a second`,
  );
  verdict.check(
    medianMs <= MOST_MS,
    `${of}: a scrape is there within ${MOST_MS} ms`,
    `median ${medianMs.toFixed(1)} ms`,
  );
  verdict.check(cpuMs <= MOST_MS, `${of}: it takes at most ${MOST_MS} ms of the primary`, `${cpuMs.toFixed(1)} ms`);
}

async function primaryMsPerMs(work: () => Promise<void>): Promise<number> {
  const [cpuBefore, beganAt] = [cpuSeconds(node.pid), performance.now()];
  await work();
  return ((cpuSeconds(node.pid) - cpuBefore) * 1_000) / (performance.now() - beganAt);
}

async function compareTraffic(): Promise<void> {
  const p99: Record<'without' | 'with', number[]> = { without: [], with: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    p99.without.push(await p99OfTraffic());
    const [latency, whole] = await Promise.all([
      p99OfTraffic(),
      scrapeEachSecond({ host: HOST, port: ADMIN_PORT, accept: FORMATS.OpenMetrics, seconds: SECONDS }),
    ]);
    p99.with.push(latency);
    if (whole < SECONDS) throw new Error(`${SECONDS - whole} of ${SECONDS} scrapes failed`);
  }
  const [alone, scraped] = [medianOf(p99.without), medianOf(p99.with)];
  const found = `${scraped.toFixed(2)} ms beside ${alone.toFixed(2)} ms; rounds ${p99.with.map(shown)} beside ${p99.without.map(shown)}`;
  verdict.check(
    scraped <= alone * MOST_P99_SHARE,
    'a scrape each second raises the p99 of the traffic by less than rounds differ, a quarter',
    found,
  );
}

async function p99OfTraffic(): Promise<number> {
  const load = { host: HOST, ports: [FIRST_SLOT], path: '/', perSecond: PER_SECOND, seconds: SECONDS };
  const shape = { connections: CONNECTIONS, closesEach: false, bodyBytes: 0, prefix: [] };
  const { latency, errors, requests, failures } = await constantRate({ ...load, ...shape });
  if (latency === null || errors > requests * MOST_UNASKED)
    throw new Error(`${errors} requests of the traffic failed: ${JSON.stringify(failures)}`);
  return latency.p99;
}

function shown(ms: number): string {
  return ms.toFixed(2);
}
