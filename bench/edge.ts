/**
 * The front door with real HAProxy: how long 500 apps take, what a lookup costs among many hosts, how soon a change is
 * served, and what a hundred applies cost the clients.
 *
 *   npm run bench:edge -- [--version 2.6|3.0|3.2] [--applies 100] [--seconds 3] [--rounds 5]
 */

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { checkConfiguration } from '../edge/haproxy/program.js';
import { EdgeDeployment } from '../test/support/edge/edge-deployment.js';
import { HAPROXY_VERSIONS, haproxyOfVersion, prepareHaproxys } from '../test/support/edge/haproxy-versions.js';
import { eventually } from '../test/support/eventually.js';
import { prepareComponents } from '../test/support/machine/components.js';
import { descendantsOf } from '../test/support/machine/processes.js';
import { medianOf } from './figures.js';
import { busyLine, isBusy, lookAtOthers, machineLine } from './machine.js';
import { cpuSeconds } from './process-usage.js';
import { Verdict } from './report.js';

const { values } = parseArgs({
  options: {
    version: { type: 'string', default: '2.6' },
    applies: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
  },
});
const version = HAPROXY_VERSIONS.find((known) => known === values.version);
if (version === undefined) throw new Error(`--version is one of ${HAPROXY_VERSIONS.join(', ')}`);

const MAX_RENDER_MS = 1_000;
const MAX_CHECK_MS = 5_000;
const MAX_HOT_MS = 1_000;
const MAX_APP_MS = 2_000;
/** Of the CPU time per request with 5 000 hosts beside that with 10: what one run tells from the next. */
const MAX_LOOKUP_RATIO = 1.1;
const CLIENT = '127.0.0.9';

const verdict = new Verdict();
const cleanups: (() => void | Promise<void>)[] = [];
const context = { after: (clean: () => void | Promise<void>) => void cleanups.push(clean) };

console.log(machineLine());
const othersCores = await lookAtOthers();
if (isBusy(othersCores)) console.log(busyLine(othersCores));
await prepareComponents();
await prepareHaproxys();
try {
  await measureManyApps();
  await measureLookups();
  await measureChanges();
  await measureApplies();
} finally {
  for (const clean of cleanups.reverse()) await clean();
}
process.exitCode = verdict.exitCode;

function appText(name: string, slot: number, hosts: readonly string[]): string {
  const routes = hosts.map((host) => `{host: ${host}}`).join(', ');
  return `name: ${name}\npods: [alpha]\nprotocol: http\nslot: ${slot}\nedge:\n  routes: [${routes}]\n`;
}

async function measureManyApps(): Promise<void> {
  const edge = await EdgeDeployment.create(context, { version: version ?? '2.6' });
  for (let app = 0; app < 500; app += 1)
    edge.writeApp(`app-${app}`, appText(`app-${app}`, 21_000 + 2 * app, [`a${app}.one.example`]));
  const startedAt = performance.now();
  const rendered = await edge.cli('diff', '--json');
  const wholeMs = performance.now() - startedAt;
  const idle = await edge.cli('--help');
  const startMs = idle.exitCode === 0 ? await timeOf(() => edge.cli('--help')) : Number.NaN;
  verdict.check(
    rendered.exitCode === 2 && wholeMs - startMs < MAX_RENDER_MS,
    `500 apps are read and rendered in under ${MAX_RENDER_MS} ms, beside the start of the program`,
    `${(wholeMs - startMs).toFixed(0)} ms, and ${startMs.toFixed(0)} ms to start`,
  );
  await edge.cli('apply');
  const checkMs = await timeOf(() =>
    checkConfiguration(haproxyOfVersion(version ?? '2.6'), edge.directory.currentConfiguration),
  );
  verdict.check(checkMs < MAX_CHECK_MS, `HAProxy checks them in under ${MAX_CHECK_MS} ms`, `${checkMs.toFixed(0)} ms`);
}

/** Plain HTTP, which HAProxy answers with a redirect once it has found the app: routing, and nothing else. */
async function measureLookups(): Promise<void> {
  const sizes = [10, 5_000];
  const edges: { readonly edge: EdgeDeployment; readonly hosts: readonly string[]; readonly microseconds: number[] }[] =
    [];
  for (const size of sizes) {
    const edge = await EdgeDeployment.create(context, { version: version ?? '2.6' });
    const hosts = Array.from({ length: size }, (_, index) => `h${index}.one.example`);
    for (let first = 0, app = 0; first < size; first += 500, app += 1) {
      edge.writeApp(`app-${app}`, appText(`app-${app}`, 22_000 + 2 * app, hosts.slice(first, first + 500)));
    }
    await edge.run();
    await eventually(
      'it is served',
      async () => (await edge.ask({ hosts: [hosts[0] ?? ''], sni: null })).status === 301,
    );
    edges.push({ edge, hosts, microseconds: [] });
  }
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const { edge, hosts, microseconds } of edges) {
      const pid = await edge.workerPid();
      const before = cpuSeconds(pid);
      const requests = await askAll(edge, hosts, Number(values.seconds) * 1_000);
      microseconds.push(((cpuSeconds(pid) - before) * 1e6) / requests);
    }
  }
  const [few = Number.NaN, many = Number.NaN] = edges.map(({ microseconds }) => medianOf(microseconds));
  verdict.check(
    many / few <= MAX_LOOKUP_RATIO,
    `a request among 5 000 hosts costs at most ${MAX_LOOKUP_RATIO} × one among 10`,
    `${(many / few).toFixed(2)} × (${many.toFixed(1)} and ${few.toFixed(1)} CPU µs)`,
  );
  for (const { edge } of edges) await edge.stop();
}

