/**
 * Real Consul agents on loopback addresses of their own, each with Consul's usual ports there. They are started, frozen
 * and stopped by their pid; each request of a test goes over a connection of its own, so that none is reused over a fault.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { ownAddress } from '../addresses.js';
import { atEnd } from '../at-end.js';
import { eventually } from '../eventually.js';
import { spawnBound } from '../machine/bound-process.js';
import type { OwnMachine } from '../machine/own-machine.js';
import { prepareConsul } from './consul-program.js';

const HTTP_PORT = 8500;
/** An election on a busy machine. */
const START_PATIENCE_MS = 60_000;
const REQUEST_TIMEOUT_MS = 3_000;

export interface ConsulOptions {
  /** Name of the agent in the catalogue. */
  readonly node?: string;
  /** More configuration, in HCL or JSON. */
  readonly config?: string;
  /** Sent with every request of the test. */
  readonly token?: string;
  /** Where it runs, beside an engine and a node; its HTTP API answers at the same address here. */
  readonly machine?: OwnMachine;
}

interface AgentPlan extends ConsulOptions {
  readonly program: string;
  readonly host: string;
  readonly arguments: readonly string[];
  /** null: it keeps nothing over a restart. */
  readonly folder: string | null;
}

export interface ConsulAnswer {
  readonly status: number;
  readonly index: number;
  readonly text: string;
}

/** One agent, of a test or of a benchmark; whoever started it stops it. */
export class ConsulAgent {
  readonly host: string;
  readonly node: string;
  readonly #plan: AgentPlan;
  #child: ChildProcess | null = null;
  #exited: Promise<unknown> = Promise.resolve();
  #log = '';
  #isOpen = false;

  constructor(plan: AgentPlan) {
    this.#plan = plan;
    this.host = plan.host;
    this.node = plan.node ?? 'consul-1';
  }

  get url(): string {
    return `http://${this.host}:${HTTP_PORT}`;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`the agent ${this.node} does not run`);
    return pid;
  }

  /** Starts the process; after `stop` or `kill` again, on the same address. Resolves when it answers requests. */
  async start(): Promise<void> {
    const { program, host, config, machine } = this.#plan;
    if (machine !== undefined && !this.#isOpen) {
      await machine.open(host, HTTP_PORT);
      this.#isOpen = true;
    }
    const own = ['-node', this.node, '-bind', host, '-client', host, '-http-port', String(HTTP_PORT)];
    const quiet = ['-dns-port', '-1', '-grpc-port', '-1', '-serf-wan-port', '-1', '-log-level', 'warn'];
    const fast = 'performance { raft_multiplier = 1 }  disable_update_check = true  leave_on_terminate = false';
    const more = config === undefined ? [] : ['-hcl', config];
    const network = machine?.network ?? [];
    const command = [...network, program, 'agent', ...this.#plan.arguments, ...own, ...quiet, '-hcl', fast, ...more];
    const child = spawnBound(command, {
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log = (this.#log + text).slice(-10_000);
      });
    }
    this.#child = child;
    this.#exited = once(child, 'exit').then(() => {
      this.#child = null;
    });
    const isUp = async (): Promise<boolean> => {
      if (this.#child === null) throw new Error(`consul ended; it said:\n${this.#log}`);
      return (await this.request('GET', '/v1/agent/self').catch(() => null)) !== null;
    };
    await eventually(`the agent ${this.node} answers`, isUp, START_PATIENCE_MS);
  }

  /** Resolves when the cluster of this agent has a leader, and the catalogue holds this agent. */
  async hasLeader(): Promise<void> {
    const isKnown = async (): Promise<boolean> => {
      const nodes = await this.get<readonly { readonly Node: string }[]>('/v1/catalog/nodes').catch(() => []);
      return nodes.some(({ Node }) => Node === this.node);
    };
    await eventually(`${this.node} has a leader\n${this.#log}`, isKnown, START_PATIENCE_MS);
  }

  /** As a crash: nothing is said to anybody. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** Resolves when its last thread has stopped: until then one of them may still answer. */
  async freeze(): Promise<void> {
    const { pid } = this;
    process.kill(pid, 'SIGSTOP');
    await eventually('all threads have stopped', () =>
      readdirSync(`/proc/${pid}/task`).every((thread) =>
        // The state stands behind the name, which may hold anything.
        readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .startsWith('T'),
      ),
    );
  }

  thaw(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Ends it for good, whatever state it is in, and removes what it kept. */
  async remove(): Promise<void> {
    await this.kill();
    if (this.#plan.folder !== null) await rm(this.#plan.folder, { recursive: true, force: true });
  }

  /** @param body sent as JSON, or as it is when it is a text */
  request(method: string, pathAndQuery: string, body?: unknown): Promise<ConsulAnswer> {
    const { token } = this.#plan;
    const headers = { connection: 'close', ...(token === undefined ? {} : { 'x-consul-token': token }) };
    return new Promise((resolve, reject) => {
      const options = { method, headers, agent: false, timeout: REQUEST_TIMEOUT_MS };
      const sent = request(`${this.url}${pathAndQuery}`, options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.once('end', () => {
          const index = Number(response.headers['x-consul-index'] ?? Number.NaN);
          resolve({ status: response.statusCode ?? 0, index, text });
        });
        response.once('error', reject);
      });
      sent.once('timeout', () => sent.destroy(new Error(`${method} ${pathAndQuery}: no answer in time`)));
      sent.once('error', reject);
      sent.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
    });
  }

  /** @throws Error when Consul refuses it */
  async put(pathAndQuery: string, body?: unknown): Promise<string> {
    const { status, text } = await this.request('PUT', pathAndQuery, body);
    if (status !== 200) throw new Error(`PUT ${pathAndQuery}: ${status} ${text}`);
    return text;
  }

  async get<T>(pathAndQuery: string): Promise<T> {
    const { status, text } = await this.request('GET', pathAndQuery);
    if (status !== 200) throw new Error(`GET ${pathAndQuery}: ${status} ${text}`);
    return JSON.parse(text) as T;
  }
}

