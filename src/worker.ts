/**
 * Root of the data plane: one process that serves what it is told to, and that needs nobody to go on serving.
 * The primary decides when it starts, drains and ends. When the primary dies, it serves on for a bounded time, gives its
 * sockets to the next primary, drains and ends by itself.
 */
import { hostname } from 'node:os';
import { AccessLog } from './access-log/access-log.js';
import { createLogTarget } from './access-log/targets/create-log-target.js';
import type { LogTarget } from './access-log/targets/log-target.js';
import { ReportWriter } from './cluster/counter-reports.js';
import type { AccessLogSettings, SocketWay, ToPrimary, ToWorker, WorkerSettings } from './cluster/messages.js';
import { Orphan } from './cluster/orphan.js';
import { MAX_ORPHAN_DRAIN_MS } from './cluster/succession.js';
import { systemClock } from './core/clock.js';
import { descriptorLimit } from './core/descriptor-limit.js';
import { createLog, type Log } from './core/log.js';
import { LOG_FORMATS, LOG_LEVELS } from './core/log-levels.js';
import { MessageRate } from './core/message-rate.js';
import { countedSince } from './metrics/counted-since.js';
import type { WorkerCounters, WorkerReport } from './metrics/counters.js';
import { LoopDelay } from './metrics/loop-delay.js';
import { LoopIdle } from './metrics/loop-idle.js';
import { createDataPlane, type DataPlane } from './proxy/data-plane.js';
import { shareOf } from './proxy/limits/client-limit.js';
import type { InstanceSnapshot, Snapshot } from './snapshot/snapshot.js';

const EXIT_SOFTWARE = 70;
/** A worker that has drained waits so long for its last lines to be written. */
const ACCESS_LOG_PATIENCE_MS = 1_000;
/** Of lines about counters that cannot be read, which would come with each report. */
const BOOK_FAULT_INTERVAL_MS = 60_000;
/** The first failures decide about an instance; of those after them one in a while says enough. */
const TOLD_AT_ONCE = 3;
const PASSIVE_FAILURE_INTERVAL_MS = 100;

