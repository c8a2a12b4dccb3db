/** A real `autoproxy node` in a directory of its own, for benchmarks. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { StateDocument } from '../src/admin/state-document.js';
import { LaunchedNode } from '../test/support/node/launched-node.js';
import { bindChild, createDirectory, removeDirectory } from './leftovers.js';

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
  /** The command line of another build. */
  readonly program?: string;
  /** The binary of Node; that of this process unless told otherwise. */
  readonly node?: string;
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
  readonly #options: NodeOptions;
  #node: LaunchedNode | null = null;

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
    return this.#running.pid;
  }

  get #running(): LaunchedNode {
    if (this.#node === null) throw new Error('the node does not run');
    return this.#node;
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
    const { workers = 1, flags = {}, prefix = [], nodeArguments = [], environment = {}, program, node } = this.#options;
    this.#node = new LaunchedNode({
      flags: {
        '--services-dir': this.servicesDir,
        '--state-dir': path.join(this.directory, 'state'),
        '--bind': this.host,
        '--admin': `${this.host}:${this.adminPort}`,
        '--workers': String(workers),
        '--lame-duck': '0s',
        ...flags,
      },
      prefix,
      nodeArguments,
      // A bench that is killed leaves no workers behind. In the environment, which an older program does not mind.
      env: { ...process.env, AUTOPROXY_ORPHAN_GRACE: '0s', ...environment },
      ...(program !== undefined && { program }),
      ...(node !== undefined && { node }),
    });
    bindChild(this.#node.child, 'SIGQUIT');
    await this.#node.logged('ready');
  }

  state(): Promise<StateDocument> {
    return this.#running.state();
  }

  /** Waits until the state document is as wanted. */
  untilState(isWanted: (state: StateDocument) => boolean, patienceMs?: number): Promise<StateDocument> {
    return this.#running.untilState(isWanted, patienceMs);
  }

  workerPids(): Promise<number[]> {
    return this.#running.workerPids();
  }

  /** The end of what it logged, for people. */
  lastLines(): string {
    return this.#running.lastLines();
  }

  signal(signal: NodeJS.Signals): void {
    this.#running.signal(signal);
  }

  /** @returns the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const node = this.#node;
    this.#node = null;
    return node === null ? null : node.stop(signal);
  }

  removeDirectory(): void {
    removeDirectory(this.directory);
  }
}
