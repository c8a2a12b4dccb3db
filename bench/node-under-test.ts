/** A real `autoproxy node` in a directory of its own, for benchmarks and end-to-end tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { StateDocument } from '../src/admin/state-document.js';
import { bindChild, createDirectory, removeDirectory } from './leftovers.js';

const ENTRY = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const READY_TIMEOUT_MS = 15_000;

export interface NodeOptions {
  readonly host: string;
  readonly adminPort: number;
  readonly workers?: number;
  /** Further flags, as `--neighbors`. */
  readonly flags?: Readonly<Record<string, string>>;
  /** A program and its arguments in front, as `taskset -c 0`. */
  readonly prefix?: readonly string[];
  /** What a directory of another node holds: started again over its state. */
  readonly directory?: string;
  readonly nodeArguments?: readonly string[];
  /** Beside the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface AppText {
  readonly slot: number;
  readonly instances: readonly string[];
  readonly protocol?: 'http' | 'tcp';
  /** Further keys, as they stand in the file. */
  readonly keys?: string;
}

export class NodeUnderTest {
  readonly host: string;
  readonly adminPort: number;
  readonly directory: string;
  readonly log: string[] = [];
  readonly #options: NodeOptions;
  #child: ChildProcess | null = null;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.host = options.host;
    this.adminPort = options.adminPort;
    this.directory = options.directory ?? createDirectory('bench');
    mkdirSync(this.servicesDir, { recursive: true });
  }

  get servicesDir(): string {
    return path.join(this.directory, 'services');
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the node does not run');
    return this.#child.pid;
  }

  /** Writes one app as a file of its own, atomically. */
  writeApp(name: string, { slot, instances, protocol = 'http', keys = '' }: AppText): void {
    const list = instances.map((instance) => `    - "${instance}"\n`).join('');
    const text = `${name}:\n  protocol: ${protocol}\n  translated_port: ${slot}\n${keys}  instances:${list === '' ? ' []\n' : `\n${list}`}`;
    this.writeFile(`${name}.yml`, text);
  }

  writeFile(name: string, text: string): void {
    const file = path.join(this.servicesDir, name);
    writeFileSync(`${file}.tmp`, text);
    renameSync(`${file}.tmp`, file);
  }

  removeFile(name: string): void {
    rmSync(path.join(this.servicesDir, name), { force: true });
  }

  /** Resolves when the node logs `ready`. */
  async start(): Promise<void> {
    const { workers = 1, flags = {}, prefix = [], nodeArguments = [], environment = {} } = this.#options;
    const all: Readonly<Record<string, string>> = {
      '--services-dir': this.servicesDir,
      '--state-dir': path.join(this.directory, 'state'),
      '--bind': this.host,
      '--admin': `${this.host}:${this.adminPort}`,
      '--workers': String(workers),
      '--lame-duck': '0s',
      ...flags,
    };
    const command = [...prefix, process.execPath, ...nodeArguments, ENTRY, 'node', ...Object.entries(all).flat()];
    const child = spawn(command[0] ?? '', command.slice(1), {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...environment },
    });
    this.#child = child;
    bindChild(child, 'SIGQUIT');
    const lines = createInterface({ input: child.stderr as NodeJS.ReadableStream });
    const isReady = new Promise<void>((resolve) => {
      lines.on('line', (line) => {
        this.log.push(line);
        if (line.includes('"msg":"ready"')) resolve();
      });
    });
    const hasEnded = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`the node ended (${code ?? signal}):\n${this.log.slice(-20).join('\n')}`);
    });
    const isLate = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error(`not ready:\n${this.log.slice(-20).join('\n')}`)), READY_TIMEOUT_MS).unref();
    });
    await Promise.race([isReady, hasEnded, isLate]);
  }

  async state(): Promise<StateDocument> {
    const response = await fetch(`http://${this.host}:${this.adminPort}/state`);
    return (await response.json()) as StateDocument;
  }

  /** Waits until the state document is as wanted. */
  async untilState(isWanted: (state: StateDocument) => boolean, timeoutMs = 10_000): Promise<StateDocument> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const state = await this.state();
      if (isWanted(state)) return state;
      if (performance.now() > deadline)
        throw new Error(`the node never came to the state that was waited for: ${JSON.stringify(state)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async workerPids(): Promise<number[]> {
    return (await this.state()).workers.filter(({ state }) => state === 'serving').map(({ pid }) => pid);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** @returns the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    if (child === null) return null;
    this.#child = null;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = once(child, 'exit');
    child.kill(signal);
    const [code] = (await ended) as [number | null];
    return code;
  }

  removeDirectory(): void {
    removeDirectory(this.directory);
  }
}
