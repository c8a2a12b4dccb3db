import { type ChildProcess, fork, type SendHandle } from 'node:child_process';
import type { Clock, Timer } from '../core/clock.js';
import type { WorkerReport } from '../metrics/counters.js';
import type { Histogram } from '../metrics/histogram.js';
import type { SessionFacts, SessionReport } from '../metrics/sessions.js';
import type { PermitChanges, PermitNotice } from '../snapshot/permits.js';
import type { SlotSnapshot, Snapshot } from '../snapshot/snapshot.js';
import { portsOf } from './bound-ports.js';
import { ReportReader } from './counter-reports.js';
import type { ListeningSocket } from './listening-socket.js';
import type { PassiveFailure, SocketWay, ToPrimary, ToWorker, WorkerSettings } from './messages.js';
import { Questions } from './questions.js';

/**
 *             first applied            drain()              exit
 *   starting ───────────────► serving ─────────► draining ────────► gone
 *       │                        │                                   ▲
 *       └────────────────────────┴────────── exit, SIGKILL ──────────┘
 */
export type WorkerPhase = 'starting' | 'serving' | 'draining' | 'gone';

/** What the workers are to have in force. */
export interface Distribution {
  /** Grows with each one; a snapshot goes out again, under its old revision, when one more slot could be bound. */
  readonly sequence: number;
  /** Without the slots that are not bound. */
  readonly snapshot: Snapshot;
  readonly socketOf: (port: number) => ListeningSocket | undefined;
}

interface WorkerEvents {
  readonly onStarted: (worker: WorkerProcess) => void;
  /** `unserved`: slots that the worker could not listen on. */
  readonly onApplied: (worker: WorkerProcess, unserved: readonly string[]) => void;
  readonly onCounters: (worker: WorkerProcess, counters: WorkerReport) => void;
  readonly onPassiveFailure: (failure: PassiveFailure) => void;
  readonly onPermits: (worker: WorkerProcess, changes: readonly PermitChanges[]) => void;
  readonly onGone: (worker: WorkerProcess, exit: WorkerExit) => void;
}

export interface WorkerExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The process could not even be started. */
  readonly error: Error | null;
  readonly wasDraining: boolean;
}

/**
 * A heap that has its size from the start. Left alone the young generation grows by doubling, for minutes, and the old
 * one until its first whole collection: that looks like a leak, for 2 % of the CPU time of a request at most (8, 16 and
 * 32 MB beside each other: 1.07, 1.07 and 1.08 times HAProxy's; 1 and 4 MB: 1.09).
 */
const EXEC_ARGV = ['--min-semi-space-size=8', '--max-semi-space-size=8', '--initial-old-space-size=12'];
/** A worker cuts what is left at its deadline and exits; one that did not is killed after this much more. */
const DRAIN_MARGIN_MS = 2_000;

/** One forked worker. */
export class WorkerProcess {
  readonly index: number;
  /** Polls without an answer, one after another. */
  unanswered = 0;
  /** When it served for the first time, on the monotonic clock. */
  servingSinceMs: number | null = null;
  /** Null before it has started. */
  sockets: SocketWay | null = null;
  /** What `drained` said; null before. */
  cut: number | null = null;
  /** How late its event loop was, as it said last; null before. */
  loopDelay: Histogram | null = null;
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #events: WorkerEvents;
  #phase: WorkerPhase = 'starting';
  #hasStarted = false;
  #revision = 0;
  /** One is on its way at a time, the newest waits: a worker that hangs does not fill our memory. */
  #sent: Distribution | null = null;
  #applied: Distribution | null = null;
  #waiting: Distribution | null = null;
  #exit: Omit<WorkerExit, 'wasDraining'> | null = null;
  #killTimer: Timer | null = null;
  readonly #questions: Questions;
  readonly #reports = new ReportReader();
  readonly #servingWaiters = new Set<(isServing: boolean) => void>();

