import type { Clock, Timer } from '../core/clock.js';
import type { WorkerReport } from '../metrics/counters.js';
import { createHistogram, type Histogram } from '../metrics/histogram.js';
import type { SessionFacts, SessionReport } from '../metrics/sessions.js';
import type { PermitChanges, PermitNotice } from '../snapshot/permits.js';
import { ReportReader } from './counter-reports.js';
import { ForkedProcess, type ProcessExit } from './forked-process.js';
import {
  DRAIN_MARGIN_MS,
  type PassiveFailure,
  type SocketWay,
  type ToPrimary,
  type WorkerSettings,
} from './messages.js';
import { Questions } from './questions.js';
import { type Distribution, SnapshotDelivery } from './snapshot-delivery.js';

/**
 *             first applied            drain()              exit
 *   starting ───────────────► serving ─────────► draining ────────► gone
 *       │                        │                                   ▲
 *       └────────────────────────┴────────── exit, SIGKILL ──────────┘
 */
export type WorkerPhase = 'starting' | 'serving' | 'draining' | 'gone';

interface WorkerEvents {
  readonly onStarted: (worker: WorkerProcess) => void;
  readonly onServing: (worker: WorkerProcess) => void;
  /** `unserved`: slots that the worker could not listen on. */
  readonly onApplied: (worker: WorkerProcess, unserved: readonly string[]) => void;
  readonly onCounters: (worker: WorkerProcess, counters: WorkerReport) => void;
  readonly onPassiveFailure: (failure: PassiveFailure) => void;
  readonly onPermits: (worker: WorkerProcess, changes: readonly PermitChanges[]) => void;
  readonly onGone: (worker: WorkerProcess, exit: WorkerExit) => void;
}

export interface WorkerExit extends ProcessExit {
  readonly wasDraining: boolean;
  /** It did not answer any more, and was killed for that. */
  readonly wasHung: boolean;
  /** It never took a connection. */
  readonly hasServed: boolean;
}

/** One worker: its life from the fork to its end, what it is told, and what it is asked. */
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
  /** How late its event loop was, as it said last: never, before its first report. Null: a worker of an older program does not say it. */
  loopDelay: Histogram | null = createHistogram();
  /** How much of the last second it had nothing to do; null before it said so. */
  idlePercent: number | null = null;
  readonly #process: ForkedProcess;
  readonly #clock: Clock;
  readonly #events: WorkerEvents;
  #phase: WorkerPhase = 'starting';
  #hasStarted = false;
  #isHung = false;
  #killTimer: Timer | null = null;
  readonly #delivery: SnapshotDelivery;
  readonly #questions: Questions;
  readonly #reports = new ReportReader();
  readonly #servingWaiters = new Set<(isServing: boolean) => void>();

  constructor(file: string, settings: WorkerSettings, clock: Clock, events: WorkerEvents) {
    this.index = settings.index;
    this.#clock = clock;
    this.#events = events;
    this.#questions = new Questions(clock);
    this.#process = new ForkedProcess(file, JSON.stringify(settings), {
      onMessage: (message) => this.#onMessage(message),
      onEnd: (exit) => this.#onEnd(exit),
    });
    this.#delivery = new SnapshotDelivery((message, socket) => this.#process.send(message, socket));
  }

  get pid(): number {
    return this.#process.pid;
  }

  get phase(): WorkerPhase {
    return this.#phase;
  }

  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  /** The newest revision that it has in force; 0 before the first. */
  get revision(): number {
    return this.#delivery.revision;
  }

  /** Whether the sockets that `sequence` does without may be closed: none is on its way to this worker, or in use. */
  isPast(sequence: number): boolean {
    return this.#phase === 'gone' || this.#delivery.isPast(sequence);
  }

  publish(distribution: Distribution): void {
    if (this.#phase !== 'gone') this.#delivery.publish(distribution);
  }

  /** Resolves with the answer, or without one after `deadlineMs` or when the worker is gone. @param clears maxima begin anew */
  async askCounters(deadlineMs: number, clears = false): Promise<void> {
    if (this.#phase === 'gone' || !this.#hasStarted) return;
    const { known } = this.#reports;
    await this.#questions.ask(deadlineMs, (id) => this.#process.send({ type: 'report', id, known, clears }));
  }

  /** @param app null: of all. @returns null: it does not answer in time */
  async askSessions(app: string | null, most: number, deadlineMs: number): Promise<SessionReport | null> {
    if (this.#phase === 'gone' || !this.#hasStarted) return { sessions: [], total: 0 };
    return this.#questions.ask(deadlineMs, (id) => this.#process.send({ type: 'sessions', id, app, most }));
  }

  /** @returns 'unknown': it has ended or never was; null: it does not answer in time */
  killSession(session: number, deadlineMs: number): Promise<SessionFacts | 'unknown' | null> {
    return this.#questions.ask(deadlineMs, (id) => this.#process.send({ type: 'kill-session', id, session }));
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
    if (this.#phase !== 'gone') this.#process.send({ type: 'reopen-log' });
  }

  /** Also while it drains: that may be what it waits for. */
  cutInstance(app: string, instance: string): void {
    if (this.#phase !== 'gone') this.#process.send({ type: 'cut-instance', app, instance });
  }

  sendPermits(notices: readonly PermitNotice[]): void {
    this.#process.send({ type: 'permits', notices });
  }

  drain(deadlineMs: number): void {
    if (this.#phase === 'gone' || (this.#phase === 'draining' && deadlineMs > 0)) return;
    this.#phase = 'draining';
    this.#delivery.end();
    this.#process.send({ type: 'drain', deadlineMs });
    this.#killTimer?.cancel();
    this.#killTimer = this.#clock.setTimer(deadlineMs + DRAIN_MARGIN_MS, () => this.kill());
  }

  kill(): void {
    if (this.#phase !== 'gone') this.#process.kill();
  }

  /** It does not answer any more. */
  killHung(): void {
    this.#isHung = true;
    this.kill();
  }

  #onMessage(message: ToPrimary): void {
    switch (message.type) {
      case 'started':
        this.#hasStarted = true;
        this.sockets = message.sockets;
        this.unanswered = 0;
        this.#events.onStarted(this);
        this.#delivery.begin();
        return;
      case 'applied':
        this.#onApplied(message.revision, message.unserved ?? []);
        return;
      case 'report': {
        this.unanswered = 0;
        this.loopDelay = message.loop?.delay ?? null;
        this.idlePercent = message.loop?.idlePercent ?? null;
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
    this.#delivery.onApplied(revision);
    if (this.#phase === 'starting') {
      this.#phase = 'serving';
      this.servingSinceMs = this.#clock.now();
      for (const decide of [...this.#servingWaiters]) decide(true);
      this.#events.onServing(this);
    }
    this.#events.onApplied(this, unserved);
    this.#delivery.sendNext();
  }

  #onEnd(exit: ProcessExit): void {
    const wasDraining = this.#phase === 'draining';
    this.#phase = 'gone';
    this.#killTimer?.cancel();
    this.#questions.end();
    for (const decide of [...this.#servingWaiters]) decide(false);
    const hasServed = this.servingSinceMs !== null;
    this.#events.onGone(this, { ...exit, wasDraining, wasHung: this.#isHung, hasServed });
  }
}
