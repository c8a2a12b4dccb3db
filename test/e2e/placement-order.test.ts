/**
 * An app comes and goes, and no client gets a 502, 503 or 504: one that asks its host without pause is told that the host is
 * unknown, then is served, then is told so again. A real manager of Swarm, a node beside it, HAProxy at the front door.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { type ConsulAgent, startConsulFor } from '../support/consul/consul.js';
import { whyNoDocker } from '../support/docker/docker-engine.js';
import { TestEngine } from '../support/docker/test-engine.js';
import { EdgeDeployment } from '../support/edge/edge-deployment.js';
import { eventually } from '../support/eventually.js';
import { spawnBound } from '../support/machine/bound-process.js';
import { type RunningNode, startNodeOn } from '../support/node/node-process.js';
import { CLI_ENTRY, type CliResult } from '../support/node/run-cli.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import type { RawConnection } from '../support/traffic/raw-connection.js';

const REASON = whyNoDocker();
const skip = REASON === null ? false : `no Docker engine: ${REASON}`;
const UNKNOWN = 404;
/** For an edge that follows by itself, on a busy machine. */
const FOLLOW_TIME = '4s';
const FOLLOWED_MS = 90_000;
/** At the node's own address. */
const [SHOP, BANK] = [21_034, 21_036];

/** Swarm takes its containers for running at once, and they listen 1.5 s later: the nodes alone know. */
function definition(name: string, slot: number | null, more = ''): string {
  return `name: ${name}
pods: [alpha]
image: localhost:9/app:1
protocol: http
native_port: 8080
${slot === null ? '' : `slot: ${slot}\n`}health: {path: /health, interval: 200ms, rise: 1, fall: 2}
timeouts: {drain: 1s}
env: {APP: ${name}, LISTEN_AFTER_MS: "1500", ON_STOP: abrupt}
placement: {healthcheck: {source: none}, update: {monitor: 1s}}
edge: {routes: [{host: ${name}.one.example}]}
${more}`;
}

/** Clients that ask one host without pause: over new connections, and over one that is kept as long as it is let. */
class Clients {
  /** What each client was answered; equal answers in a row are one. */
  readonly seen: Record<'new' | 'kept', number[]> = { new: [], kept: [] };
  readonly #edge: EdgeDeployment;
  readonly #host: string;
  readonly #ends: Promise<void>[];
  #isOver = false;

  constructor(context: TestContext, edge: EdgeDeployment, host: string) {
    this.#edge = edge;
    this.#host = host;
    this.#ends = [this.#askNew(), this.#askKept()];
    atEnd(context, () => this.stop());
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#ends);
  }

  /** Resolves when each client is answered so: edges follow by themselves. */
  async until(status: number): Promise<void> {
    for (const client of ['new', 'kept'] as const)
      await eventually(`${client} clients get ${status}`, () => this.seen[client].at(-1) === status, FOLLOWED_MS);
  }

  #note(client: 'new' | 'kept', status: number): void {
    if (this.seen[client].at(-1) !== status) this.seen[client].push(status);
  }

  async #askNew(): Promise<void> {
    while (!this.#isOver) {
      this.#note('new', (await this.#edge.ask({ hosts: [this.#host] })).status);
      await breath();
    }
  }

  async #askKept(): Promise<void> {
    let connection: RawConnection | null = null;
    while (!this.#isOver) {
      connection ??= await this.#edge.open(this.#host);
      connection.write(`GET / HTTP/1.1\r\nHost: ${this.#host}\r\n\r\n`);
      // A connection that ends between two requests is the other side's right.
      const response = await connection.response('GET').catch(() => null);
      if (response !== null) this.#note('kept', response.status);
      if (response === null || /close/i.test(response.fields.get('connection') ?? '')) {
        connection.close();
        connection = null;
      }
      await breath();
    }
    connection?.close();
  }
}

/** The programs that are tried need the processors too. */
function breath(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 40));
}

