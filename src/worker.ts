/**
 * Root of the data plane: one process that serves what it is told to, and that needs nobody to go on serving.
 * The primary decides when it starts, drains and ends; when the primary dies, it drains and ends by itself.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import type { ToPrimary, ToWorker, WorkerSettings } from './cluster/messages.js';
import { systemClock } from './core/clock.js';
import { createLog, LOG_LEVELS, type Log } from './core/log.js';
import { MessageRate } from './core/message-rate.js';
import type { WorkerCounters } from './metrics/counters.js';
import { createDataPlane, type DataPlane } from './proxy/data-plane.js';
import type { Snapshot } from './snapshot/snapshot.js';

const EXIT_SOFTWARE = 70;
/** Without a primary nobody can stop us later. */
const MAX_ORPHAN_DRAIN_MS = 30_000;
const ACCESS_LOG_MIN_BYTES = 4_096;
/** A full disk must not fill our memory: lines beyond this are dropped. */
const ACCESS_LOG_MAX_BYTES = 4_194_304;
const ACCESS_LOG_FLUSH_MS = 250;
/** Of lines about what can not be counted or written, which would come with each try. */
const BOOK_FAULT_INTERVAL_MS = 60_000;
/** The first failures decide about an instance; of those after them one in a while says enough. */
const TOLD_AT_ONCE = 3;
const PASSIVE_FAILURE_INTERVAL_MS = 100;

/** The primary decides. A terminal sends its signals to the whole group, and Node answers USR1 with the inspector. */
const IGNORED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

interface AccessLog {
  readonly write: (line: string) => void;
  readonly flush: () => void;
}

class Worker {
  readonly #log: Log;
  readonly #accessLog: AccessLog | null;
  readonly #dataPlane: DataPlane;
  readonly #toldAtMs = new Map<string, number>();
  readonly #bookFaults = new MessageRate(systemClock, BOOK_FAULT_INTERVAL_MS);
  #longestDrainMs = 0;
  #isDraining = false;

  constructor(settings: WorkerSettings, log: Log) {
    this.#log = log;
    this.#accessLog = settings.accessLog === null ? null : openAccessLog(settings.accessLog, log);
    this.#dataPlane = createDataPlane({
      clock: systemClock,
      random: Math.random,
      log,
      worker: { index: settings.index, count: settings.workers },
      accessLog: this.#accessLog?.write ?? null,
      onConnectFailure: (app, instance, failures) => this.#onConnectFailure(app, instance, failures),
    });
  }

  onMessage(message: ToWorker, handle: unknown): void {
    switch (message.type) {
      case 'listen':
        // A handle that was lost on its way leaves the port to the data plane, which says that it can not bind it.
        if (handle !== undefined && handle !== null) this.#dataPlane.adoptListener(message.port, handle);
        return;
      case 'snapshot':
        void this.#apply(message.snapshot);
        return;
      case 'report':
        this.#report(message.id);
        return;
      case 'drain':
        void this.drain(message.deadlineMs);
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
    const cut = await this.#dataPlane.drain(deadlineMs);
    this.#accessLog?.flush();
    this.#report(0);
    send({ type: 'drained', cut }, () => {
      clearInterval(keepAlive);
      process.exit(0);
    });
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
      this.#log.error({ err: error, revision: snapshot.revision, unserved }, 'slots are not served');
    }
    send({ type: 'applied', revision: snapshot.revision, ...(unserved.length > 0 && { unserved }) });
  }

  #report(id: number): void {
    send({ type: 'report', id, counters: this.#readCounters() });
  }

  #readCounters(): WorkerCounters | null {
    try {
      return this.#dataPlane.counters();
    } catch (error) {
      const unsaid = this.#bookFaults.ask();
      if (unsaid !== null) this.#log.error({ err: error, unsaid }, 'the counters can not be read');
      return null;
    }
  }

  #onConnectFailure(app: string, instance: string, failures: number): void {
    const key = `${app} ${instance}`;
    const now = systemClock.now();
    const toldAtMs = this.#toldAtMs.get(key) ?? Number.NEGATIVE_INFINITY;
    if (failures > TOLD_AT_ONCE && now - toldAtMs < PASSIVE_FAILURE_INTERVAL_MS) return;
    this.#toldAtMs.set(key, now);
    send({ type: 'passive-failure', app, instance, failures });
  }
}

/** One destination a worker. Lines reach the file in blocks, a quarter of a second late at most. */
function openAccessLog(target: string, log: Log): AccessLog {
  if (target !== '-') mkdirSync(path.dirname(path.resolve(target)), { recursive: true });
  const destination = pino.destination({
    dest: target === '-' ? 1 : target,
    sync: false,
    minLength: ACCESS_LOG_MIN_BYTES,
    maxLength: ACCESS_LOG_MAX_BYTES,
  });
  // Traffic goes on without its log: a disk that is full or a reader that is gone is no reason to stop.
  destination.on('error', (error: Error) => log.error({ err: error, accessLog: target }, 'access log is not written'));
  setInterval(() => destination.flush(), ACCESS_LOG_FLUSH_MS).unref();
  return {
    write: (line) => {
      destination.write(line);
    },
    flush: () => {
      try {
        destination.flushSync();
      } catch (error) {
        log.error({ err: error, accessLog: target }, 'the last lines of the access log are lost');
      }
    },
  };
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
  const log = createLog({ level, name: `worker ${settings.index}` });
  const onFatal = (error: unknown): void => {
    log.fatal({ err: error }, 'worker ends: an error that nobody expected');
    process.exit(EXIT_SOFTWARE);
  };
  process.on('uncaughtException', onFatal);
  process.on('unhandledRejection', onFatal);
  for (const signal of IGNORED_SIGNALS) process.on(signal, () => {});
  const worker = new Worker(settings, log);
  process.on('message', (message, handle) => worker.onMessage(message as ToWorker, handle));
  process.on('disconnect', () => {
    log.warn('the primary is gone: draining');
    void worker.drain();
  });
  send({ type: 'started' });
}

runWorker();
