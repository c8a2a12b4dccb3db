import { type ChildProcess, spawn } from 'node:child_process';
import { cProgram } from '../c-program.js';
import { bindChild, endChild } from '../leftovers.js';
import { untilListening } from '../nginx-origin.js';
import { type Contender, type ContenderOptions, portsOf } from './contender.js';

/** Copies bytes and reads nothing in them: what the kernel asks of anybody (floor/pump.c). */
export class FloorContender implements Contender {
  readonly name = 'floor';
  readonly version = '';
  readonly keepsAlive = true;
  readonly knowsHttp = false;
  readonly host: string;
  readonly ports: readonly number[];
  readonly #program = cProgram('floor/pump.c');
  readonly #options: ContenderOptions;
  #child: ChildProcess | null = null;

  constructor(options: ContenderOptions) {
    this.#options = options;
    this.host = options.host;
    this.ports = portsOf(options);
  }

  async start(): Promise<void> {
    const { prefix, instances } = this.#options;
    const port = this.ports[0] ?? 0;
    const command = [...prefix, this.#program, this.host, String(port), ...instances];
    this.#child = spawn(command[0] ?? '', command.slice(1), { stdio: 'ignore' });
    bindChild(this.#child);
    await untilListening(this.host, port);
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
