import { createKeyedObject, type KeyedObject } from '../core/keyed-object.js';
import {
  addClientCounters,
  addLogCounters,
  addSlotCounters,
  carryPeaks,
  countersFromReport,
  createClientCounters,
  createLogCounters,
  createSlotCounters,
  type SlotCounters,
  settlePeaks,
  type WorkerCounters,
  type WorkerReport,
} from '../metrics/counters.js';
import { addInstanceCounters, createInstanceCounters } from '../metrics/instance-counters.js';
import type { Snapshot } from '../snapshot/snapshot.js';

/**
 * The node's counters: what its workers said last, and what was counted by those that are gone. A total never goes back,
 * whether a worker dies, is replaced, or starts a slot anew.
 */
export class CounterLedger<Worker extends object> {
  readonly #latest = new Map<Worker, WorkerCounters>();
  readonly #retired = createKeyedObject<SlotCounters>();
  readonly #retiredClients = createClientCounters();
  readonly #retiredLog = createLogCounters();

  /** @throws TypeError when it is no report; the last one of the worker counts then */
  record(worker: Worker, report: WorkerReport): void {
    const counters = countersFromReport(report);
    for (const [app, before] of Object.entries(this.#latest.get(worker)?.slots ?? {})) {
      const now = counters.slots[app];
      // The worker dropped the slot, or has begun it again: what it had counted stays here.
      if (now === undefined || now.connections < before.connections || now.requests < before.requests) {
        this.#retireSlot(app, before);
      } else {
        this.#retireInstances(app, before, now);
        carryPeaks(before, now);
      }
    }
    this.#latest.set(worker, counters);
  }

  /** The worker is gone: its counters stay, its gauges do not. */
  retire(worker: Worker): void {
    for (const [app, counters] of Object.entries(this.#latest.get(worker)?.slots ?? {}))
      this.#retireSlot(app, counters);
    const last = this.#latest.get(worker);
    if (last !== undefined) {
      addClientCounters(this.#retiredClients, last.clients, { gauges: false });
      addLogCounters(this.#retiredLog, last.accessLog);
    }
    this.#latest.delete(worker);
  }

  sum(): WorkerCounters {
    const slots = createKeyedObject<SlotCounters>();
    for (const [app, counters] of Object.entries(this.#retired)) addTo(slots, app, counters, false);
    for (const worker of this.#latest.values()) {
      for (const [app, counters] of Object.entries(worker.slots)) addTo(slots, app, counters, true);
    }
    const clients = { ...this.#retiredClients };
    const accessLog = { ...this.#retiredLog };
    for (const worker of this.#latest.values()) {
      addClientCounters(clients, worker.clients, { gauges: true });
      addLogCounters(accessLog, worker.accessLog);
    }
    return { slots, clients, accessLog };
  }

  /** The peaks of the sums are of the time from here on. Those of the workers are added: each has its own moment. */
  beginPeaks(): void {
    for (const { slots } of this.#latest.values()) for (const slot of Object.values(slots)) settlePeaks(slot);
  }

  /** Requests and tunnels that the worker had under way when it last said so. */
  underWayOf(worker: Worker): number {
    let underWay = 0;
    for (const { inFlight, tunnels } of Object.values(this.#latest.get(worker)?.slots ?? {})) {
      underWay += inFlight + tunnels;
    }
    return underWay;
  }

  /** Containers come and go for months: instances that are not in `snapshot` are not remembered. */
  forgetInstances(snapshot: Snapshot): void {
    for (const { app, instances } of snapshot.slots) {
      const retired = this.#retired[app]?.instances;
      if (retired === undefined) continue;
      const known = new Set(instances.map(({ id }) => id));
      for (const id of Object.keys(retired)) if (!known.has(id)) delete retired[id];
    }
  }

  /**
   * An instance that left and came back may have been away at some workers only: those begin again, the others go on, and
   * the sum must not go back.
   */
  #retireInstances(app: string, before: SlotCounters, now: SlotCounters): void {
    for (const [id, counted] of Object.entries(before.instances)) {
      const since = now.instances[id];
      if (since !== undefined && since.connections >= counted.connections && since.requests >= counted.requests)
        continue;
      this.#retired[app] ??= createSlotCounters();
      const { instances } = this.#retired[app];
      instances[id] ??= createInstanceCounters();
      addInstanceCounters(instances[id], counted, { gauges: false });
    }
  }

  #retireSlot(app: string, counters: SlotCounters): void {
    addTo(this.#retired, app, counters, false);
  }
}

function addTo(sums: KeyedObject<SlotCounters>, app: string, part: SlotCounters, gauges: boolean): void {
  sums[app] ??= createSlotCounters();
  addSlotCounters(sums[app], part, { gauges });
}
