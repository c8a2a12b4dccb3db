import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findComponents } from '../../test/support/components.js';
import { bindChild } from '../bound-child.js';
import { untilListening } from '../nginx-origin.js';
import type { Contender, ContenderOptions } from './contender.js';

/** HAProxy with one thread and what the old system's configuration had: the same timeouts, checks and forwarded field. */
export class HaproxyContender implements Contender {
  readonly name = 'haproxy';
  readonly version: string;
  readonly keepsAlive = true;
  readonly host: string;
  readonly port: number;
  readonly #options: ContenderOptions;
  readonly #program: string;
  readonly #directory = mkdtempSync(path.join(tmpdir(), 'autoproxy-haproxy-'));
  #child: ChildProcess | null = null;

  constructor(options: ContenderOptions) {
    const { haproxy } = findComponents();
    if (haproxy === null)
      throw new Error('haproxy is missing: npm test as root installs it, or apt-get install haproxy');
    this.#program = haproxy;
    this.version = /version (\S+)/.exec(execFileSync(haproxy, ['-v'], { encoding: 'utf8' }))?.[1] ?? 'unknown';
    this.#options = options;
    this.host = options.host;
    this.port = options.port;
  }

  async start(): Promise<void> {
    const { prefix } = this.#options;
    const file = path.join(this.#directory, 'haproxy.cfg');
    writeFileSync(file, this.#configuration());
    const command = [...prefix, this.#program, '-db', '-f', file];
    this.#child = spawn(command[0] ?? '', command.slice(1), { stdio: 'ignore' });
    bindChild(this.#child);
    await untilListening(this.host, this.port);
  }

  async pids(): Promise<readonly number[]> {
    return this.#child?.pid === undefined ? [] : [this.#child.pid];
  }

  async sidePids(): Promise<readonly number[]> {
    return [];
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child !== null && child.exitCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #configuration(): string {
    const { originHost, originPorts } = this.#options;
    const servers = originPorts.map(
      (port, index) => `  server s${index} ${originHost}:${port} check inter 1000 fall 3 rise 2`,
    );
    return `
global
  nbthread 1
  maxconn 4000
defaults
  mode http
  option forwardfor except 127.0.0.0/8
  http-reuse safe
  retries 3
  option redispatch
  timeout http-request 5s
  timeout connect 10s
  timeout client 10m
  timeout server 10m
  timeout queue 10s
  timeout check 2s
frontend bench
  bind ${this.host}:${this.port}
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request set-header X-Forwarded-Proto http
  default_backend bench
backend bench
  balance roundrobin
${servers.join('\n')}
`;
  }
}
