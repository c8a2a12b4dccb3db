import type { AppView, CheckView, NeighborView, ProxyView, ServerView } from '../admin/haproxy/proxy-view.js';
import { neighborKey, targetKey } from '../control/check-targets.js';
import { mergeFeeds } from '../control/merged-feeds.js';
import { descriptorLimit } from '../core/descriptor-limit.js';
import { PROGRAM_VERSION } from '../core/program-version.js';
import type { Measurement } from '../health/measurement.js';
import { createSlotCounters, type WorkerCounters } from '../metrics/counters.js';
import type { App, Instance } from '../model/app.js';
import { overrideOf } from '../sources/overrides/override-list.js';
import type { ServingParts } from './serving-parts.js';

/** What HAProxy's tools are told of the node, gathered when one asks. */
export class ProxyStats {
  readonly #parts: ServingParts;
  readonly #startedAt: number;
  /** Wall time, taken once: a step of the wall clock does not change when the node started. */
  readonly #startedAtMs: number;
  readonly #descriptors = descriptorLimit();

  constructor(parts: ServingParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
    this.#startedAtMs = parts.clock.wallTime();
  }

  async view(): Promise<ProxyView> {
    const { config, clock, cluster, plane, feeds } = this.#parts;
    // Before anything is read, so that all of it is of one moment.
    const counters = await cluster.counters();
    const written = new Map(mergeFeeds(feeds).apps.map((app) => [app.name, app]));
    const { open, limit, limitReached } = counters.clients;
    const { traffic } = cluster.books;
    return {
      node: config.node,
      version: PROGRAM_VERSION,
      pid: process.pid,
      workers: config.workers,
      uptimeMs: clock.now() - this.#startedAt,
      startedAt: this.#startedAtMs,
      now: clock.wallTime(),
      isStopping: plane.isStopping,
      clients: { open, limit, limitReached },
      traffic: traffic.ofNode(counters.slots, clock.now()),
      idlePercent: cluster.idlePercent,
      descriptors: this.#descriptors,
      droppedLines: counters.accessLog.dropped,
      apps: plane.apps.map((app) => this.#appView(app, written.get(app.name) ?? app, counters)),
    };
  }

  clearMaxima(): Promise<void> {
    return this.#parts.cluster.clearMaxima();
  }

  /** @param written the same app as the sources say it, without the operators' decisions */
  #appView(app: App, written: App, { slots }: WorkerCounters): AppView {
    const { clock, cluster, plane } = this.#parts;
    const counters = slots[app.name] ?? createSlotCounters();
    const weights = new Map(written.instances.map(({ id, weight }) => [id, weight]));
    const slot = plane.snapshot?.slots.find((candidate) => candidate.app === app.name);
    const up = new Set(slot?.instances.filter((instance) => instance.up).map(({ id }) => id));
    return {
      app,
      isBound: cluster.bindErrorOf(app.name) === null && plane.snapshot !== null,
      counters,
      traffic: cluster.books.traffic.of(app.name, counters, clock.now(), app.limits.connections),
      servers: app.instances.map((instance) =>
        this.#serverView(app, instance, weights.get(instance.id) ?? instance.weight, up.has(instance.id)),
      ),
      neighbors: plane.neighbors.map((host) => this.#neighborView(app, host)),
    };
  }

  #serverView(app: App, instance: Instance, sourceWeight: number, isUp: boolean): ServerView {
    const { checker, overrides } = this.#parts;
    const isDecided = overrideOf(overrides.list(), app.name, instance) !== null;
    const measured = checker.measurementOf(targetKey(app.name, instance.id));
    return { instance, sourceWeight, isDecided, isUp, check: this.#checkView(measured, app) };
  }

  #neighborView(app: App, host: string): NeighborView {
    return { host, check: this.#checkView(this.#parts.checker.measurementOf(neighborKey(app.name, host)), app) };
  }

  #checkView(measured: Measurement | null, { health: { rise, fall } }: App): CheckView {
    if (measured === null) {
      const counted = { failures: 0, downs: 0, downMs: 0 };
      return { health: 'unchecked', contrary: 0, rise, fall, sinceMs: null, ...counted, last: null };
    }
    const { health, contrary, check, since, record, last } = measured;
    return {
      ...{ health, contrary, rise: check.rise, fall: check.fall, ...record },
      sinceMs: this.#parts.clock.now() - since,
      last:
        last === null
          ? null
          : {
              ok: last.ok,
              code: last.code ?? null,
              status: last.status ?? null,
              tookMs: last.tookMs ?? null,
              detail: last.detail,
            },
    };
  }
}
