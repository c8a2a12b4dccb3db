/** nginx as the instances: it listens on every loopback address, so that any 127.x.y.z is another instance. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findComponents } from '../test/support/components.js';
import { bindChild } from './children.js';
import { MissingProgram } from './contenders/missing-program.js';

export interface NginxOptions {
  readonly ports: readonly number[];
  readonly prefix?: readonly string[];
}

/** `/…` answers with its own address and the path, `/size/N` with N zero bytes. */
export class NginxOrigin {
  readonly ports: readonly number[];
  readonly #directory: string;
  readonly #prefix: readonly string[];
  #child: ChildProcess | null = null;

  constructor({ ports, prefix = [] }: NginxOptions) {
    this.ports = ports;
    this.#prefix = prefix;
    this.#directory = mkdtempSync(path.join(tmpdir(), 'autoproxy-nginx-'));
  }

  async start(): Promise<void> {
    const { nginx } = findComponents();
    if (nginx === null) throw new MissingProgram('nginx');
    const files = path.join(this.#directory, 'size');
    mkdirSync(files);
    for (const size of [65_536, 1_048_576]) writeFileSync(path.join(files, String(size)), Buffer.alloc(size));
    // Its worker is another user.
    for (const folder of [this.#directory, files]) chmodSync(folder, 0o755);
    const file = path.join(this.#directory, 'nginx.conf');
    writeFileSync(file, this.#configuration());
    const command = [...this.#prefix, nginx, '-c', file, '-p', this.#directory];
    this.#child = spawn(command[0] ?? '', command.slice(1), { stdio: ['ignore', 'ignore', 'ignore'] });
    bindChild(this.#child, 'SIGTERM');
    await untilListening('127.0.0.1', this.ports[0] ?? 0);
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
    const listens = this.ports.map((port) => `listen ${port} backlog=4096;`).join(' ');
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    return `
daemon off; worker_processes 1; pid ${this.#directory}/pid; error_log /dev/null;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 300s; sendfile on; client_max_body_size 0;
  ${temporary.map((name) => `${name}_temp_path ${this.#directory}/${name};`).join(' ')}
  server {
    ${listens}
    location / { default_type text/plain; return 200 "$server_addr:$server_port $request_uri"; }
    location /size/ { default_type application/octet-stream; root ${this.#directory}; }
    location /echo { default_type text/plain; return 200 "$http_host|$http_x_forwarded_for|$http_x_forwarded_proto|$http_connection|$connection"; }
  }
}
`;
  }
}

export async function untilListening(host: string, port: number, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect({ host, port });
      socket.on('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (isUp) return;
    if (performance.now() > deadline) throw new Error(`nobody listens on ${host}:${port}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
