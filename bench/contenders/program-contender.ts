import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bindChild, endChild } from '../leftovers.js';
import { type Contender, type ContenderOptions, portsOf } from './contender.js';
import { MissingProgram } from './missing-program.js';

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
    this.version = versionOf(library);
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
    await endChild(child);
  }
}

/** A library may forbid to import its package.json, so that is read where its folder is. */
function versionOf(library: string): string {
  const folders = require.resolve.paths(library) ?? [];
  const file = folders.map((folder) => path.join(folder, library, 'package.json')).find((name) => existsSync(name));
  if (file === undefined) throw new MissingProgram(library);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}
