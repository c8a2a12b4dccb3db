import type { Cluster } from '../cluster/cluster.js';
import { neighborKey, targetKey } from '../control/check-targets.js';
import type { ControlPlane } from '../control/control-plane.js';
import type { Readiness } from '../control/readiness.js';
import type { SourceFeed } from '../control/source-feed.js';
import type { UnexpectedErrors } from '../control/unexpected-errors.js';
import type { Clock } from '../core/clock.js';
import { PROGRAM_VERSION } from '../core/program-version.js';
import type { HealthChecker } from '../health/checker.js';
import type { Measurement } from '../health/measurement.js';
import { createSlotCounters, type WorkerCounters } from '../metrics/counters.js';
import type {
  AppFigures,
  ExpositionInput,
  InstanceFigures,
  NodeFigures,
  ProcessFigures,
} from '../metrics/exposition/input.js';
import { LoopDelay } from '../metrics/loop-delay.js';
import type { App, Instance } from '../model/app.js';
import { serverNameOf } from '../model/haproxy-names.js';
import type { RegistrarState } from '../registrar/reconciler.js';
import type { Registrar } from '../registrar/registrar.js';
import type { KeptState } from './kept-state.js';
import { readProcess } from './process-figures.js';

interface NodeMetricsParts {
  readonly clock: Clock;
  readonly cluster: Cluster;
  readonly checker: HealthChecker;
  readonly feeds: readonly SourceFeed[];
  readonly plane: ControlPlane;
  readonly readiness: Readiness;
  readonly unexpected: UnexpectedErrors;
  readonly kept: KeptState;
  readonly registrar: Registrar | null;
}

/** What `/metrics` shows, gathered when somebody asks. */
export class NodeMetrics {
  readonly #parts: NodeMetricsParts;
  /** Of this process; null: it is not measured. */
  readonly #loopDelay: LoopDelay | null;
  readonly #startedAt: number;
  readonly #startedAtMs: number;

  constructor(parts: NodeMetricsParts, loopDelay: LoopDelay | null = null) {
    this.#parts = parts;
    this.#loopDelay = loopDelay;
    this.#startedAt = parts.clock.now();
    this.#startedAtMs = parts.clock.wallTime();
  }

  /** With the delays of this process's event loop from now on. */
  static start(parts: NodeMetricsParts): NodeMetrics {
    const loopDelay = new LoopDelay(parts.clock);
    loopDelay.start();
    return new NodeMetrics(parts, loopDelay);
  }

  async read(): Promise<ExpositionInput> {
    const { cluster, plane, feeds, unexpected, kept, registrar } = this.#parts;
    const counters = await cluster.counters();
    const processes = await this.#processes();
    return {
      node: this.#node(),
      apps: plane.apps.map((app) => this.#app(app, counters)),
      sources: feeds.filter(({ isInUse }) => isInUse).map(sourceFiguresFrom),
      workers: cluster.workers().map(({ index, restarts, state }) => ({ index, restarts, state })),
      processes,
      changes: plane.changeTimes,
      clients: counters.clients,
      accessLog: counters.accessLog,
      stateParts: kept.parts(),
      ...(registrar === null ? {} : { registrar: registrarFiguresFrom(registrar.state) }),
      configErrors: plane.problems.filter(({ severity }) => severity === 'error').length,
      unexpectedErrors: unexpected.count,
    };
  }

  #node(): NodeFigures {
    const { clock, cluster, plane, readiness } = this.#parts;
    return {
      version: PROGRAM_VERSION,
      nodeVersion: process.version,
      startedAtMs: this.#startedAtMs,
      uptimeMs: clock.now() - this.#startedAt,
      isReady: readiness.reason() === null,
      isStopping: plane.isStopping,
      revision: plane.snapshot?.revision ?? 0,
      appliedRevision: cluster.appliedRevision,
    };
  }

  async #processes(): Promise<readonly ProcessFigures[]> {
    const workers = this.#parts.cluster.loopDelays();
    const named = [
      { name: 'primary', pid: process.pid, loopDelay: this.#loopDelay?.histogram ?? null },
      ...workers.map(({ index, ...worker }) => ({ name: `worker-${index}`, ...worker })),
    ];
    const figures = await Promise.all(named.map(readProcess));
    return figures.filter((one) => one !== null);
  }

  #app(app: App, { slots }: WorkerCounters): AppFigures {
    const { checker, clock, cluster, plane } = this.#parts;
    const { name, protocol, instances } = app;
    const counters = slots[name] ?? createSlotCounters();
    return {
      ...{ name, protocol },
      isBound: cluster.bindErrorOf(name) === null && plane.snapshot !== null,
      neighborsUp: plane.neighbors.filter((host) => checker.healthOf(neighborKey(name, host)) === 'up').length,
      counters,
      traffic: cluster.books.traffic.of(name, counters, clock.now(), app.limits.connections),
      instances: instances.map((instance) => this.#instance(app, instance)),
    };
  }

  #instance(app: App, instance: Instance): InstanceFigures {
    const { id, state, weight } = instance;
    const measured = this.#parts.checker.measurementOf(targetKey(app.name, id));
    const record = measured?.record;
    return {
      id,
      server: serverNameOf(app, instance),
      up: measured?.health === 'up',
      state,
      weight,
      limit: app.limits.connections,
      sinceMs: measured === null ? 0 : this.#parts.clock.now() - measured.since,
      check: checkFiguresFrom(measured),
      failures: record?.failures ?? 0,
      downs: record?.downs ?? 0,
      downMs: record?.downMs ?? 0,
    };
  }
}

function checkFiguresFrom(measured: Measurement | null): InstanceFigures['check'] {
  const last = measured?.last ?? null;
  return last === null ? null : { code: last.code ?? null, status: last.status ?? 0, tookMs: last.tookMs ?? 0 };
}

function sourceFiguresFrom(feed: SourceFeed): ExpositionInput['sources'][number] {
  const { name, isUp: up, staleMs, reading, held } = feed;
  return { name, up, staleMs, apps: reading?.apps.length ?? 0, held: held.length };
}

function registrarFiguresFrom({ registered, ghosts, failure, isYielding }: RegistrarState) {
  return { up: failure === null && !isYielding, registered, ghosts: ghosts.length };
}
