import type {
  AppStatus,
  InstanceStatus,
  RegistrarStatus,
  SourceStatus,
  StateDocument,
} from '../admin/state-document.js';
import { neighborKey, targetKey } from '../control/check-targets.js';
import type { Readiness } from '../control/readiness.js';
import type { SourceFeed } from '../control/source-feed.js';
import { createSlotCounters, type SlotCounters, type WorkerCounters } from '../metrics/counters.js';
import { percentileMs } from '../metrics/histogram.js';
import type { App, Instance } from '../model/app.js';
import type { RegistrarState } from '../registrar/reconciler.js';
import { overrideOf } from '../sources/overrides/override-list.js';
import { weightDecisionOf } from '../sources/overrides/weight-list.js';
import { nodeProblems, type ProblemParts } from './node-problems.js';
import type { ServingParts } from './serving-parts.js';

interface NodeStatusParts extends ServingParts, ProblemParts {
  readonly readiness: Readiness;
}

/** The state document: what the node knows of itself, gathered when somebody asks. */
export class NodeStatus {
  readonly #parts: NodeStatusParts;
  readonly #startedAt: number;

  constructor(parts: NodeStatusParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
  }

  async document(): Promise<StateDocument> {
    const { config, clock, cluster, plane, feeds, readiness, registrar } = this.#parts;
    const counters = await cluster.counters();
    const notReady = readiness.reason();
    return {
      version: 1,
      node: config.node,
      pod: config.pod,
      pid: process.pid,
      status: plane.isStopping ? 'stopping' : notReady === null ? 'ready' : 'starting',
      notReady,
      uptimeMs: Math.round(clock.now() - this.#startedAt),
      bind: config.bind,
      revision: plane.snapshot?.revision ?? 0,
      appliedRevision: cluster.appliedRevision,
      workers: cluster.workers(),
      clients: { ...counters.clients, limitMs: Math.round(counters.clients.limitMs) },
      ...(config.accessLog === null ? {} : { accessLog: counters.accessLog }),
      sources: feeds.filter(({ isInUse }) => isInUse).map(sourceStatusFrom),
      neighbors: plane.neighbors.map((address) => ({ address })),
      nodes: plane.podNodes.map(({ name, addresses, standing, remark }) => ({ name, addresses, standing, remark })),
      apps: plane.apps.map((app) => this.#appStatus(app, counters)),
      problems: nodeProblems(this.#parts),
      ...(registrar === null ? {} : { registrar: registrarStatusFrom(registrar.state) }),
    };
  }

  #appStatus(app: App, { slots }: WorkerCounters): AppStatus {
    const { cluster, checker, plane } = this.#parts;
    const counters = slots[app.name] ?? createSlotCounters();
    const bindError = cluster.bindErrorOf(app.name);
    return {
      name: app.name,
      slot: app.slot,
      protocol: app.protocol,
      bound: bindError === null && plane.snapshot !== null,
      bindError,
      source: app.origin.source,
      location: app.origin.location,
      instances: app.instances.map((instance) => this.#instanceStatus(app, instance, counters)),
      neighbors: plane.neighbors.map((address) => ({
        address,
        up: checker.healthOf(neighborKey(app.name, address)) === 'up',
      })),
      connections: counters.connections,
      clients: {
        open: counters.openConnections,
        limit: counters.clientLimit,
        limitReached: counters.clientLimitReached,
        limitMs: Math.round(counters.clientLimitMs),
      },
      requests: counters.requests,
      responses: counters.responses,
      errors: counters.errors,
      retries: counters.retries,
      bled: counters.bled,
      bledIn: counters.bledIn,
      inFlight: counters.inFlight,
      queued: counters.queued,
      tunnels: counters.tunnels,
      latency: { p50Ms: percentileMs(counters.latency, 0.5), p99Ms: percentileMs(counters.latency, 0.99) },
      latencyBuckets: counters.latency,
      departing: Object.entries(counters.departing).map(([life, { inFlight, oldestMs }]) => ({
        life,
        inFlight,
        oldestMs: Math.round(oldestMs),
      })),
    };
  }

  #instanceStatus(app: App, instance: Instance, counters: SlotCounters): InstanceStatus {
    const { checker, overrides, clock } = this.#parts;
    const key = targetKey(app.name, instance.id);
    const check = checker.lastCheckOf(key);
    const decided = weightDecisionOf(overrides.weights(), app.name, instance);
    const override = overrideOf(overrides.list(), app.name, instance);
    return {
      id: instance.id,
      life: instance.life,
      container: instance.container,
      weight: instance.weight,
      state: instance.state,
      override: override === null ? null : { by: override.by, at: override.at },
      weightOverride: decided === null ? null : { by: decided.by, at: decided.at },
      health: checker.healthOf(key),
      lastCheck:
        check === null ? null : { ok: check.ok, detail: check.detail, ageMs: Math.round(clock.now() - check.at) },
      requests: counters.instances[instance.id]?.requests ?? 0,
      inFlight: counters.instances[instance.id]?.inFlight ?? 0,
      oldestMs: Math.round(counters.instances[instance.id]?.oldestMs ?? 0),
    };
  }
}

function registrarStatusFrom({ registered, ghosts, failure, isYielding }: RegistrarState): RegistrarStatus {
  return {
    registered,
    ghosts: ghosts.map(({ id, name, address }) => ({ id, name, address })),
    failure,
    isYielding,
  };
}

function sourceStatusFrom(feed: SourceFeed): SourceStatus {
  return {
    name: feed.name,
    up: feed.isUp,
    stale: feed.isStale,
    staleMs: Math.round(feed.staleMs),
    apps: feed.reading?.apps.length ?? 0,
    failure: feed.failure,
  };
}
