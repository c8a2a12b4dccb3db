/**
 * What open pages of a large node cost its primary and its workers, at load.
 *
 *   npm run bench:pages -- [--apps 200] [--instances 4] [--busy 10] [--pages 20] [--rounds 5] [--seconds 8]
 */
import { get, type IncomingMessage } from 'node:http';
import { parseArgs } from 'node:util';
import { atEnd } from '../test/support/at-end.js';
import { prepareComponents } from '../test/support/machine/components.js';
import { withEnd } from './ends.js';
import { medianOf, sumOf } from './figures.js';
import { constantRate } from './generators/constant-rate.js';
import { busyLine, isBusy, machineLine, OthersUse } from './machine.js';
import { NginxOrigin } from './nginx-origin.js';
import { NodeUnderTest } from './node-under-test.js';
import { cpuSeconds } from './process-usage.js';
import { Verdict } from './report.js';

const { values } = parseArgs({
  options: {
    apps: { type: 'string', default: '200' },
    instances: { type: 'string', default: '4' },
    busy: { type: 'string', default: '10' },
    pages: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '8' },
  },
});
const APPS = Number(values.apps);
const BUSY = Number(values.busy);
const PAGES = Number(values.pages);
const ROUNDS = Number(values.rounds);
const SECONDS = Number(values.seconds);

const HOST = '127.0.0.48';
const ADMIN_PORT = 1_936;
const FIRST_SLOT = 23_000;
const FIRST_ORIGIN = 19_431;
const ORIGIN_PORTS = Array.from({ length: Number(values.instances) }, (_, index) => FIRST_ORIGIN + index);
/** Of each busy app. */
const PER_SECOND = 100;
const CONNECTIONS = 8;
const START_MS = 60_000;
/** Of one core. */
const MOST_PRIMARY_PERCENT = 5;
/** CPU time of a request at the workers; rounds without pages differ as much among themselves. */
const MOST_WORKERS_SHARE = 1.03;

/** Of one round. */
interface Use {
  readonly primaryPercent: number;
  readonly workersMicrosPerRequest: number;
  /** Of each page. */
  readonly changes: number;
}

await prepareComponents();
const verdict = new Verdict();
const others = new OthersUse();
console.log(machineLine());
await withEnd(async (context) => {
  const origin = new NginxOrigin({ ports: ORIGIN_PORTS });
  atEnd(context, () => origin.stop());
  await origin.start();
  const node = new NodeUnderTest({ host: HOST, adminPort: ADMIN_PORT, workers: 2 });
  atEnd(context, async () => {
    await node.stop();
    node.removeDirectory();
  });
  const instances = ORIGIN_PORTS.map((port) => `127.0.0.1:${port}`);
  for (let app = 0; app < APPS; app += 1) node.writeApp(`app-${app}`, { slot: FIRST_SLOT + 2 * app, instances });
  await node.start();
  const areUp = (apps: readonly { readonly instances: readonly { readonly health: string }[] }[]): boolean =>
    apps.length === APPS && apps.every((app) => app.instances.every(({ health }) => health === 'up'));
  await node.untilState(({ apps }) => areUp(apps), START_MS);
  await judge(node);
});
const othersCores = others.cores();
if (isBusy(othersCores)) console.log(busyLine(othersCores));
process.exitCode = verdict.exitCode;

async function judge(node: NodeUnderTest): Promise<void> {
  const workers = await node.workerPids();
  await measure(node, workers, 0);
  const [closed, open]: [Use[], Use[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    closed.push(await measure(node, workers, 0));
    open.push(await measure(node, workers, PAGES));
  }
  const primary = medianOf(open.map((use, round) => use.primaryPercent - (closed[round]?.primaryPercent ?? 0)));
  const share = medianOf(
    open.map((use, round) => use.workersMicrosPerRequest / (closed[round]?.workersMicrosPerRequest ?? 0)),
  );
  const of = `${PAGES} pages of ${APPS} apps × ${ORIGIN_PORTS.length} instances, ${BUSY} of them busy`;
  console.log(`${medianOf(open.map(({ changes }) => changes))} changes told to each page in ${SECONDS} s`);
  verdict.check(
    primary < MOST_PRIMARY_PERCENT,
    `${of}: the primary takes less than ${MOST_PRIMARY_PERCENT} % of a core for them`,
    `${primary.toFixed(1)} %; ${shown(open)} beside ${shown(closed)} without pages`,
  );
  verdict.check(
    share <= MOST_WORKERS_SHARE,
    `${of}: a request costs the workers as much as without`,
    `${share.toFixed(3)} ×`,
  );
}

async function measure(node: NodeUnderTest, workers: readonly number[], pages: number): Promise<Use> {
  const streams = await Promise.all(Array.from({ length: pages }, () => openPage()));
  const before = { primary: cpuSeconds(node.pid), workers: sumOf(workers.map(cpuSeconds)) };
  const [whole, beganAt] = [streams.map(({ changes }) => changes), performance.now()];
  const asked = Array.from({ length: BUSY }, (_, app) =>
    constantRate({
      ...{ host: HOST, ports: [FIRST_SLOT + 2 * app], path: '/', perSecond: PER_SECOND, seconds: SECONDS },
      ...{ connections: CONNECTIONS, closesEach: false, bodyBytes: 0, prefix: [] },
    }),
  );
  const loads = await Promise.all(asked);
  const seconds = (performance.now() - beganAt) / 1_000;
  const requests = sumOf(loads.map((load) => load.requests));
  const failed = sumOf(loads.map(({ errors }) => errors));
  if (failed > 0) {
    const why = JSON.stringify(loads.map(({ failures }) => failures));
    throw new Error(`${failed} of ${requests + failed} requests of the traffic failed: ${why}`);
  }
  const use = {
    primaryPercent: (100 * (cpuSeconds(node.pid) - before.primary)) / seconds,
    workersMicrosPerRequest: ((sumOf(workers.map(cpuSeconds)) - before.workers) * 1e6) / requests,
    changes: medianOf(streams.map(({ changes }, page) => changes - (whole[page] ?? 0))),
  };
  for (const stream of streams) stream.close();
  return use;
}

interface OpenPage {
  readonly changes: number;
  readonly close: () => void;
}

/** As a browser reads it: all of it, as it comes. Resolves with the first bytes, which are the whole. */
function openPage(): Promise<OpenPage> {
  return new Promise((resolve, reject) => {
    const request = get({ host: HOST, port: ADMIN_PORT, path: '/page/stream' }, (response: IncomingMessage) => {
      let changes = 0;
      const page = {
        get changes() {
          return changes;
        },
        close: () => request.destroy(),
      };
      response.on('data', (bytes: Buffer) => {
        changes += bytes.toString('latin1').split('\n\n').length - 1;
        resolve(page);
      });
      response.on('error', () => {});
    });
    request.on('error', reject);
  });
}

function shown(uses: readonly Use[]): string {
  return uses.map(({ primaryPercent }) => primaryPercent.toFixed(1)).join(' ');
}
