/** A real `autoproxy node` as a process of its own, for tests and benchmarks: its log, its state, its end. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { StateDocument } from '../../../src/admin/state-document.js';
import { eventually } from '../eventually.js';
import { spawnBound } from '../machine/bound-process.js';
import { childrenOf, killProgram } from '../machine/processes.js';
import type { LogLine } from '../recording-log.js';
import { CLI_ENTRY, CLI_NODE_FLAGS } from './run-cli.js';

/** Where many programs share few cores, a node takes ten seconds to start. */
const PATIENCE_MS = 30_000;
/** In the command line of each worker, of whatever build. */
const WORKER_PROGRAM = 'worker.js';

export interface Launch {
  readonly flags: Readonly<Record<string, string>>;
  /** A program and its arguments in front, as `taskset -c 0`; it must end as the node itself, by exec. */
  readonly prefix?: readonly string[];
  /** For Node, in front of the program, behind those that the command of this build gives. */
  readonly nodeArguments?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** The compiled command line; that of this build unless told otherwise. */
  readonly program?: string;
  /** The binary of Node; that of this process unless told otherwise. */
  readonly node?: string;
}

export class LaunchedNode {
  readonly child: ChildProcess;
  /** Resolves with the exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Where the admin API listens, ADDR:PORT. */
  readonly admin: string;
  readonly #lines: LogLine[] = [];
  /** What is no line of the log: warnings of Node, the last words of a crash. */
  readonly #strayLines: string[] = [];
  readonly #waiting = new Set<() => void>();
  /** Of a primary that was killed: they serve on. */
  readonly #orphans: number[] = [];

  constructor({
    flags,
    prefix = [],
    nodeArguments = [],
    env = process.env,
    program = CLI_ENTRY,
    node = process.execPath,
  }: Launch) {
    this.admin = flags['--admin'] ?? '127.0.0.1:1936';
    const started = [node, ...CLI_NODE_FLAGS, ...nodeArguments, program];
    const command = [...prefix, ...started, 'node', ...Object.entries(flags).flat()];
    this.child = spawnBound(command, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    this.exited = once(this.child, 'exit').then(([code]) => code as number | null);
    createInterface({ input: this.child.stderr as NodeJS.ReadableStream }).on('line', (text) => this.#onLine(text));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** All lines so far that say `message`. */
  linesOf(message: string): readonly LogLine[] {
    return this.#lines.filter(({ msg }) => msg === message);
  }

  /** The first line whose message is this or matches this; rejects when the node ends before, or after a long time. */
  async logged(message: string | RegExp): Promise<LogLine> {
    const find = (): LogLine | undefined =>
      this.#lines.find(({ msg }) => (typeof message === 'string' ? msg === message : message.test(msg)));
    let look = (): void => {};
    let timer: ReturnType<typeof setTimeout> | undefined;
    const found = new Promise<LogLine>((resolve) => {
      look = () => {
        const line = find();
        if (line !== undefined) resolve(line);
      };
      this.#waiting.add(look);
      look();
    });
    const ended = this.exited.then((code) => {
      throw new Error(`the node ended with ${code} before it logged ${message}; it said:\n${this.lastLines()}`);
    });
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`the node did not log ${message}; it said:\n${this.lastLines()}`)),
        PATIENCE_MS,
      );
    });
    try {
      return await Promise.race([found, ended, late]);
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }

  async state(): Promise<StateDocument> {
    const response = await fetch(`http://${this.admin}/state`);
    return (await response.json()) as StateDocument;
  }

  async metrics(): Promise<string> {
    return (await fetch(`http://${this.admin}/metrics`)).text();
  }

  /** The state document, as soon as it is as wanted. */
  async untilState(isWanted: (state: StateDocument) => boolean, patienceMs?: number): Promise<StateDocument> {
    let state = await this.state();
    await eventually(
      `the state of the node is so: ${isWanted}`,
      async () => {
        state = await this.state();
        return isWanted(state);
      },
      patienceMs,
    ).catch((error: Error) => {
      throw new Error(`${error.message}; it is ${JSON.stringify(state)}`);
    });
    return state;
  }

  /** As `untilState`, and its workers have it in force: who asks them next meets nothing older. */
  untilInForce(isWanted: (state: StateDocument) => boolean): Promise<StateDocument> {
    return this.untilState((state) => state.appliedRevision >= state.revision && isWanted(state));
  }

  async workerPids(): Promise<number[]> {
    return (await this.state()).workers.filter(({ state }) => state === 'serving').map(({ pid }) => pid);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** @returns the exit code, also of a node that has ended before. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (signal === 'SIGKILL') this.#orphans.push(...childrenOf(this.pid));
    this.child.kill(signal);
    return this.exited;
  }

  /** Ends it and all its workers at once, also those that outlive it. */
  async end(): Promise<void> {
    await this.stop('SIGKILL');
    for (const pid of this.#orphans.splice(0)) killProgram(pid, WORKER_PROGRAM);
  }

  #onLine(text: string): void {
    const line = parseLine(text);
    if (line === null) this.#strayLines.push(text);
    else this.#lines.push(line);
    for (const look of [...this.#waiting]) look();
  }

  /** The end of what it logged, for people. */
  lastLines(): string {
    return [...this.#lines.slice(-20).map((line) => JSON.stringify(line)), ...this.#strayLines.slice(-20)].join('\n');
  }
}

function parseLine(text: string): LogLine | null {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return null;
  }
}
