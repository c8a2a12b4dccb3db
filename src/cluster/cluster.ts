import { fileURLToPath } from 'node:url';
import { MAX_DURATION_MS } from '../core/durations.js';
import { reasonOf } from '../core/thrown.js';
import type { WorkerCounters } from '../metrics/counters.js';
import type { Histogram } from '../metrics/histogram.js';
import type { SessionFacts, SessionReport } from '../metrics/sessions.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { BoundPorts } from './bound-ports.js';
import type { ClusterOptions } from './cluster-options.js';
import { Condition } from './condition.js';
import { CounterBooks } from './counter-books.js';
import type { ListeningSocket } from './listening-socket.js';
import type { SocketWay } from './messages.js';
import { PermitBook } from './permit-book.js';
import { SnapshotDistributor } from './snapshot-distributor.js';
import { WorkerPlace } from './worker-place.js';
import { WorkerPoll } from './worker-poll.js';
import { type WorkerExit, type WorkerPhase, WorkerProcess } from './worker-process.js';

/** The shape that the admin API shows. */
interface WorkerSummary {
  readonly index: number;
  readonly pid: number;
  readonly state: Exclude<WorkerPhase, 'gone'>;
  readonly revision: number;
  readonly restarts: number;
  readonly sockets: SocketWay | null;
}

interface WorkerSessions {
  readonly index: number;
  readonly pid: number;
  /** null: it does not answer. */
  readonly report: SessionReport | null;
}

const WORKER_FILE = fileURLToPath(new URL('../worker.js', import.meta.url));
const SESSIONS_DEADLINE_MS = 1_000;
const ROLL_DRAIN_MS = 15_000;

/** The workers of a node: keeps them alive, gives them sockets and snapshots, and adds up what they count. */
export class Cluster {
  /** Called when a worker was started, or has ended. */
  onWorkersChanged: (() => void) | null = null;
  readonly books: CounterBooks<WorkerProcess>;
  readonly #options: ClusterOptions;
  readonly #ports: BoundPorts;
  readonly #places: readonly WorkerPlace[];
  readonly #workers = new Set<WorkerProcess>();
  readonly #distributor: SnapshotDistributor;
  readonly #permits: PermitBook<WorkerProcess>;
  #roll: Promise<void> | null = null;
  readonly #poll: WorkerPoll;
  #keepAlive: ReturnType<typeof setInterval> | undefined;
  #isStopping = false;
  #cut = 0;
  /** Rechecked whenever a worker has applied a snapshot or has ended. */
  readonly #condition = new Condition();

