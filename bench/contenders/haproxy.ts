import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findComponents } from '../../test/support/components.js';
import { bindChild } from '../bound-child.js';
import { untilListening } from '../nginx-origin.js';
import { type Contender, type ContenderOptions, portsOf } from './contender.js';

/** HAProxy with one thread and what the old system's configuration had: the same timeouts, checks and forwarded field. */
export class HaproxyContender implements Contender {
  readonly name = 'haproxy';
  readonly version: string;
  readonly keepsAlive = true;
  readonly host: string;
  readonly ports: readonly number[];
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
    this.ports = portsOf(options);
  }

  async start(): Promise<void> {
    const { prefix } = this.#options;
    const file = path.join(this.#directory, 'haproxy.cfg');
    writeFileSync(file, this.#configuration());
    const command = [...prefix, this.#program, '-db', '-f', file];
    this.#child = spawn(command[0] ?? '', command.slice(1), { stdio: 'ignore' });
    bindChild(this.#child);
    await untilListening(this.host, this.ports[0] ?? 0);
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
    const { instances, setup } = this.#options;
    const { protocol, hasAccessLog, workers } = setup;
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
  maxconn 6000
${hasAccessLog ? '  log /dev/null len 1024 format raw local0' : ''}
defaults
  mode ${protocol}
${protocol === 'http' ? '  http-reuse safe' : ''}
${hasAccessLog ? `  log global\n  option ${protocol}log` : ''}
  retries 3
  option redispatch
  timeout http-request 5s
  timeout connect 10s
  timeout client 10m
  timeout server 10m
  timeout queue 10s
  timeout check 2s
${slots.join('\n')}
`;
  }
}
