import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { findComponents } from '../../test/support/machine/components.js';
import { childrenOf } from '../../test/support/machine/processes.js';
import { bindChild, createDirectory, endChild, removeDirectory } from '../leftovers.js';
import { untilListening } from '../nginx-origin.js';
import { type Contender, type ContenderOptions, portsOf } from './contender.js';
import { MissingProgram } from './missing-program.js';

/** nginx with one worker, connections to the origins kept. */
export class NginxContender implements Contender {
  readonly name = 'nginx';
  readonly version: string;
  readonly keepsAlive = true;
  readonly host: string;
  readonly ports: readonly number[];
  readonly #options: ContenderOptions;
  readonly #program: string;
  readonly #directory = createDirectory('nginx-proxy');
  #child: ChildProcess | null = null;

  constructor(options: ContenderOptions) {
    const { nginx } = findComponents();
    if (nginx === null) throw new MissingProgram('nginx');
    this.#program = nginx;
    this.version = /nginx\/(\S+)/.exec(spawnSync(nginx, ['-v'], { encoding: 'utf8' }).stderr)?.[1] ?? 'unknown';
    this.#options = options;
    this.host = options.host;
    this.ports = portsOf(options);
  }

  async start(): Promise<void> {
    const file = path.join(this.#directory, 'nginx.conf');
    writeFileSync(file, this.#configuration());
    const command = [...this.#options.prefix, this.#program, '-c', file, '-p', this.#directory];
    this.#child = spawn(command[0] ?? '', command.slice(1), { stdio: 'ignore' });
    bindChild(this.#child, 'SIGTERM');
    await untilListening(this.host, this.ports[0] ?? 0);
  }

  async pids(): Promise<readonly number[]> {
    return this.#child?.pid === undefined ? [] : childrenOf(this.#child.pid);
  }

  async sidePids(): Promise<readonly number[]> {
    return [];
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    await endChild(child, 'SIGTERM');
    removeDirectory(this.#directory);
  }

  #configuration(): string {
    const { instances } = this.#options;
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    return `
daemon off; worker_processes 1; pid ${this.#directory}/pid; error_log /dev/null;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; client_max_body_size 0;
  ${temporary.map((name) => `${name}_temp_path ${this.#directory}/${name};`).join(' ')}
  upstream origins {
    ${instances.map((instance) => `server ${instance};`).join(' ')}
    keepalive 1024; keepalive_requests 1000000000;
  }
  server {
    listen ${this.host}:${this.ports[0]} backlog=4096;
    location / {
      proxy_pass http://origins; proxy_http_version 1.1; proxy_max_temp_file_size 0; proxy_request_buffering off;
      proxy_set_header Connection ""; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto http;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`;
  }
}
