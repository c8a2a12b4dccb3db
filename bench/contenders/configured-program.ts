import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { findProgram } from '../../test/support/machine/components.js';
import { childrenOf } from '../../test/support/machine/processes.js';
import { bindChild, createDirectory, endChild, removeDirectory } from '../leftovers.js';
import { untilListening } from '../nginx-origin.js';
import { type Contender, type ContenderOptions, portsOf } from './contender.js';
import { MissingProgram } from './missing-program.js';

/** A server that reads one file of configuration. */
export interface Recipe {
  /** On the PATH. */
  readonly name: string;
  readonly versionOf: (program: string) => string;
  /** Behind the program's name. */
  readonly words: (file: string, directory: string) => readonly string[];
  /** @param directory for what it writes */
  readonly configuration: (options: ContenderOptions, directory: string) => string;
  /** Whether children of the first process do the work. */
  readonly hasWorkers: boolean;
}

export class ConfiguredProgram implements Contender {
  readonly name: string;
  readonly version: string;
  readonly keepsAlive = true;
  readonly host: string;
  readonly ports: readonly number[];
  readonly #options: ContenderOptions;
  readonly #recipe: Recipe;
  readonly #program: string;
  readonly #directory: string;
  #child: ChildProcess | null = null;

  /** @throws MissingProgram */
  constructor(recipe: Recipe, options: ContenderOptions) {
    const program = findProgram(recipe.name);
    if (program === null) throw new MissingProgram(recipe.name);
    this.name = recipe.name;
    this.version = recipe.versionOf(program);
    this.host = options.host;
    this.ports = portsOf(options);
    this.#recipe = recipe;
    this.#program = program;
    this.#options = options;
    this.#directory = createDirectory(`${recipe.name}-proxy`);
  }

  async start(): Promise<void> {
    const file = path.join(this.#directory, `${this.name}.conf`);
    writeFileSync(file, this.#recipe.configuration(this.#options, this.#directory));
    const words = this.#recipe.words(file, this.#directory);
    const [command = '', ...rest] = [...this.#options.prefix, this.#program, ...words];
    this.#child = spawn(command, rest, { stdio: 'ignore', env: { ...process.env, HOME: this.#directory } });
    bindChild(this.#child, 'SIGTERM');
    await untilListening(this.host, this.ports[0] ?? 0);
  }

  async pids(): Promise<readonly number[]> {
    const pid = this.#child?.pid;
    if (pid === undefined) return [];
    return this.#recipe.hasWorkers ? childrenOf(pid) : [pid];
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
}