  constructor(options: ClusterOptions) {
    this.#options = options;
    const { clock, random, log, observer = null } = options;
    this.books = new CounterBooks(clock, log);
    this.#ports = new BoundPorts({
      clock,
      random,
      log,
      onRecovered: () => this.#distributor.distribute(),
      onBindResult: (app, error) => options.onBindResult?.(app, error),
    });
    this.#distributor = new SnapshotDistributor(this.#ports, this.#workers);
    this.#permits = new PermitBook({
      clock,
      workers: options.workers,
      send: (worker, notices) => worker.sendPermits(notices),
    });
    this.#poll = new WorkerPoll(this.#workers, this.books, clock, log);
    this.#places = Array.from(
      { length: options.workers },
      (_, index) => new WorkerPlace({ index, fork: (place) => this.#fork(place), clock, random, log, observer }),
    );
  }

  /** Forks the workers. They serve from the first snapshot on. */
  start(): void {
    for (const place of this.#places) place.fill();
    this.#poll.start();
    // Neither a clock's timers nor bound sockets keep the process alive: without this the node could end while all of its
    // workers are dead and their successors are not forked.
    this.#keepAlive = setInterval(() => {}, MAX_DURATION_MS);
  }

  /** Binds new slots and sends the snapshot to all workers. A slot that fails to bind is left out and tried again. */
  publish(snapshot: Snapshot): void {
    if (this.#isStopping) return;
    this.books.forgetInstances(snapshot);
    this.#permits.setLimits(snapshot);
    this.#distributor.publish(snapshot);
  }

  /** Why the slot of `app` is not bound, with its port and, if known, the holder of that port; null when it is bound. */
  bindErrorOf(app: string): string | null {
    return this.#ports.bindErrorOf(app);
  }

  /** The oldest revision that a serving worker has in force; 0 while none serves. */
  get appliedRevision(): number {
    const revisions = [...this.#workers].filter(({ phase }) => phase === 'serving').map(({ revision }) => revision);
    return revisions.length === 0 ? 0 : Math.min(...revisions);
  }

  /** Resolves when all serving workers have `revision` or a later one in force. Never, when the cluster is stopped before. */
  whenApplied(revision: number): Promise<void> {
    return this.#condition.until(() => this.appliedRevision >= revision);
  }

  /** The counters of this node since its start. For a worker that does not answer in 200 ms, its last report counts. */
  counters(): Promise<WorkerCounters> {
    return this.#poll.look();
  }

  /** The most at once, the most a second and the longest times begin anew. Counters do not: they only grow. */
  clearMaxima(): Promise<void> {
    return this.#poll.clearMaxima();
  }

  workers(): readonly WorkerSummary[] {
    const summaries: WorkerSummary[] = [];
    for (const { index, pid, phase, revision, sockets } of this.#workers) {
      if (phase === 'gone') continue;
      summaries.push({ index, pid, state: phase, revision, restarts: this.#places[index]?.restarts ?? 0, sockets });
    }
    return summaries.sort((a, b) => a.index - b.index || a.pid - b.pid);
  }

  /** How late the event loop of each place's worker was, as it said last; the newest one, where two have a place. */
  loopDelays(): readonly { readonly index: number; readonly pid: number; readonly loopDelay: Histogram | null }[] {
    const newest = new Map([...this.#workers].map((worker) => [worker.index, worker]));
    return [...newest.values()].map(({ index, pid, loopDelay }) => ({ index, pid, loopDelay }));
  }

  /** How much of the last second the workers had nothing to do, in percent; null: none has said it. */
  get idlePercent(): number | null {
    const said = [...this.#workers].flatMap(({ idlePercent }) => idlePercent ?? []);
    return said.length === 0 ? null : Math.round(said.reduce((sum, percent) => sum + percent, 0) / said.length);
  }

  /** All workers open the access log anew. */
  reopenLogs(): void {
    for (const worker of this.#workers) worker.reopenLog();
  }

  /** Ends what is under way with an instance, at all workers. */
  cutInstance(app: string, instance: string): void {
    for (const worker of this.#workers) worker.cutInstance(app, instance);
  }

  /** What is under way at each worker. @param app null: of all. @param most of each worker, the oldest */
  sessions(app: string | null, most: number): Promise<readonly WorkerSessions[]> {
    const asked = [...this.#workers].map(async (worker) => ({
      ...{ index: worker.index, pid: worker.pid },
      report: await worker.askSessions(app, most, SESSIONS_DEADLINE_MS),
    }));
    return Promise.all(asked);
  }

  /** @returns the session as it was; 'unknown': it has ended or never was; null: the worker does not answer */
  async killSession(pid: number, session: number): Promise<SessionFacts | 'unknown' | null> {
    const worker = [...this.#workers].find((candidate) => candidate.pid === pid);
    return worker === undefined ? 'unknown' : worker.killSession(session, SESSIONS_DEADLINE_MS);
  }

  /** Takes over a listening socket of a worker whose primary died. */
  inherit(port: number, socket: ListeningSocket): void {
    if (this.#isStopping) socket.close();
    else this.#ports.inherit(port, socket);
  }

  /** Closes the inherited sockets that no slot of the snapshot needed. */
  closeInherited(): void {
    this.#ports.closeInherited();
  }

  /**
   * Replaces the workers one after another; each is drained, for `drainMs` at most, once its successor serves.
   * Rejects at the first successor that fails to serve. A second call during a roll joins it.
   */
  roll({ drainMs = ROLL_DRAIN_MS }: { readonly drainMs?: number } = {}): Promise<void> {
    this.#roll ??= this.#rollPlaces(drainMs).finally(() => {
      this.#roll = null;
    });
    return this.#roll;
  }

  /**
   * Stops accepting, lets exchanges and tunnels end, cuts the rest at the deadline; with 0 now, also in the midst of a drain.
   * Resolves when the last worker has ended, a margin after the deadline at the latest. @returns how many exchanges and
   * tunnels were cut.
   */
  async drain({ deadlineMs }: { readonly deadlineMs: number }): Promise<number> {
    this.#stop();
    for (const worker of this.#workers) worker.drain(deadlineMs);
    this.#distributor.closeUnneeded();
    await this.#whenEnded();
    return this.#cut;
  }

  /** Cuts everything. Resolves when the last worker is gone. */
  async kill(): Promise<void> {
    this.#stop();
    for (const worker of this.#workers) worker.kill();
    await this.#whenEnded();
  }

  #fork(index: number): WorkerProcess {
    const { workers, workerFile = WORKER_FILE, settings, clock, observer, onPassiveFailure } = this.#options;
    const worker = new WorkerProcess(workerFile, { ...settings, index, workers }, clock, {
      onStarted: (started) => this.#distributor.giveTo(started),
      onServing: (serving) => observer?.onWorkerServes(serving),
      onApplied: (_, unserved) => {
        this.#distributor.onApplied(unserved);
        this.#condition.recheck();
      },
      onCounters: (reporting, counters) => this.books.record(reporting, counters),
      onPassiveFailure,
      onPermits: (asking, changes) => this.#permits.change(asking, changes),
      onGone: (gone, exit) => this.#onGone(gone, exit),
    });
    this.#workers.add(worker);
    this.onWorkersChanged?.();
    return worker;
  }

  #onGone(worker: WorkerProcess, exit: WorkerExit): void {
    if (this.#isStopping) this.#cut += worker.cut ?? this.books.underWayOf(worker);
    this.books.retire(worker);
    this.#permits.drop(worker);
    this.#workers.delete(worker);
    this.onWorkersChanged?.();
    this.#places[worker.index]?.onGone(worker, exit);
    this.#distributor.closeUnneeded();
    this.#condition.recheck();
  }

  async #rollPlaces(drainMs: number): Promise<void> {
    const { observer } = this.#options;
    try {
      for (const place of this.#places) await place.roll(drainMs);
    } catch (error) {
      observer?.onRollFailed(reasonOf(error));
      throw error;
    }
    observer?.onRolled(this.#places.length, drainMs);
  }

  #stop(): void {
    this.#isStopping = true;
    this.#distributor.end();
    this.#poll.stop();
    clearInterval(this.#keepAlive);
    this.#ports.stop();
    this.#ports.closeInherited();
    this.#permits.stop();
    for (const place of this.#places) place.stop();
  }

  async #whenEnded(): Promise<void> {
    await this.#condition.until(() => this.#workers.size === 0);
    this.#distributor.closeUnneeded();
  }
}
