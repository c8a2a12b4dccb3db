import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { findHaproxy, type TestedVersion } from '../../test/support/edge/haproxy-versions.js';
import { findComponents } from '../../test/support/machine/components.js';
import { childrenOf } from '../../test/support/machine/processes.js';
import { bindChild, createDirectory, removeDirectory } from '../leftovers.js';
import { untilListening } from '../nginx-origin.js';
import { type ChangingContender, type ContenderOptions, portsOf } from './contender.js';
import { MissingProgram } from './missing-program.js';

const MASTER_TIMEOUT_MS = 10_000;
const MASTER_PAUSE_MS = 20;

interface Variant {
  readonly name?: string;
  /** With a master process, which hands the listening sockets to the next worker (hitless reload). */
  readonly isReloadable?: boolean;
  /** That of this machine unless told otherwise. */
  readonly release?: TestedVersion;
}

/** HAProxy with one thread and what the old system's configuration had: the same timeouts, checks and forwarded field. */
export class HaproxyContender implements ChangingContender {
  readonly name: string;
  readonly version: string;
  readonly keepsAlive = true;
  readonly host: string;
  readonly ports: readonly number[];
  readonly #options: ContenderOptions;
  readonly #program: string;
  readonly #directory = createDirectory('haproxy');
  readonly #isReloadable: boolean;
  #child: ChildProcess | null = null;

  constructor(options: ContenderOptions, { isReloadable = false, release, name }: Variant = {}) {
    const haproxy = release === undefined ? findComponents().haproxy : findHaproxy(release);
    if (haproxy === null) throw new MissingProgram(release === undefined ? 'haproxy' : `haproxy ${release}`);
    const base = release === undefined ? 'haproxy' : `haproxy ${release}`;
    this.name = name ?? (isReloadable ? `${base}, reloaded` : base);
    this.#isReloadable = isReloadable;
    this.#program = haproxy;
    this.version = /version (\S+)/.exec(execFileSync(haproxy, ['-v'], { encoding: 'utf8' }))?.[1] ?? 'unknown';
    this.#options = options;
    this.host = options.host;
    this.ports = portsOf(options);
  }

  async start(): Promise<void> {
    const { prefix, instances } = this.#options;
    this.#writeConfiguration(instances);
    const mode = this.#isReloadable ? ['-W', '-S', this.#masterSocket] : ['-db'];
    const command = [...prefix, this.#program, ...mode, '-f', this.#file];
    this.#child = spawn(command[0] ?? '', command.slice(1), { stdio: 'ignore' });
    bindChild(this.#child, 'SIGTERM');
    await untilListening(this.host, this.ports[0] ?? 0);
  }

  change(instances: readonly string[]): void {
    this.#writeConfiguration(instances);
    this.#child?.kill('SIGUSR2');
  }

  /** The master counts its reloads; signals that come while one is under way are one. It does not answer meanwhile. */
  async changesInForce(): Promise<number> {
    const deadline = performance.now() + MASTER_TIMEOUT_MS;
    for (;;) {
      const text = await this.#askMaster('show proc').catch(() => '');
      const reloads = /^\d+\s+master\s+(\d+)/m.exec(text)?.[1];
      if (reloads !== undefined) return Number(reloads);
      if (performance.now() > deadline) throw new Error('the master of haproxy does not answer');
      await delay(MASTER_PAUSE_MS);
    }
  }

  async pids(): Promise<readonly number[]> {
    const pid = this.#child?.pid;
    if (pid === undefined) return [];
    return this.#isReloadable ? [pid, ...childrenOf(pid)] : [pid];
  }

  async sidePids(): Promise<readonly number[]> {
    return [];
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== null && child.exitCode === null) {
      // A master that is starting anew knows nothing of its workers yet, and would leave them.
      if (this.#isReloadable) await this.changesInForce().catch(() => undefined);
      const workers = childrenOf(child.pid ?? 0);
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      for (const worker of workers) killIfThere(worker);
    }
    this.#child = null;
    removeDirectory(this.#directory);
  }

  #askMaster(command: string): Promise<string> {
    const socket = connect(this.#masterSocket);
    socket.end(`${command}\n`);
    return readText(socket);
  }

  get #file(): string {
    return path.join(this.#directory, 'haproxy.cfg');
  }

  get #masterSocket(): string {
    return path.join(this.#directory, 'master');
  }

  #writeConfiguration(instances: readonly string[]): void {
    writeFileSync(`${this.#file}.next`, this.#configuration(instances));
    renameSync(`${this.#file}.next`, this.#file);
  }

  #configuration(instances: readonly string[]): string {
    const { protocol, hasAccessLog, workers, maxConnections } = this.#options.setup;
    const servers = instances.map((instance, index) => `  server s${index} ${instance} check inter 1000 fall 3 rise 2`);
    const fields = [
      '  option forwardfor except 127.0.0.0/8',
      '  http-request set-header X-Forwarded-Port %[dst_port]',
      '  http-request set-header X-Forwarded-Proto http',
    ];
    const slots = this.ports.map(
      (port, index) => `
frontend f${index}
  bind ${this.host}:${port}
${protocol === 'http' ? fields.join('\n') : ''}
  default_backend b${index}
backend b${index}
  balance roundrobin
${servers.join('\n')}`,
    );
    return `
global
  nbthread ${workers}
  maxconn ${maxConnections}
  no strict-limits
${this.#isReloadable ? `  stats socket ${path.join(this.#directory, 'stats')} mode 600 level admin expose-fd listeners` : ''}
${hasAccessLog ? '  log /dev/null len 1024 format raw local0' : ''}
defaults
  mode ${protocol}
${protocol === 'http' ? '  http-reuse safe' : ''}
${hasAccessLog ? `  log global\n  option ${protocol}log` : ''}
  retries 3
  option redispatch
  timeout http-request 5s
  timeout http-keep-alive 10m
  timeout connect 10s
  timeout client 10m
  timeout server 10m
  timeout queue 10s
  timeout check 2s
${slots.join('\n')}
`;
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended with its master, as it should.
  }
}
