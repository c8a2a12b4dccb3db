import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AdminClient } from '../../admin/client.js';
import { AdminClientError } from '../../admin/client-error.js';
import type { StateDocument } from '../../admin/state-document.js';
import type { LogFormat } from '../../core/log-levels.js';
import { readWholeFileSync } from '../../core/whole-file.js';

const ENTRY = fileURLToPath(new URL('../main.js', import.meta.url));
const READY_TIMEOUT_MS = 20_000;
const READY_POLL_MS = 50;
/** The node's own drain deadline is shorter; one that is still there after this is killed. */
const STOP_TIMEOUT_MS = 6_000;
const LOG_LINES_SHOWN = 5;
/** A demo of a day writes less; of a larger log nothing is shown. */
const MAX_LOG_BYTES = 67_108_864;
const STOPPED_WHILE_STARTING = 'the demo was stopped while it started';

export interface NodeOptions {
  readonly name: string;
  readonly pod: string;
  readonly host: string;
  readonly adminPort: number;
  /** Address of the other node. */
  readonly neighbor: string;
  /** Holds `services/`, `state/` and the logs of this node. */
  readonly directory: string;
  readonly logFormat: LogFormat;
}

/** A real `autoproxy node`, as a process of its own. */
export class NodeProcess {
  readonly options: NodeOptions;
  #child: ChildProcess | null = null;
  /** Resolves with the reason, in words. */
  #exit: Promise<string> | null = null;
  #client: AdminClient | null = null;
  #isStopping = false;

  constructor(options: NodeOptions) {
    this.options = options;
  }

  get servicesDir(): string {
    return path.join(this.options.directory, 'services');
  }

  get logFile(): string {
    return path.join(this.options.directory, 'node.log');
  }

  get adminAddress(): string {
    return `${this.options.host}:${this.options.adminPort}`;
  }

  /** Resolves when the node serves. @throws Error with the end of its log when it does not come up. */
  async start(): Promise<void> {
    const { name, pod, host, neighbor, directory, logFormat } = this.options;
    const flags = {
      '--services-dir': this.servicesDir,
      '--state-dir': path.join(directory, 'state'),
      '--bind': host,
      '--admin': this.adminAddress,
      '--workers': '1',
      '--node': name,
      '--pod': pod,
      '--neighbors': neighbor,
      '--lame-duck': '0s',
      '--drain-timeout': '3s',
      '--log-format': logFormat,
    };
    if (this.#isStopping) throw new Error(STOPPED_WHILE_STARTING);
    const log = openSync(this.logFile, 'a');
    const child = spawn(process.execPath, [ENTRY, 'node', ...Object.entries(flags).flat()], {
      stdio: ['ignore', 'ignore', log],
    });
    closeSync(log);
    this.#child = child;
    this.#exit = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
    });
    await Promise.race([this.#untilReady(), this.ended().then((reason) => Promise.reject(new Error(reason)))]);
  }

  /** Resolves with a reason when the node ends without being told to. */
  ended(): Promise<string> {
    const { name } = this.options;
    return new Promise((resolve) => {
      void this.#exit?.then((reason) => {
        if (!this.#isStopping) resolve(`node ${name} ended by itself (${reason})${this.#logEnd()}`);
      });
    });
  }

  /** @returns null while the node does not answer. */
  async readState(): Promise<StateDocument | null> {
    this.#client ??= new AdminClient({ address: this.adminAddress });
    try {
      return await this.#client.readState();
    } catch (error) {
      if (error instanceof AdminClientError) return null;
      throw error;
    }
  }

  /** Asks it to finish, and kills it when it does not. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const child = this.#child;
    if (child === null || this.#exit === null) return;
    this.#client?.close();
    child.kill('SIGTERM');
    const hasEnded = await Promise.race([this.#exit.then(() => true), delay(STOP_TIMEOUT_MS, false, { ref: false })]);
    if (!hasEnded) child.kill('SIGKILL');
    await this.#exit;
  }

  async #untilReady(): Promise<void> {
    const deadlineMs = performance.now() + READY_TIMEOUT_MS;
    while (performance.now() < deadlineMs) {
      const state = await this.readState();
      if (this.#isStopping) throw new Error(STOPPED_WHILE_STARTING);
      if (state !== null && state.status === 'ready' && state.apps.every(({ bound }) => bound)) return;
      await delay(READY_POLL_MS);
    }
    throw new Error(`node ${this.options.name} was not ready after ${READY_TIMEOUT_MS / 1_000} s${this.#logEnd()}`);
  }

  #logEnd(): string {
    try {
      const lines = readWholeFileSync(this.logFile, MAX_LOG_BYTES).trimEnd().split('\n');
      return `; its log ends with:\n${lines.slice(-LOG_LINES_SHOWN).join('\n')}`;
    } catch {
      return '';
    }
  }
}
