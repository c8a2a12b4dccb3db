/** The instances of all comparisons, on the core that the proxies do not have: nginx, and a server that echoes WebSockets. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { bindChild } from './leftovers.js';
import { assertFree, NginxOrigin } from './nginx-origin.js';

export const ORIGIN_PORT = 30_101;
export const ECHO_PORT = 30_103;

const ECHO_PROGRAM = fileURLToPath(new URL('./echo-origin-program.js', import.meta.url));

export class Origins {
  readonly #nginx: NginxOrigin;
  readonly #prefix: readonly string[];
  #echo: ChildProcess | null = null;

  constructor(prefix: readonly string[]) {
    this.#prefix = prefix;
    this.#nginx = new NginxOrigin({ ports: [ORIGIN_PORT], prefix });
  }

  async start(): Promise<void> {
    for (const port of [ORIGIN_PORT, ECHO_PORT]) await assertFree('127.0.0.1', port);
    await this.#nginx.start();
    const [program = process.execPath, ...before] = [...this.#prefix, process.execPath];
    this.#echo = fork(ECHO_PROGRAM, [String(ECHO_PORT)], {
      execPath: program,
      execArgv: before,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    bindChild(this.#echo);
    await once(this.#echo, 'message');
  }

  async stop(): Promise<void> {
    await this.#nginx.stop();
    const echo = this.#echo;
    this.#echo = null;
    if (echo === null || echo.exitCode !== null) return;
    const ended = once(echo, 'exit');
    echo.kill('SIGKILL');
    await ended;
  }
}
