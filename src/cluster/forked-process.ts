/** A forked process and the channel to it, from its fork to its end. What the messages mean is known to others. */
import { type ChildProcess, fork, type SendHandle } from 'node:child_process';
import type { ListeningSocket } from './listening-socket.js';
import type { ToPrimary, ToWorker } from './messages.js';

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The process could not even be started. */
  readonly error: Error | null;
}

interface ProcessEvents {
  readonly onMessage: (message: ToPrimary) => void;
  /** Once, after the last message. */
  readonly onEnd: (exit: ProcessExit) => void;
}

/**
 * A heap that has its size from the start. Left alone the young generation grows by doubling, for minutes, and the old
 * one until its first whole collection: that looks like a leak, for 2 % of the CPU time of a request at most (8, 16 and
 * 32 MB beside each other: 1.07, 1.07 and 1.08 times HAProxy's; 1 and 4 MB: 1.09).
 */
const EXEC_ARGV = ['--min-semi-space-size=8', '--max-semi-space-size=8', '--initial-old-space-size=12'];

export class ForkedProcess {
  readonly #child: ChildProcess;
  readonly #events: ProcessEvents;
  #exit: ProcessExit | null = null;
  #hasEnded = false;

  /** @throws when the kernel lacks memory for another process */
  constructor(file: string, argument: string, events: ProcessEvents) {
    this.#events = events;
    this.#child = fork(file, [argument], { execArgv: EXEC_ARGV, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    // Node drops its reference after a write that had to wait; our process could end then between the exit of a worker and
    // the end of its channel, which is what we wait for.
    this.#child.channel?.ref();
    this.#child.on('message', (message) => this.#events.onMessage(message as ToPrimary));
    this.#child.on('error', (error) => {
      // A failed send says so too, and its process has an exit of its own.
      if (this.#child.pid === undefined) this.#onExit({ code: null, signal: null, error });
    });
    this.#child.on('exit', (code, signal) => this.#onExit({ code, signal, error: null }));
    this.#child.on('disconnect', () => this.#settle());
  }

  /** 0 of a process that could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  send(message: ToWorker, socket?: ListeningSocket): void {
    // Node sends bare handles of libuv as they are (`net.Native`), which its types do not say. That a message did not
    // arrive needs no word here: the channel is closed then, and the exit follows.
    this.#child.send(message, socket as unknown as SendHandle, () => {});
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #onExit(exit: ProcessExit): void {
    this.#exit ??= exit;
    this.#settle();
  }

  /** Only when the channel is read to its end: the last report may come after the exit. */
  #settle(): void {
    if (this.#exit === null || this.#child.connected || this.#hasEnded) return;
    this.#hasEnded = true;
    this.#events.onEnd(this.#exit);
  }
}
