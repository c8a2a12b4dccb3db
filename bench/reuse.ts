/**
 * POSTs on connections that real servers are just closing: groups of clients whose period is the time after which the
 * server closes an idle connection. A request that crosses the close can only be answered with 502.
 *
 *   npm run bench:reuse -- [--servers nginx,go,…|all] [--posts 5000] [--clients 40] [--reuse safe|never] [--program FILE]
 *
 * Servers that close late are asked by more groups at a time, each through a slot of its own, so that all end within
 * about ten minutes.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { install } from '../test/compat/installable.js';
import { SERVERS } from '../test/compat/servers/all.js';
import { measureClose, type RealServer, startServer } from '../test/compat/servers/real-server.js';
import { RawConnection } from '../test/support/traffic/raw-connection.js';
import { machineLine } from './machine.js';
import { NodeUnderTest } from './node-under-test.js';
import { Verdict } from './report.js';

const { values } = parseArgs({
  options: {
    servers: { type: 'string', default: 'all' },
    posts: { type: 'string', default: '5000' },
    clients: { type: 'string', default: '40' },
    reuse: { type: 'string', default: 'safe' },
    // The command line of another build.
    program: { type: 'string' },
  },
});
const CLIENTS = Number(values.clients);
const POSTS = Number(values.posts);
const HOST = '127.0.0.43';
const FIRST_SLOT = 22_000;
const PROBES = 5;
/** What is aimed at when a server keeps no connection. */
const PERIOD_MS = 1_000;
/** Clients ask so much around the times that were measured. */
const SPREAD_MS = 5;
/** How long the rounds of one server may take. */
const BUDGET_MS = 400_000;
const POST = 'POST / HTTP/1.1\r\nHost: bench\r\nContent-Length: 5\r\n\r\nhello';

interface Outcome {
  posts: number;
  failed: number;
  readonly statuses: Map<number, number>;
}

/** Keeps its connection to the node; asks once and forgives nothing. */
class Client {
  readonly #slot: number;
  #connection: RawConnection | null = null;

  constructor(slot: number) {
    this.#slot = slot;
  }

  /** @returns the status; 0 when the connection ended without one */
  async post(): Promise<number> {
    this.#connection ??= await RawConnection.open(this.#slot, HOST);
    const connection = this.#connection;
    connection.write(POST);
    try {
      const { status, fields } = await connection.response();
      if (fields.get('connection') === 'close') this.close();
      return status;
    } catch {
      this.close();
      return 0;
    }
  }

  close(): void {
    this.#connection?.close();
    this.#connection = null;
  }
}

const chosen =
  values.servers === 'all' ? SERVERS : SERVERS.filter(({ name }) => values.servers.split(',').includes(name));
if (chosen.length === 0)
  throw new Error(`no server ${values.servers}; there are ${SERVERS.map(({ name }) => name).join(', ')}`);
await install(chosen);

const endings: (() => unknown)[] = [];
const context = { after: (end: () => unknown) => endings.push(end) };
const { program } = values;
const node = new NodeUnderTest({ host: HOST, adminPort: 1_937, ...(program !== undefined && { program }) });
const verdict = new Verdict();
let nextSlot = FIRST_SLOT;

console.log(machineLine());
await node.start();
try {
  await Promise.all(chosen.map(measure));
} finally {
  await node.stop();
  node.removeDirectory();
  for (const end of endings.reverse()) await end();
}
process.exitCode = verdict.exitCode;

async function measure(server: RealServer): Promise<void> {
  const { host, port } = await startServer(context, server);
  const closes = await Promise.all(Array.from({ length: PROBES }, () => measureClose({ host, port })));
  const from = server.keepAliveMs === 0 ? PERIOD_MS : Math.min(...closes) - SPREAD_MS;
  const to = server.keepAliveMs === 0 ? PERIOD_MS : Math.max(...closes) + SPREAD_MS;
  const groups = Math.max(1, Math.ceil((POSTS * to) / (CLIENTS * BUDGET_MS)));
  const rounds = Math.ceil(POSTS / (CLIENTS * groups));
  const slots = Array.from({ length: groups }, (_, group) => {
    const slot = nextSlot;
    nextSlot += 2;
    const keys = `  reuse: ${values.reuse}\n`;
    node.writeApp(`${server.name}-${group}`, { slot, instances: [`${host}:${port}`], keys });
    return slot;
  });
  const names = slots.map((_, group) => `${server.name}-${group}`);
  console.log(`${server.name}: ${rounds} rounds of ${groups} × ${CLIENTS} clients, each ${(to / 1_000).toFixed(1)} s`);
  await node.untilState(
    ({ apps }) => names.every((name) => apps.some((app) => app.name === name && app.instances[0]?.health === 'up')),
    60_000,
  );
  const outcome: Outcome = { posts: 0, failed: 0, statuses: new Map() };
  await Promise.all(slots.map((slot) => runGroup(slot, rounds, { from, to }, outcome)));
  const statuses = [...outcome.statuses].map(([status, count]) => `${count} × ${status}`).join(', ');
  verdict.check(
    outcome.failed === 0,
    `${server.name}: no POST fails`,
    `${outcome.failed} of ${outcome.posts} failed (${statuses}); closes after ${(Math.min(...closes) / 1_000).toFixed(2)} to ` +
      `${(Math.max(...closes) / 1_000).toFixed(2)} s`,
  );
}

/** All clients of a group ask at one moment, so that each needs a connection, and all of those are as old as the period. */
async function runGroup(
  slot: number,
  rounds: number,
  { from, to }: { readonly from: number; readonly to: number },
  outcome: Outcome,
): Promise<void> {
  const clients = Array.from({ length: CLIENTS }, () => new Client(slot));
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(
      clients.map(async (client) => {
        if (round > 0) await delay(from + Math.random() * (to - from));
        const status = await client.post();
        outcome.posts += 1;
        outcome.statuses.set(status, (outcome.statuses.get(status) ?? 0) + 1);
        if (status !== 200) outcome.failed += 1;
      }),
    );
  }
  for (const client of clients) client.close();
}
