/** nginx as the instances: it listens on every loopback address, so that any 127.x.y.z is another instance. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findComponents } from '../test/support/machine/components.js';
import { MissingProgram } from './contenders/missing-program.js';
import { bindChild, createDirectory, removeDirectory } from './leftovers.js';

export interface NginxOptions {
  readonly ports: readonly number[];
  readonly prefix?: readonly string[];
}

/**
 * `/…` answers with its own address and the path, `/size/N` with N zero bytes, `/echo` with what it got. `/sink` answers
 * when it has read the whole body, which nginx by itself does not wait for, and `/mirror` with a small body's bytes.
 */
export class NginxOrigin {
  readonly ports: readonly number[];
  readonly #directory: string;
  readonly #prefix: readonly string[];
  #child: ChildProcess | null = null;

  constructor({ ports, prefix = [] }: NginxOptions) {
    this.ports = ports;
    this.#prefix = prefix;
    this.#directory = createDirectory('nginx');
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
    removeDirectory(this.#directory);
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
  upstream self { server 127.0.0.1:${this.ports[0]}; keepalive 64; }
  client_body_buffer_size 2m;
  proxy_http_version 1.1; proxy_pass_request_body off;
  server {
    ${listens}
    location / { default_type text/plain; return 200 "$server_addr:$server_port $request_uri"; }
    location /size/ { default_type application/octet-stream; root ${this.#directory}; }
    location = /sink {
      proxy_pass http://self/; proxy_set_header Connection ""; proxy_set_header Content-Length "";
    }
    location = /mirror {
      proxy_pass http://self/mirrored; proxy_set_header Connection ""; proxy_set_header Content-Length "";
      proxy_set_header X-Body $request_body;
    }
    location = /mirrored { default_type text/plain; return 200 "$http_x_body"; }
    location /echo { default_type text/plain; return 200 "$http_host|$http_x_forwarded_for|$http_x_forwarded_proto|$http_connection|$connection"; }
  }
}
`;
  }
}

/** @throws Error when somebody listens there: HAProxy would share the port, and two benchmarks each other's load. */
export async function assertFree(host: string, port: number): Promise<void> {
  if (await canConnect(host, port)) throw new Error(`somebody listens on ${host}:${port}: another benchmark?`);
}

export async function untilListening(host: string, port: number, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (await canConnect(host, port)) return;
    if (performance.now() > deadline) throw new Error(`nobody listens on ${host}:${port}`);
    await delay(20);
  }
}

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