  constructor(file: string, settings: WorkerSettings, clock: Clock, events: WorkerEvents) {
    this.index = settings.index;
    this.#clock = clock;
    this.#events = events;
    this.#questions = new Questions(clock);
    this.#child = fork(file, [JSON.stringify(settings)], {
      execArgv: EXEC_ARGV,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    // Node drops its reference after a write that had to wait; our process could end then between the exit of a worker and
    // the end of its channel, which is what we wait for.
    this.#child.channel?.ref();
    this.#child.on('message', (message) => this.#onMessage(message as ToPrimary));
    this.#child.on('error', (error) => {
      // A failed send says so too, and its worker has an exit of its own.
      if (this.#child.pid === undefined) this.#onExit({ code: null, signal: null, error });
    });
    this.#child.on('exit', (code, signal) => this.#onExit({ code, signal, error: null }));
    this.#child.on('disconnect', () => this.#settle());
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get phase(): WorkerPhase {
    return this.#phase;
  }

  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  /** The newest revision that it has in force; 0 before the first. */
  get revision(): number {
    return this.#revision;
  }

  /** Whether the sockets that `sequence` does without may be closed: none is on its way to this worker, or in use. */
  isPast(sequence: number): boolean {
    if (this.#phase === 'gone') return true;
    return this.#sent === null && (this.#phase === 'draining' || (this.#applied?.sequence ?? sequence) >= sequence);
  }

  publish(distribution: Distribution): void {
    if (this.#phase === 'gone') return;
    if (this.#phase === 'draining') {
      const { gone } = distribution.snapshot;
      if (gone.length > 0) this.#send({ type: 'gone', places: gone });
      return;
    }
    this.#waiting = distribution;
    this.#sendNext();
  }

  /** Resolves with the answer, or without one after `deadlineMs` or when the worker is gone. */
  async askCounters(deadlineMs: number): Promise<void> {
    if (this.#phase === 'gone' || !this.#hasStarted) return;
    await this.#questions.ask(deadlineMs, (id) => this.#send({ type: 'report', id, known: this.#reports.known }));
  }

  /** @param app null: of all. @returns null: it does not answer in time */
  async askSessions(app: string | null, most: number, deadlineMs: number): Promise<SessionReport | null> {
    if (this.#phase === 'gone' || !this.#hasStarted) return { sessions: [], total: 0 };
    return this.#questions.ask(deadlineMs, (id) => this.#send({ type: 'sessions', id, app, most }));
  }

  /** @returns 'unknown': it has ended or never was; null: it does not answer in time */
  killSession(session: number, deadlineMs: number): Promise<SessionFacts | 'unknown' | null> {
    return this.#questions.ask(deadlineMs, (id) => this.#send({ type: 'kill-session', id, session }));
  }

  /** Resolves once it serves; rejects when it dies before, or does not within `deadlineMs`. */
  whenServing(deadlineMs: number): Promise<void> {
    if (this.#phase === 'serving') return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onDecided = (isServing: boolean): void => {
        timer.cancel();
        this.#servingWaiters.delete(onDecided);
        if (isServing) resolve();
        else reject(new Error(`worker ${this.index} (pid ${this.pid}) ended before it served`));
      };
      const timer = this.#clock.setTimer(deadlineMs, () => {
        this.#servingWaiters.delete(onDecided);
        reject(new Error(`worker ${this.index} (pid ${this.pid}) did not serve within ${deadlineMs} ms`));
      });
      this.#servingWaiters.add(onDecided);
      if (this.#phase === 'gone') onDecided(false);
    });
  }

  /** Also while it drains: it writes lines until it ends. */
  reopenLog(): void {
    if (this.#phase !== 'gone') this.#send({ type: 'reopen-log' });
  }

  /** Also while it drains: that may be what it waits for. */
  cutInstance(app: string, instance: string): void {
    if (this.#phase !== 'gone') this.#send({ type: 'cut-instance', app, instance });
  }

  sendPermits(notices: readonly PermitNotice[]): void {
    this.#send({ type: 'permits', notices });
  }

  drain(deadlineMs: number): void {
    if (this.#phase === 'gone' || (this.#phase === 'draining' && deadlineMs > 0)) return;
    this.#phase = 'draining';
    this.#waiting = null;
    this.#send({ type: 'drain', deadlineMs });
    this.#killTimer?.cancel();
    this.#killTimer = this.#clock.setTimer(deadlineMs + DRAIN_MARGIN_MS, () => this.kill());
  }

  kill(): void {
    if (this.#phase !== 'gone') this.#child.kill('SIGKILL');
  }

  #sendNext(): void {
    const next = this.#waiting;
    if (next === null || this.#sent !== null || !this.#hasStarted) return;
    this.#waiting = null;
    this.#sent = next;
    const known = new Set(this.#applied?.snapshot.slots.map(listenKey));
    for (const slot of next.snapshot.slots) {
      if (known.has(listenKey(slot))) continue;
      for (const port of portsOf(slot)) {
        const socket = next.socketOf(port);
        if (socket !== undefined) this.#send({ type: 'listen', port }, socket);
      }
    }
    this.#send({ type: 'snapshot', snapshot: next.snapshot });
  }

  #send(message: ToWorker, socket?: ListeningSocket): void {
    // Node sends bare handles of libuv as they are (`net.Native`), which its types do not say. That a message did not
    // arrive needs no word here: the channel is closed then, and the exit follows.
    this.#child.send(message, socket as unknown as SendHandle, () => {});
  }

  #onMessage(message: ToPrimary): void {
    switch (message.type) {
      case 'started':
        this.#hasStarted = true;
        this.sockets = message.sockets;
        this.unanswered = 0;
        this.#events.onStarted(this);
        this.#sendNext();
        return;
      case 'applied':
        this.#onApplied(message.revision, message.unserved ?? []);
        return;
      case 'report': {
        this.unanswered = 0;
        if (Array.isArray(message.loopDelay)) this.loopDelay = message.loopDelay;
        const report = this.#reports.read(message);
        if (report !== null) this.#events.onCounters(this, report);
        this.#questions.answer(message.id, true);
        return;
      }
      case 'sessions':
        this.#questions.answer(message.id, message.report);
        return;
      case 'session-killed':
        this.#questions.answer(message.id, message.killed ?? 'unknown');
        return;
      case 'passive-failure':
        this.#events.onPassiveFailure(message);
        return;
      case 'permits':
        this.#events.onPermits(this, message.changes);
        return;
      case 'drained':
        this.cut = message.cut;
        return;
      default:
        message satisfies never;
    }
  }

  #onApplied(revision: number, unserved: readonly string[]): void {
    this.#applied = this.#sent;
    this.#sent = null;
    this.#revision = revision;
    if (this.#phase === 'starting') {
      this.#phase = 'serving';
      this.servingSinceMs = this.#clock.now();
      for (const decide of [...this.#servingWaiters]) decide(true);
    }
    this.#events.onApplied(this, unserved);
    this.#sendNext();
  }

  #onExit(exit: Omit<WorkerExit, 'wasDraining'>): void {
    this.#exit ??= exit;
    this.#settle();
  }

  /** Gone only when the channel is read to its end: the last report may come after the exit. */
  #settle(): void {
    if (this.#exit === null || this.#child.connected || this.#phase === 'gone') return;
    const wasDraining = this.#phase === 'draining';
    this.#phase = 'gone';
    this.#killTimer?.cancel();
    this.#questions.end();
    for (const decide of [...this.#servingWaiters]) decide(false);
    this.#events.onGone(this, { ...this.#exit, wasDraining });
  }
}

/** What the data plane tells listeners apart by: a slot that changes its protocol needs its sockets anew. */
function listenKey({ app, port, protocol }: SlotSnapshot): string {
  return `${app} ${port} ${protocol}`;
}