/** Runs a command until it says a line, and ends it then. */
async function cutAt(
  engine: TestEngine,
  words: readonly string[],
  line: RegExp,
  signal: 'SIGINT' | 'SIGKILL',
): Promise<void> {
  const child = spawnBound([process.execPath, CLI_ENTRY, ...words], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  let said = '';
  let isCut = false;
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (!isCut && line.test(said)) isCut = child.kill(signal);
    });
  await ended;
  assert.ok(isCut, `it ended before it said ${line}: ${said}`);
  if (signal === 'SIGINT') assert.match(said, /interrupted: what was begun goes on/);
  // The claim of a rollout that was killed lapses after 20 s; the test knows at once that nobody holds it.
  else
    for (const claim of (await engine.docker('config', 'ls', '-q')).split('\n').filter((id) => id !== ''))
      await engine.docker('config', 'rm', claim);
}

async function done(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> {
  const result = await runCliHere(words, env);
  assert.equal(result.exitCode, 0, `${words.join(' ')}\n${result.stdout}${result.stderr}`);
  return result;
}

test('an app comes and goes in the order in which nothing answers 503', { skip }, async (context) => {
  const engine = await TestEngine.start(context, { version: '20.10' });
  const consul = await startConsulFor(context, { node: 'n1', machine: engine.machine });
  const node = await startNodeOn(
    context,
    engine.machine,
    () => ({ 'bank.yml': `bank: {protocol: http, translated_port: ${BANK}, instances: []}\n` }),
    { '--docker': engine.socketPath, '--consul': consul.url, '--pod': 'alpha', '--node': 'n1' },
  );
  for (const port of [SHOP, SHOP + 1, BANK, BANK + 1]) await engine.machine.open(node.host, port);
  await engine.docker('swarm', 'init', '--listen-addr', '127.0.0.1', '--advertise-addr', node.host);
  await labelNode(engine, 'alpha');
  const docker = ['--docker', `unix://${engine.socketPath}`, '--edge-grace'];
  await withConsul(context, { engine, consul, node, docker });
  await withDirectory(context, { engine, node, docker });
});

interface Place {
  readonly engine: TestEngine;
  readonly node: RunningNode;
  readonly docker: readonly string[];
}

async function withConsul(
  context: TestContext,
  { engine, consul, node, docker }: Place & { readonly consul: ConsulAgent },
): Promise<void> {
  const folder = temporaryFolder(context, 'definitions');
  const file = path.join(folder, 'shop.yml');
  writeFileSync(file, definition('shop', SHOP));
  const edge = await EdgeDeployment.create(context, {
    version: '2.6',
    servers: `{nodes: {alpha: [${node.host}]}, send_proxy: none}`,
    consul: consul.url,
  });
  await edge.run();
  const put = ['app', 'put', file, '--apply', '--consul', consul.url, ...docker, FOLLOW_TIME];
  const rm = ['app', 'rm', 'shop', '--apply', '--consul', consul.url, ...docker, FOLLOW_TIME];

  await context.test('Consul: app put --apply and app rm --apply, cut short between any two stages', async (inner) => {
    const clients = new Clients(inner, edge, 'shop.one.example');
    await cutAt(engine, put, /^shop: created, on slot \d+$/m, 'SIGKILL');
    // A kill that comes late finds the service there, and it is unchanged then.
    await cutAt(engine, put, /^(shop-alpha: \d of 1 task run|edges and load balancers get)/m, 'SIGINT');
    await cutAt(engine, put, /^edges and load balancers get/m, 'SIGKILL');
    await clients.until(UNKNOWN);
    const { stdout } = await done(put);
    assert.match(stdout, /^shop: gets requests in alpha$/m);
    await clients.until(200);
    assert.equal((await runCliHere([...put, '--dry-run'])).exitCode, 0, 'nothing is left to do');
    await cutAt(engine, rm, /^shop: gets no requests/m, 'SIGKILL');
    await cutAt(engine, rm, /^edges and load balancers get/m, 'SIGINT');
    await cutAt(engine, rm, /^shop-alpha: \d of 0 tasks run/m, 'SIGKILL');
    await done(rm);
    await clients.until(UNKNOWN);
    await clients.stop();
    assert.deepEqual(clients.seen, { new: [UNKNOWN, 200, UNKNOWN], kept: [UNKNOWN, 200, UNKNOWN] });
    assert.equal(await engine.docker('service', 'ls', '-q'), '');
    const history = await runCliHere(['rollout', 'history', 'shop', '--json', '--consul', consul.url]);
    const { versions } = JSON.parse(history.stdout) as { readonly versions: readonly { readonly act: string }[] };
    assert.deepEqual(
      versions.map(({ act }) => act),
      ['put', 'rm'],
      'no stage between is a version',
    );
  });
  assert.equal(await edge.stop(), 0);
}

async function withDirectory(context: TestContext, { engine, node, docker }: Place): Promise<void> {
  const edge = await EdgeDeployment.create(context, {
    version: '2.6',
    servers: `{nodes: {alpha: [${node.host}]}, send_proxy: none}`,
  });
  await edge.run();
  // HAProxy goes on without it, and follows nothing by itself.
  await edge.stop('SIGKILL');
  const env = { ...edge.env, AUTOPROXY_SLOT_RANGE: `${BANK}-${BANK + 1}` };
  const all = ['apply', '--all', ...edge.options, ...docker, '1s'];

  await context.test('directory: apply --all with the edge of this machine', async (inner) => {
    const clients = new Clients(inner, edge, 'bank.one.example');
    edge.writeApp('bank', definition('bank', null));
    edge.writeApp('old', plain('old', 'alpha'));
    const { stdout } = await done(all, env);
    inner.diagnostic(stdout.trim().split('\n').join(' | '));
    assert.match(stdout, new RegExp(`^bank: slot ${BANK}$`, 'm'));
    await clients.until(200);
    edge.removeApp('bank');
    assert.match((await done(all, env)).stdout, new RegExp(`^bank: slot ${BANK} goes into quarantine$`, 'm'));
    await clients.until(UNKNOWN);
    await clients.stop();
    assert.deepEqual(clients.seen, { new: [UNKNOWN, 200, UNKNOWN], kept: [UNKNOWN, 200, UNKNOWN] });
    assert.equal(await engine.docker('service', 'ls', '--format', '{{.Name}}'), 'old-alpha');
  });

  await context.test('directory: an unchanged service that does not run holds back nothing that is new', async () => {
    await labelNode(engine, 'beta');
    edge.writeApp('young', plain('young', 'beta'));
    const { exitCode, stdout, stderr } = await runCliHere(all, env);
    assert.match(stdout, /^young-beta: 1 of 1 task run, done$/m);
    assert.match(stderr, /^autoproxy: old-alpha: the tasks do not run: no suitable node/m);
    assert.equal(exitCode, 1);
  });

  await context.test('directory: app rm --apply ends what a removal that was cut short has left', async () => {
    edge.removeApp('young');
    const rm = ['app', 'rm', 'young', '--apply', ...edge.options, ...docker, '0s'];
    assert.match((await done(rm, env)).stdout, /^- young-beta: 1 task end$[\s\S]*^young: removed$/m);
    await done(['slot', 'alloc', 'young', ...edge.options.slice(0, 2)]);
    assert.match((await done(rm, env)).stdout, /^young: removed; slot \d+ goes into quarantine$/m);
    const again = await runCliHere(rm, env);
    assert.equal(again.exitCode, 1);
    assert.match(again.stderr, /has no app young/);
  });
}

/** Without a way in, and without a slot of its own to wait for. */
function plain(name: string, pod: string): string {
  return `name: ${name}
pods: [${pod}]
image: localhost:9/app:1
protocol: http
native_port: 8080
slot: ${name === 'old' ? BANK + 2 : BANK + 4}
timeouts: {drain: 1s}
placement: {healthcheck: {source: none}}
`;
}

async function labelNode(engine: TestEngine, pod: string): Promise<void> {
  const id = (await engine.docker('node', 'ls', '-q')).trim();
  await engine.docker('node', 'update', '--label-add', `pod=${pod}`, id);
}