/** The primary decides. A terminal sends its signals to the whole group, and Node answers USR1 with the inspector. */
const IGNORED_SIGNALS = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
/** Ignored as well, unless the primary is dead. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

class Worker {
  readonly #log: Log;
  readonly #logTarget: LogTarget | null;
  readonly #dataPlane: DataPlane;
  readonly #toldAtMs = new Map<string, number>();
  readonly #bookFaults = new MessageRate(systemClock, BOOK_FAULT_INTERVAL_MS);
  readonly #settings: WorkerSettings;
  readonly #loopDelay = new LoopDelay(systemClock);
  readonly #loopIdle = new LoopIdle();
  readonly #reports = new ReportWriter();
  #orphan: Orphan | null = null;
  /** As they were when the primary died. */
  #countersBefore: WorkerReport | null = null;
  #longestDrainMs = 0;
  #isDraining = false;

  constructor(settings: WorkerSettings, log: Log) {
    this.#settings = settings;
    this.#log = log;
    this.#loopDelay.start();
    const { maxConnections = 0 } = settings;
    const place = { index: settings.index, count: settings.workers };
    process.on('exit', () => this.#onExit());
    const { accessLog } = settings;
    this.#logTarget =
      accessLog === null ? null : createLogTarget(accessLog.target, { clock: systemClock, random: Math.random, log });
    this.#dataPlane = createDataPlane({
      clock: systemClock,
      random: Math.random,
      log,
      worker: place,
      bounds: {
        clients: maxConnections > 0 ? shareOf(maxConnections, place) : Number.POSITIVE_INFINITY,
        descriptors: descriptorLimit(),
      },
      accessLog: accessLog === null || this.#logTarget === null ? null : createAccessLog(accessLog, this.#logTarget),
      askPermits: (changes) => send({ type: 'permits', changes }),
      onConnectFailure: (app, instance, failures) => this.#onConnectFailure(app, instance, failures),
    });
  }

  get sockets(): SocketWay {
    return this.#dataPlane.isDirect ? 'handles' : 'streams';
  }

  onMessage(message: ToWorker, handle: unknown): void {
    switch (message.type) {
      case 'listen':
        // A handle that was lost on its way leaves the port to the data plane, which says that it cannot bind it.
        if (handle !== undefined && handle !== null) this.#dataPlane.adoptListener(message.port, handle);
        return;
      case 'snapshot':
        void this.#apply(message.snapshot);
        return;
      case 'report':
        this.#report(message.id, message.known, message.clears);
        return;
      case 'cut-instance':
        this.#dataPlane.cutInstance(message.app, message.instance);
        return;
      case 'sessions':
        send({ type: 'sessions', id: message.id, report: this.#dataPlane.sessions(message.app, message.most) });
        return;
      case 'kill-session':
        send({ type: 'session-killed', id: message.id, killed: this.#dataPlane.killSession(message.session) });
        return;
      case 'reopen-log':
        this.#logTarget?.reopen();
        return;
      case 'gone':
        this.#dataPlane.endGone(message.places);
        return;
      case 'permits':
        this.#dataPlane.takePermits(message.notices);
        return;
      case 'drain':
        void this.drain(message.deadlineMs);
        if (message.deadlineMs === 0) this.#dataPlane.endDrain();
        return;
      default:
        message satisfies never;
    }
  }

  /** @param deadlineMs by default what the slots allow their clients. Ends the process. */
  async drain(deadlineMs = Math.min(this.#longestDrainMs, MAX_ORPHAN_DRAIN_MS)): Promise<void> {
    if (this.#isDraining) return;
    this.#isDraining = true;
    // The data plane's timers keep no process alive, and there may be no channel any more that does.
    const keepAlive = setInterval(() => {}, MAX_ORPHAN_DRAIN_MS);
    const drained = this.#dataPlane.drain(deadlineMs);
    this.#orphan?.onDraining();
    const cut = await drained;
    await this.#logTarget?.flush(ACCESS_LOG_PATIENCE_MS);
    // So that the last report knows what is lost.
    this.#logTarget?.writeNow();
    const end = (): void => {
      clearInterval(keepAlive);
      process.exit(0);
    };
    if (this.#orphan !== null) {
      this.#orphan.end(this.#countedAlone(), end);
      return;
    }
    this.#report(0, undefined);
    send({ type: 'drained', cut }, end);
  }

  /** Also by an error, where the last report was made before these lines were lost. */
  #onExit(): void {
    const target = this.#logTarget;
    if (target === null) return;
    const { dropped } = target;
    target.writeNow();
    if (target.dropped > dropped) this.#report(0, undefined);
  }

  /** Nobody tells this worker anything any more. Permits of instances with a limit that are held here stay here. */
  onPrimaryGone(): void {
    this.#dataPlane.onPrimaryGone();
    const { orphanGraceMs = 0, runDirectory = null } = this.#settings;
    const servesNothing = this.#dataPlane.servedApps().size === 0;
    if (this.#isDraining || servesNothing || orphanGraceMs === 0) {
      this.#log.warn('the primary is gone: draining');
      void this.drain();
      return;
    }
    this.#countersBefore = copyOf(this.#readCounters());
    this.#orphan = new Orphan({
      runDirectory,
      graceMs: orphanGraceMs,
      clock: systemClock,
      log: this.#log,
      sockets: () => this.#dataPlane.listeningSockets(),
      drain: (deadlineMs) => void this.drain(deadlineMs),
    });
    this.#orphan.start();
  }

  /** A signal that is for the primary, as long as there is one. */
  onStopSignal(): void {
    if (this.#orphan === null || this.#isDraining) return;
    this.#log.warn('a worker without a primary was told to stop: draining');
    void this.drain();
  }

  #countedAlone(): WorkerReport | null {
    const [before, now] = [this.#countersBefore, copyOf(this.#readCounters())];
    return before === null || now === null ? null : countedSince(before, now);
  }

  async #apply(snapshot: Snapshot): Promise<void> {
    this.#longestDrainMs = Math.max(0, ...snapshot.slots.map(({ timeouts }) => timeouts.drainMs));
    this.#toldAtMs.clear();
    let unserved: readonly string[] = [];
    try {
      await this.#dataPlane.apply(snapshot);
    } catch (error) {
      // The first failure is told before the others have happened.
      await new Promise((resolve) => setImmediate(resolve));
      const served = this.#dataPlane.servedApps();
      unserved = snapshot.slots.map(({ app }) => app).filter((app) => !served.has(app));
      this.#log.error({ err: error, revision: snapshot.revision, unserved }, 'serving some slots failed');
    }
    send({ type: 'applied', revision: snapshot.revision, ...(unserved.length > 0 && { unserved }) });
  }

  /** @param known the last report that the primary has; undefined: it gets all */
  #report(id: number, known: number | undefined, clears = false): void {
    const said = this.#reports.write(this.#readCounters(clears), known);
    const loop = { delay: this.#loopDelay.histogram, idlePercent: this.#loopIdle.look() };
    send({ type: 'report', id, ...said, loop });
  }

  #readCounters(clears = false): WorkerCounters | null {
    try {
      if (clears) this.#dataPlane.clearMaxima();
      return this.#dataPlane.counters();
    } catch (error) {
      const unsaid = this.#bookFaults.ask();
      if (unsaid !== null) this.#log.error({ err: error, unsaid }, 'reading the counters failed');
      return null;
    }
  }

  #onConnectFailure(
    app: string,
    { id: instance, life }: Pick<InstanceSnapshot, 'id' | 'life'>,
    failures: number,
  ): void {
    const key = `${app} ${instance}`;
    const now = systemClock.now();
    const toldAtMs = this.#toldAtMs.get(key) ?? Number.NEGATIVE_INFINITY;
    if (failures > TOLD_AT_ONCE && now - toldAtMs < PASSIVE_FAILURE_INTERVAL_MS) return;
    this.#toldAtMs.set(key, now);
    send({ type: 'passive-failure', app, instance, life, failures });
  }
}

