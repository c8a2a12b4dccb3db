import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Contender, ContenderOptions } from './contender.js';

const PROGRAM = fileURLToPath(new URL('./http-proxy-program.js', import.meta.url));

/** The npm package that most TypeScript proxies are built on, with a keep-alive agent and round robin. */
export class HttpProxyContender implements Contender {
  readonly name = 'http-proxy';
  readonly version = '1.18';
  readonly host: string;
  readonly port: number;
  readonly #options: ContenderOptions;
  #child: ChildProcess | null = null;

  constructor(options: ContenderOptions) {
    this.#options = options;
    this.host = options.host;
    this.port = options.port;
  }

  async start(): Promise<void> {
    const { host, port, originHost, originPorts, prefix } = this.#options;
    const [program, ...before] = [...prefix, process.execPath];
    const child = fork(PROGRAM, [JSON.stringify({ host, port, originHost, originPorts })], {
      execPath: program ?? process.execPath,
      execArgv: before,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    await once(child, 'message');
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
    if (child === null || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}
