import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { bindChild } from '../bound-child.js';
import { type Contender, type ContenderOptions, portsOf } from './contender.js';

const require = createRequire(import.meta.url);

/** A proxy that is a few lines over a library of npm, in `programs/`, with round robin over the three origins. */
export class ProgramContender implements Contender {
  readonly name: string;
  readonly version: string;
  readonly keepsAlive: boolean;
  readonly host: string;
  readonly ports: readonly number[];
  readonly #program: string;
  readonly #argument: string;
  readonly #options: ContenderOptions;
  #child: ChildProcess | null = null;

  /** @param variant of the program, where it has several; it stands in the name. */
  constructor(library: string, options: ContenderOptions, variant = '', keepsAlive = true) {
    this.name = variant === '' ? library : `${library}, ${variant}`;
    this.version = (require(`${library}/package.json`) as { readonly version: string }).version;
    this.keepsAlive = keepsAlive;
    this.#program = fileURLToPath(new URL(`./programs/${library}.js`, import.meta.url));
    this.#options = options;
    this.host = options.host;
    this.ports = portsOf(options);
    const { host, port, instances } = options;
    this.#argument = JSON.stringify({ host, port, instances, variant });
  }

  async start(): Promise<void> {
    const [program, ...before] = [...this.#options.prefix, process.execPath];
    const child = fork(this.#program, [this.#argument], {
      execPath: program ?? process.execPath,
      execArgv: before,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    bindChild(child);
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
