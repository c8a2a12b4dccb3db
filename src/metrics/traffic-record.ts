/**
 * What HAProxy's statistics have beside counters: how many a second, the most at once, and when the last one began. Made of
 * the counters of the node as they come each second, so that a request pays for none of it.
 */
import type { KeyedObject } from '../core/keyed-object.js';
import { backendRequests } from './backend-share.js';
import type { SlotCounters } from './counters.js';
import { Meter, type Traffic } from './meter.js';

export interface AppTraffic {
  readonly clients: Traffic;
  /** Of protocol tcp only the most at once: there a client is one connection. */
  readonly requests: Traffic;
  /** Of requests those that HAProxy gives to a backend. */
  readonly backend: Traffic;
  readonly mostQueued: number;
  /** By id. */
  readonly instances: ReadonlyMap<string, Traffic>;
}

interface AppMeters {
  readonly clients: Meter;
  readonly requests: Meter;
  readonly backend: Meter;
  readonly instances: Map<string, Meter>;
  mostQueued: number;
}

export class TrafficRecord {
  readonly #apps = new Map<string, AppMeters>();
  /** Connections of all clients. */
  readonly #node = new Meter();
  #sampledAt: number | null = null;

  /**
   * @param at monotonic, in ms
   * @param isContinuous false: the counters have jumped, because those of other workers were added
   */
  sample(at: number, slots: KeyedObject<SlotCounters>, isContinuous: boolean): void {
    const seconds = this.#sampledAt === null || !isContinuous ? null : Math.max(0.001, (at - this.#sampledAt) / 1_000);
    this.#sampledAt = at;
    this.#node.sample(at, seconds, connectionsOf(slots), 0);
    for (const [app, counters] of Object.entries(slots)) sampleApp(this.#metersOf(app), counters, at, seconds);
    for (const app of this.#apps.keys()) if (slots[app] === undefined) this.#apps.delete(app);
  }

  /**
   * With what has happened since the last second.
   * @param limit of each instance; 0 for none. Its permits move between workers within a second, so the sum of what they
   * had at once may be above it, and what the instance had is not.
   */
  of(app: string, counters: SlotCounters, now: number, limit: number): AppTraffic {
    const { clients, requests, backend, instances, mostQueued } = this.#apps.get(app) ?? createMeters();
    const sampledAt = this.#sampledAt ?? now;
    const read = (meter: Meter, count: number, peak: number): Traffic => meter.read(now, sampledAt, count, peak);
    return {
      clients: read(clients, counters.connections, counters.openConnectionsPeak),
      requests: read(requests, counters.requests, counters.inFlightPeak),
      backend: read(backend, backendRequests(counters), counters.inFlightPeak),
      mostQueued: Math.max(mostQueued, counters.queuedPeak),
      instances: new Map(
        Object.entries(counters.instances).map(([id, { requests: count, inFlightPeak }]) => [
          id,
          bounded(read(instances.get(id) ?? new Meter(), count, inFlightPeak), limit),
        ]),
      ),
    };
  }

  /** Connections of the clients of all apps; the most at once is not counted. */
  ofNode(slots: KeyedObject<SlotCounters>, now: number): Traffic {
    return this.#node.read(now, this.#sampledAt ?? now, connectionsOf(slots), 0);
  }

  /** The most at once and the most a second begin anew. @param slots as they are now */
  clearMaxima(slots: KeyedObject<SlotCounters>): void {
    this.#node.clearMaxima(connectionsOf(slots));
    for (const [app, meters] of this.#apps) {
      const { clients, requests, backend, instances } = meters;
      const counters = slots[app];
      meters.mostQueued = 0;
      clients.clearMaxima(counters?.connections ?? 0);
      requests.clearMaxima(counters?.requests ?? 0);
      backend.clearMaxima(counters === undefined ? 0 : backendRequests(counters));
      for (const [id, meter] of instances) meter.clearMaxima(counters?.instances[id]?.requests ?? 0);
    }
  }

  #metersOf(app: string): AppMeters {
    const known = this.#apps.get(app);
    if (known !== undefined) return known;
    const meters = createMeters();
    this.#apps.set(app, meters);
    return meters;
  }
}

function connectionsOf(slots: KeyedObject<SlotCounters>): number {
  return Object.values(slots).reduce((sum, { connections }) => sum + connections, 0);
}

function bounded(traffic: Traffic, limit: number): Traffic {
  return limit === 0 || traffic.mostAtOnce <= limit ? traffic : { ...traffic, mostAtOnce: limit };
}

function createMeters(): AppMeters {
  return { clients: new Meter(), requests: new Meter(), backend: new Meter(), instances: new Map(), mostQueued: 0 };
}

/** @param seconds since the last one; null: the counters cannot be compared with it */
function sampleApp(meters: AppMeters, counters: SlotCounters, at: number, seconds: number | null): void {
  const { instances } = meters;
  meters.clients.sample(at, seconds, counters.connections, counters.openConnectionsPeak);
  meters.requests.sample(at, seconds, counters.requests, counters.inFlightPeak);
  meters.backend.sample(at, seconds, backendRequests(counters), counters.inFlightPeak);
  meters.mostQueued = Math.max(meters.mostQueued, counters.queuedPeak);
  for (const [id, { requests, inFlightPeak }] of Object.entries(counters.instances)) {
    let meter = instances.get(id);
    if (meter === undefined) {
      meter = new Meter();
      instances.set(id, meter);
    }
    meter.sample(at, seconds, requests, inFlightPeak);
  }
  for (const id of instances.keys()) if (counters.instances[id] === undefined) instances.delete(id);
}