function createAccessLog(settings: AccessLogSettings, target: LogTarget): AccessLog {
  return new AccessLog({ ...settings, pid: process.pid, hostname: hostname() }, target);
}

/** As it is now: the counters themselves go on. */
function copyOf(counters: WorkerCounters | null): WorkerReport | null {
  return counters === null ? null : (JSON.parse(JSON.stringify(counters)) as WorkerReport);
}

/** To a primary that is gone there is nothing to say. */
function send(message: ToPrimary, onSent: () => void = () => {}): void {
  if (process.connected && process.send !== undefined) process.send(message, undefined, undefined, onSent);
  else onSent();
}

function readSettings(): WorkerSettings {
  const text = process.argv[2];
  if (text === undefined || process.send === undefined) {
    throw new Error('this file is forked by the primary; start a node with `autoproxy node`');
  }
  return JSON.parse(text) as WorkerSettings;
}

function runWorker(): void {
  const settings = readSettings();
  const level = LOG_LEVELS.find((name) => name === settings.logLevel) ?? 'info';
  const format = LOG_FORMATS.find((name) => name === settings.logFormat) ?? 'json';
  const log = createLog({ level, format, name: `worker ${settings.index}` });
  const onFatal = (error: unknown): void => {
    log.fatal({ err: error }, 'unexpected error: this worker ends');
    process.exit(EXIT_SOFTWARE);
  };
  process.on('uncaughtException', onFatal);
  process.on('unhandledRejection', onFatal);
  for (const signal of IGNORED_SIGNALS) process.on(signal, () => {});
  let worker: Worker | null = null;
  for (const signal of STOP_SIGNALS) process.on(signal, () => worker?.onStopSignal());
  worker = new Worker(settings, log);
  process.on('message', (message, handle) => worker?.onMessage(message as ToWorker, handle));
  process.on('disconnect', () => worker?.onPrimaryGone());
  send({ type: 'started', sockets: worker.sockets });
}

runWorker();