/** Eight connections, each with one request under way, over all hosts in turn. @returns how many were answered */
async function askAll(
  { address, ports }: EdgeDeployment,
  hosts: readonly string[],
  durationMs: number,
): Promise<number> {
  const until = performance.now() + durationMs;
  let answered = 0;
  let next = 0;
  const ask = async (): Promise<void> => {
    const socket = connect({ host: address, port: ports.http, noDelay: true });
    await once(socket, 'connect');
    socket.write(`PROXY TCP4 ${CLIENT} ${CLIENT} 4711 80\r\n`);
    while (performance.now() < until) {
      next += 1;
      socket.write(`GET / HTTP/1.1\r\nHost: ${hosts[next % hosts.length]}\r\n\r\n`);
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      if (!bytes.toString('latin1').startsWith('HTTP/1.1 301')) throw new Error(`answered ${bytes.toString('latin1')}`);
      answered += 1;
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: 8 }, ask));
  return answered;
}

async function measureChanges(): Promise<void> {
  const edge = await EdgeDeployment.create(context, { version: version ?? '2.6' });
  const shop = appText('shop', 21_400, ['shop.one.example']);
  edge.writeApp('shop', shop);
  await edge.startServers(
    context,
    Array.from({ length: 6 }, (_, n) => appText(`side-${n}`, 21_402 + 2 * n, [`s${n}.one.example`])).join('---\n'),
  );
  await edge.startServers(context, shop);
  await edge.run();
  const served = (host: string) => async (): Promise<boolean> => {
    await delay(5);
    return (await edge.ask({ hosts: [host] }).catch(() => null))?.status === 200;
  };
  await eventually('the app is served', served('shop.one.example'));
  const hot: number[] = [];
  const reloads: number[] = [];
  for (let round = 0; round < 6; round += 1) {
    edge.writeApp('shop', appText('shop', 21_400, ['shop.one.example', `r${round}.one.example`]));
    hot.push(await timeOf(() => eventually('the route is served', served(`r${round}.one.example`))));
    edge.writeApp(`side-${round}`, appText(`side-${round}`, 21_402 + 2 * round, [`s${round}.one.example`]));
    reloads.push(await timeOf(() => eventually('the app is served', served(`s${round}.one.example`))));
    await delay(1_200);
  }
  await edge.stop();
  verdict.check(Math.max(...hot) < MAX_HOT_MS, `a route is served in under ${MAX_HOT_MS} ms`, spreadOf(hot));
  verdict.check(Math.max(...reloads) < MAX_APP_MS, `an app is served in under ${MAX_APP_MS} ms`, spreadOf(reloads));
}

async function measureApplies(): Promise<void> {
  const edge = await EdgeDeployment.create(context, { version: version ?? '2.6' });
  const shop = appText('shop', 21_440, ['shop.one.example']);
  const side = appText('side', 21_442, ['side.two.example']);
  edge.writeApp('shop', shop);
  await edge.startServers(context, `${shop}---\n${side}`);
  await edge.run();
  // Applied by hand from here on.
  await edge.stop('SIGKILL');
  let isOver = false;
  let answered = 0;
  const failures: string[] = [];
  const client = async (sni: string | null): Promise<void> => {
    while (!isOver) {
      const status = await edge.ask({ hosts: ['shop.one.example'], ...(sni === null ? { sni } : {}) }).then(
        (response) => response.status,
        (error: Error) => error.message,
      );
      if (status === (sni === null ? 301 : 200)) answered += 1;
      else failures.push(String(status));
      await delay(5);
    }
  };
  const clients = [client(''), client(''), client(''), client(null)];
  const applies = Number(values.applies);
  const wrong: number[] = [];
  for (let apply = 0; apply < applies; apply += 1) {
    if (apply % 4 === 0) edge.writeApp('side', side);
    else if (apply % 4 === 2) edge.removeApp('side');
    else edge.writeApp('shop', appText('shop', 21_440, ['shop.one.example', `h${apply}.one.example`]));
    const { exitCode } = await edge.cli('apply');
    if (exitCode !== 0) wrong.push(apply);
  }
  isOver = true;
  await Promise.all(clients);
  verdict.check(
    failures.length === 0 && wrong.length === 0,
    `${applies} applies, half of them reloads, at load: no request fails`,
    `${failures.length} of ${answered + failures.length} failed, ${wrong.length} applies went wrong${failures.length > 0 ? `: ${failures[0]}` : ''}`,
  );
  // Of the processes themselves: the master of 3.0 goes on listing workers that ended while it began anew.
  const masterPid = (await edge.state())?.masterPid ?? Number.NaN;
  const oldOnes = async (): Promise<number> => {
    const worker = await edge.workerPid();
    return descendantsOf(masterPid).filter((pid) => pid !== worker).length;
  };
  await eventually('old workers are gone', async () => (await oldOnes()) === 0, 30_000).catch(() => {});
  const left = await oldOnes();
  const listed = (await edge.state())?.oldWorkers.length ?? Number.NaN;
  verdict.check(left === 0, 'no old worker is left after its time', `${left} (its master lists ${listed})`);
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function spreadOf(durations: readonly number[]): string {
  return `median ${medianOf(durations).toFixed(0)} ms, at most ${Math.max(...durations).toFixed(0)} ms`;
}
