/**
 * What the access log costs of a request's CPU time, by its format and by where it goes, beside a node without one.
 *
 *   npm run bench:log -- [--rounds 5] [--seconds 4] [--rate 2500]
 */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { atEnd, temporaryFolder } from '../test/support/at-end.js';
import { prepareComponents } from '../test/support/machine/components.js';
import { receiveDatagrams } from '../test/support/machine/datagram-receiver.js';
import { childrenOf } from '../test/support/machine/processes.js';
import { withEnd } from './ends.js';
import { medianOf } from './figures.js';
import { constantRate } from './generators/constant-rate.js';
import { busyLine, isBusy, machineLine, OthersUse } from './machine.js';
import { NginxOrigin } from './nginx-origin.js';
import { NodeUnderTest } from './node-under-test.js';
import { cpuSeconds } from './process-usage.js';
import { Verdict } from './report.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    rate: { type: 'string', default: '2500' },
  },
});
const ROUNDS = Number(values.rounds);
const SECONDS = Number(values.seconds);
const PER_SECOND = Number(values.rate);

const SLOT = 21_346;
const ORIGIN_PORT = 19_421;
const RECEIVER = { host: '127.0.0.47', port: 19_514 };
/** Nobody listens there. */
const DEAD_PORT = 19_515;
const CONNECTIONS = 32;
const WARM_ROUNDS = 2;
/** CPU time of a request with the log, in that of one without. */
const MOST_SHARE = 1.2;
/** No disk is measured. */
const FILE = '/dev/null';

/** Of each node: what it is called here, where its access log goes, and its format. */
const logsWith = (socket: string) =>
  [
    ['off', 'none', 'haproxy'],
    ['haproxy', FILE, 'haproxy'],
    ['clf', FILE, 'clf'],
    ['json', FILE, 'json'],
    ['a format string', FILE, '%ci [%trl] %{+Q}r %ST %B %{+Q}[req.fhdr(user-agent)]'],
    ['syslog over UDP', `syslog:udp:${RECEIVER.host}:${RECEIVER.port}`, 'haproxy'],
    ['syslog over UDP without a receiver', `syslog:udp:${RECEIVER.host}:${DEAD_PORT}`, 'haproxy'],
    ['syslog through a socket', `syslog:unix:${socket}`, 'haproxy'],
  ] as const;

interface Contender {
  readonly name: string;
  readonly node: NodeUnderTest;
  readonly worker: number;
  /** Of each round, in microseconds a request. */
  readonly costs: number[];
  /** The same of `logger`, a process beside the worker. */
  readonly loggerCosts: number[];
}

await prepareComponents();
const verdict = new Verdict();
const others = new OthersUse();
console.log(machineLine());
await withEnd(async (context) => {
  const receiver = createSocket('udp4').bind(RECEIVER.port, RECEIVER.host);
  receiver.on('message', () => {});
  await once(receiver, 'listening');
  atEnd(context, () => void receiver.close());
  const origin = new NginxOrigin({ ports: [ORIGIN_PORT] });
  atEnd(context, () => origin.stop());
  await origin.start();
  const contenders: Contender[] = [];
  const socket = path.join(temporaryFolder(context, 'bench-log'), 'log');
  await receiveDatagrams(context, socket, () => {});
  for (const [name, target, format] of logsWith(socket)) {
    const flags = { '--access-log': target, '--access-log-format': format };
    const node = new NodeUnderTest({ host: `127.0.0.${60 + contenders.length}`, adminPort: 1_936, flags });
    atEnd(context, async () => {
      await node.stop();
      node.removeDirectory();
    });
    node.writeApp('bench', { slot: SLOT, instances: [`127.0.0.1:${ORIGIN_PORT}`] });
    await node.start();
    const [worker = 0] = await node.workerPids();
    contenders.push({ name, node, worker, costs: [], loggerCosts: [] });
  }
  // Until the compiler has seen what a request does.
  for (let round = 0; round < WARM_ROUNDS; round += 1) for (const contender of contenders) await measure(contender);
  for (const { costs, loggerCosts } of contenders) for (const list of [costs, loggerCosts]) list.length = 0;
  // One after the other in each round: what the machine does beside them meets all alike.
  for (let round = 0; round < ROUNDS; round += 1) for (const contender of contenders) await measure(contender);
  judge(contenders);
});
const othersCores = others.cores();
if (isBusy(othersCores)) console.log(busyLine(othersCores));
process.exitCode = verdict.exitCode;

async function measure({ node, worker, costs, loggerCosts }: Contender): Promise<void> {
  const [logger] = childrenOf(worker);
  const before = cpuSeconds(worker);
  const loggerBefore = logger === undefined ? 0 : cpuSeconds(logger);
  const { requests, errors } = await constantRate({
    ...{ host: node.host, ports: [SLOT], path: '/', perSecond: PER_SECOND, seconds: SECONDS },
    ...{ connections: CONNECTIONS, closesEach: false, bodyBytes: 0, prefix: [] },
  });
  if (errors > 0) throw new Error(`${errors} of ${requests} requests failed`);
  costs.push(((cpuSeconds(worker) - before) * 1_000_000) / requests);
  if (logger !== undefined) loggerCosts.push(((cpuSeconds(logger) - loggerBefore) * 1_000_000) / requests);
}

function judge(contenders: readonly Contender[]): void {
  const without = medianOf(contenders[0]?.costs ?? []);
  for (const { name, costs, loggerCosts } of contenders) {
    const cost = medianOf(costs);
    const figure = `${cost.toFixed(1)} µs a request, in rounds ${costs.map((one) => one.toFixed(1)).join(' ')}`;
    const ratio = cost / without;
    if (name === 'off') console.log(`        no access log: ${figure}`);
    else
      verdict.check(
        ratio <= MOST_SHARE,
        `access log, ${name}: at most ${MOST_SHARE}`,
        `${ratio.toFixed(2)}, ${figure}${loggerCosts.length === 0 ? '' : `; logger beside it ${medianOf(loggerCosts).toFixed(1)} µs`}`,
      );
  }
}