/** One agent that is server and leader at once and forgets everything when it ends; it is up, with a leader. */
export async function startConsul(options: ConsulOptions = {}): Promise<ConsulAgent> {
  const program = await prepareConsul();
  const agent = new ConsulAgent({ ...options, program, host: ownAddress(), arguments: ['-dev'], folder: null });
  return startedOrRemoved([agent]).then(() => agent);
}

/** As `startConsul`, ended with the test. */
export async function startConsulFor(context: TestContext, options: ConsulOptions = {}): Promise<ConsulAgent> {
  const agent = await startConsul(options);
  atEnd(context, () => agent.remove());
  return agent;
}

/** Servers that keep their state on disk; resolves when each of them knows the leader. */
export async function startConsulCluster(size = 3, options: ConsulOptions = {}): Promise<ConsulAgent[]> {
  const program = await prepareConsul();
  const hosts = Array.from({ length: size }, () => ownAddress());
  const agents: ConsulAgent[] = [];
  for (const [index, host] of hosts.entries()) {
    const folder = await mkdtemp(path.join(tmpdir(), 'autoproxy-consul-'));
    const joins = hosts.flatMap((other) => ['-retry-join', other]);
    const server = [
      '-server',
      '-bootstrap-expect',
      String(size),
      '-data-dir',
      folder,
      '-retry-interval',
      '1s',
      ...joins,
    ];
    agents.push(new ConsulAgent({ node: `server-${index + 1}`, ...options, program, host, arguments: server, folder }));
  }
  return startedOrRemoved(agents).then(() => agents);
}

/** An agent that is no server, in the cluster of `server`, ended with the test. Nobody needs it: it may be killed. */
export async function startConsulClientFor(
  context: TestContext,
  server: ConsulAgent,
  options: ConsulOptions,
): Promise<ConsulAgent> {
  const program = await prepareConsul();
  const folder = await mkdtemp(path.join(tmpdir(), 'autoproxy-consul-'));
  const joining = ['-data-dir', folder, '-retry-join', server.host, '-retry-interval', '1s'];
  const agent = new ConsulAgent({ ...options, program, host: ownAddress(), arguments: joining, folder });
  atEnd(context, () => agent.remove());
  await agent.start();
  await agent.hasLeader();
  return agent;
}

/** The server that leads now, among those of one cluster. */
export async function leaderOf(agents: readonly ConsulAgent[], asked: ConsulAgent): Promise<ConsulAgent> {
  const address = await asked.get<string>('/v1/status/leader');
  const leader = agents.find(({ host }) => address.startsWith(`${host}:`));
  if (leader === undefined) throw new Error(`no agent of the cluster leads: "${address}"`);
  return leader;
}

async function startedOrRemoved(agents: readonly ConsulAgent[]): Promise<void> {
  try {
    await Promise.all(agents.map((agent) => agent.start()));
    await Promise.all(agents.map((agent) => agent.hasLeader()));
  } catch (error) {
    await Promise.all(agents.map((agent) => agent.remove()));
    throw error;
  }
}
