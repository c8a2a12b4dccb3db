/** Real workers, real instances, and snapshots as literals, for the tests of the cluster. */
import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Cluster } from '../../src/cluster/cluster.js';
import type { ClusterOptions } from '../../src/cluster/cluster-options.js';
import type { WorkerObserver } from '../../src/cluster/worker-observer.js';
import { systemClock } from '../../src/core/clock.js';
import { silentLog } from '../../src/core/log.js';
import { APP_DEFAULTS } from '../../src/model/app.js';
import { HEAD_DEFAULTS, type SlotSnapshot, type Snapshot } from '../../src/snapshot/snapshot.js';
import { atEnd } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';

/** For a worker file that does more, or fails at first. */
export const WORKER_FILE = fileURLToPath(new URL('../../src/worker.js', import.meta.url));

/** A cluster that is killed with its test. */
export function startCluster(context: TestContext, options: Partial<ClusterOptions> = {}): Cluster {
  const cluster = new Cluster({
    workers: 1,
    settings: { logLevel: 'silent', accessLog: null },
    clock: systemClock,
    random: Math.random,
    log: silentLog,
    onPassiveFailure: () => {},
    ...options,
  });
  atEnd(context, () => cluster.kill());
  cluster.start();
  return cluster;
}

/** A cluster all of whose workers serve one slot at `port`, with an instance that answers `ok`. */
export async function startServing(
  context: TestContext,
  host: string,
  port: number,
  options: Partial<ClusterOptions> = {},
): Promise<Cluster> {
  const cluster = startCluster(context, options);
  const instancePort = await startInstance(context, host);
  cluster.publish(snapshotOf(host, 1, [slotOf(host, port, { instancePort })]));
  await untilAllServe(cluster);
  return cluster;
}

export function untilAllServe(cluster: Cluster): Promise<void> {
  return eventually('all workers serve', () => cluster.workers().every(({ state }) => state === 'serving'));
}

/** Of a worker that is too busy to answer in time, what it said before counts: so the count comes in the end. */
export function untilCounted(cluster: Cluster, requests: number): Promise<void> {
  return eventually(
    `${requests} requests are counted`,
    async () => (await cluster.counters()).slots.web?.requests === requests,
  );
}

/** Writes down what it is told. */
export function createRecordingObserver(): { readonly observer: WorkerObserver; readonly seen: string[] } {
  const seen: string[] = [];
  const observer: WorkerObserver = {
    onWorkerDied: ({ pid }, { signal, wasHung }) => seen.push(`${pid} died: ${signal}${wasHung ? ', hung' : ''}`),
    onWorkerServes: ({ pid }) => seen.push(`${pid} serves`),
    onDrainCut: ({ pid }, cut) => seen.push(`${pid} cut ${cut}`),
    onRolled: () => seen.push('rolled'),
    onRollFailed: (reason) => seen.push(reason),
  };
  return { observer, seen };
}

/** A tiny HTTP instance on `host`; answers its own name. @returns its port. */
export async function startInstance(context: TestContext, host: string, answer = 'ok'): Promise<number> {
  const server = createServer((_request, response) => response.end(answer));
  server.listen(0, host);
  await once(server, 'listening');
  atEnd(context, () => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export interface SlotOptions {
  readonly instancePort: number;
  readonly app?: string;
  readonly protocol?: 'http' | 'tcp';
}

/** A slot with one instance, which listens on the address that the slot is bound on. */
export function slotOf(
  host: string,
  port: number,
  { instancePort, app = 'web', protocol = 'http' }: SlotOptions,
): SlotSnapshot {
  return {
    app,
    port,
    protocol,
    internal: false,
    accessLog: true,
    logSample: 1,
    trace: false,
    requestIdField: null,
    hostFilter: null,
    acceptProxy: false,
    trustedProxies: [],
    sendProxy: 'none',
    balance: 'roundrobin',
    retries: 3,
    timeouts: { ...APP_DEFAULTS.timeouts, drainMs: 2_000 },
    limits: APP_DEFAULTS.limits,
    maxClients: APP_DEFAULTS.maxClients,
    sticky: null,
    slowStartMs: 0,
    reuse: 'safe',
    instances: [
      { life: null, id: `${host}:${instancePort}`, host, port: instancePort, weight: 100, state: 'ready', up: true },
    ],
    neighbors: [],
  };
}

export function snapshotOf(bind: string, revision: number, slots: readonly SlotSnapshot[]): Snapshot {
  return {
    revision,
    node: 'test',
    nodeId: 'id-of-test',
    bind,
    stopping: false,
    peers: [],
    podKeys: [],
    internalNetworks: [],
    neighborProxy: 'v2',
    via: false,
    head: HEAD_DEFAULTS,
    gone: [],
    slots,
  };
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const REQUEST_TIMEOUT_MS = 20_000;

export const oneConnectionEach = new Agent({ keepAlive: false });

export function request(host: string, port: number, agent: Agent = oneConnectionEach, path = '/'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = get({ host, port, path, agent, timeout: REQUEST_TIMEOUT_MS }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (part: string) => {
        body += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.on('timeout', () => asked.destroy(new Error(`${host}:${port} did not answer in ${REQUEST_TIMEOUT_MS} ms`)));
  });
}

/** Somebody else's listening socket. */
export async function occupy(context: TestContext, host: string, port: number): Promise<Server> {
  const server = createTcpServer((socket: Socket) => socket.destroy());
  server.listen(port, host);
  await once(server, 'listening');
  atEnd(context, () => {
    server.close();
  });
  return server;
}

export function pidsOf(cluster: Cluster): number[] {
  return cluster.workers().map(({ pid }) => pid);
}
