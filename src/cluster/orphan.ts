import type { Clock, Timer } from '../core/clock.js';
import { MAX_DURATION_MS } from '../core/durations.js';
import type { Log } from '../core/log.js';
import type { WorkerReport } from '../metrics/counters.js';
import { CAN_PASS_SOCKETS, connectChannel, type HandleChannel } from './handle-channel.js';
import { isOursAlone, primarySocketOf } from './run-directory.js';
import { type FromOrphan, type FromPrimary, fromPrimary, SUCCESSION_VERSION } from './succession.js';

/** A try costs one system call that fails, and a restart should not wait for the next one. */
const LOOK_EVERY_MS = 50;

interface OrphanOptions {
  /** Where the next primary will listen; null: nowhere, and nothing can be given to it. */
  readonly runDirectory: string | null;
  /** From the death of the primary on. */
  readonly graceMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Listening sockets by port. */
  readonly sockets: () => ReadonlyMap<number, object>;
  /** Stops accepting at once. @param deadlineMs undefined: what the slots allow */
  readonly drain: (deadlineMs?: number) => void;
}

/**
 * A worker whose primary died. It goes on serving and accepting with what it has, and gives its listening sockets to the
 * next primary of the same state directory. It drains when that one's own workers serve, or after the grace.
 *
 *   primary dies ──► alone ──connects──► known to the next ──drain──► draining ──► gone
 *                      │ ▲                     │                         ▲
 *                      │ └──── that one dies ──┘                         │
 *                      └─────────────── the grace is over ───────────────┘
 *
 * A draining one connects too, so that the next primary leaves it the time that it needs.
 */
export class Orphan {
  readonly #options: OrphanOptions;
  #channel: HandleChannel | null = null;
  #timer: Timer | null = null;
  /** A clock's timers keep no process alive, nor do listeners that pause. */
  #keepAlive: ReturnType<typeof setInterval> | undefined;
  #isDraining = false;
  #isOver = false;

  constructor(options: OrphanOptions) {
    this.#options = options;
  }

  start(): void {
    const { graceMs, clock, log, drain } = this.#options;
    log.warn({ graceMs }, 'the primary is gone; serving continues with the last state until another primary comes');
    this.#keepAlive = setInterval(() => {}, MAX_DURATION_MS);
    clock.setTimer(graceMs, () => {
      if (this.#isDraining) return;
      log.warn('no other primary came in time: draining');
      drain();
    });
    void this.#look();
  }

  /** No listening socket is open any more. */
  onDraining(): void {
    this.#isDraining = true;
  }

  /** @param onSaid the process may end */
  end(counted: WorkerReport | null, onSaid: () => void): void {
    this.#isOver = true;
    this.#timer?.cancel();
    clearInterval(this.#keepAlive);
    if (counted === null) onSaid();
    else this.#send({ type: 'counted', counters: counted }, undefined, onSaid);
  }

  #lookLater(): void {
    if (this.#isOver) return;
    this.#timer = this.#options.clock.setTimer(LOOK_EVERY_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { runDirectory } = this.#options;
    if (runDirectory === null) return;
    try {
      // A process that listens there is given the sockets.
      if (!(await isOursAlone(runDirectory))) throw new Error(`other users can write to ${runDirectory}`);
      const channel = await connectChannel(primarySocketOf(runDirectory).address);
      if (this.#isOver) return channel.close();
      this.#channel = channel;
      channel.read({
        onMessage: (message) => this.#onMessage(fromPrimary(message)),
        onEnd: () => {
          this.#channel = null;
          this.#lookLater();
        },
      });
    } catch {
      this.#lookLater();
    }
  }

  #onMessage(message: FromPrimary | null): void {
    switch (message?.type) {
      case 'primary':
        this.#onPrimary(message.version === SUCCESSION_VERSION && message.takesSockets && CAN_PASS_SOCKETS);
        return;
      case 'give':
        this.#give(message.ports);
        return;
      case 'drain':
        this.#options.drain(message.deadlineMs);
        return;
      case undefined:
        return;
      default:
        message satisfies never;
    }
  }

  #onPrimary(canGive: boolean): void {
    const { sockets, log, drain } = this.#options;
    const ports = canGive && !this.#isDraining ? [...sockets().keys()] : [];
    this.#send({ type: 'orphan', pid: process.pid, isDraining: this.#isDraining, ports });
    if (canGive || this.#isDraining) return;
    log.warn('the next primary does not support the transfer of sockets: draining, so that it can bind the ports');
    drain();
    this.#send({ type: 'given' });
  }

  #give(ports: readonly number[]): void {
    const sockets = this.#isDraining ? new Map<number, object>() : this.#options.sockets();
    for (const port of ports) {
      const socket = sockets.get(port);
      if (socket !== undefined) this.#send({ type: 'socket', port }, socket);
    }
    this.#send({ type: 'given' });
  }

  #send(message: FromOrphan, socket?: object, onSent?: () => void): void {
    if (this.#channel === null) onSent?.();
    else this.#channel.send(message, socket, onSent);
  }
}
