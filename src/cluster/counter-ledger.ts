import { createKeyedObject } from '../core/keyed-object.js';
import {
  addClientCounters,
  addLogCounters,
  addSlotCounters,
  type ClientCounters,
  carryPeaks,
  clearLongestTimes,
  createClientCounters,
  createLogCounters,
  createSlotCounters,
  hasPeaks,
  type LogCounters,
  type SlotCounters,
  type SlotReport,
  settlePeaks,
  slotFromReport,
  type WorkerCounters,
  type WorkerReport,
} from '../metrics/counters.js';
import { addInstanceCounters, createInstanceCounters } from '../metrics/instance-counters.js';
import type { Snapshot } from '../snapshot/snapshot.js';

interface LatestSlot {
  readonly said: SlotReport;
  /** A copy, with the peaks since the last second. */
  readonly counters: SlotCounters;
}

interface LatestReport {
  /** By app. */
  readonly slots: ReadonlyMap<string, LatestSlot>;
  readonly clients: ClientCounters;
  readonly accessLog: LogCounters;
}

/**
 * The node's counters: what its workers said last, and what was counted by those that are gone. A total never goes back,
 * whether a worker dies, is replaced, or starts a slot anew.
 */
export class CounterLedger<Worker extends object> {
  readonly #latest = new Map<Worker, LatestReport>();
  readonly #retired = createKeyedObject<SlotCounters>();
  readonly #retiredClients = createClientCounters();
  readonly #retiredLog = createLogCounters();
  /** By app, of those in which nothing has changed since they were added up. */
  readonly #sums = new Map<string, SlotCounters>();

  /**
   * @param report its slots are known by their identity: one that is the same object as before says nothing new
   * @throws TypeError when it is no report; the last one of the worker counts then
   */
  record(worker: Worker, report: WorkerReport): void {
    const { clients = createClientCounters() } = report;
    const accessLog = { ...createLogCounters(), ...report.accessLog };
    const before = this.#latest.get(worker)?.slots ?? new Map<string, LatestSlot>();
    const slots = new Map(
      Object.entries(report.slots).map(([app, said]) => [app, latestSlot(app, said, before.get(app))]),
    );
    for (const [app, known] of before) {
      const now = slots.get(app);
      if (now !== known) this.#replaceSlot(app, known.counters, now?.counters);
    }
    for (const [app, slot] of slots) if (slot !== before.get(app)) this.#sums.delete(app);
    this.#latest.set(worker, { slots, clients, accessLog });
  }

  /** The worker is gone: its counters stay, its gauges do not. */
  retire(worker: Worker): void {
    const last = this.#latest.get(worker);
    if (last === undefined) return;
    for (const [app, { counters }] of last.slots) this.#retireSlot(app, counters);
    addClientCounters(this.#retiredClients, last.clients, { gauges: false });
    addLogCounters(this.#retiredLog, last.accessLog, { gauges: false });
    this.#retiredLog.dropped += this.linesLostWith(worker);
    this.#latest.delete(worker);
  }

  /** Slots in which nothing has changed are the same objects as in the sum before: nobody may write to them. */
  sum(): WorkerCounters {
    const apps = new Set(Object.keys(this.#retired));
    const clients = { ...this.#retiredClients };
    const accessLog = { ...this.#retiredLog };
    for (const worker of this.#latest.values()) {
      for (const app of worker.slots.keys()) apps.add(app);
      addClientCounters(clients, worker.clients, { gauges: true });
      addLogCounters(accessLog, worker.accessLog, { gauges: true });
    }
    const slots = createKeyedObject<SlotCounters>();
    for (const app of apps) slots[app] = this.#sumOf(app);
    return { slots, clients, accessLog };
  }

  /** The peaks of the sums are of the time from here on. Those of the workers are added: each has its own moment. */
  beginPeaks(): void {
    for (const { slots } of this.#latest.values()) {
      for (const [app, { counters }] of slots) {
        if (!hasPeaks(counters)) continue;
        settlePeaks(counters);
        this.#sums.delete(app);
      }
    }
  }

  /** What was the most, and at workers that are gone the longest, begins anew: those that live do it themselves. */
  clearMaxima(): void {
    this.beginPeaks();
    for (const counters of Object.values(this.#retired)) clearLongestTimes(counters);
    this.#sums.clear();
  }

  /** Requests and tunnels that the worker had under way when it last said so. */
  underWayOf(worker: Worker): number {
    let underWay = 0;
    for (const { counters } of this.#latest.get(worker)?.slots.values() ?? []) {
      underWay += counters.inFlight + counters.tunnels;
    }
    return underWay;
  }

  /** Lines of the access log that the worker could not write when it last said so. The last report of one that drained has none. */
  linesLostWith(worker: Worker): number {
    const { failure = null, waiting = 0 } = this.#latest.get(worker)?.accessLog ?? {};
    return failure === null ? 0 : waiting;
  }

  /** Containers come and go for months: instances that are not in `snapshot` are not remembered. */
  forgetInstances(snapshot: Snapshot): void {
    for (const { app, instances } of snapshot.slots) {
      const retired = this.#retired[app]?.instances;
      if (retired === undefined) continue;
      const known = new Set(instances.map(({ id }) => id));
      for (const id of Object.keys(retired)) if (!known.has(id)) delete retired[id];
      this.#sums.delete(app);
    }
  }

  #sumOf(app: string): SlotCounters {
    const known = this.#sums.get(app);
    if (known !== undefined) return known;
    const sum = createSlotCounters();
    const retired = this.#retired[app];
    if (retired !== undefined) addSlotCounters(sum, retired, { gauges: false });
    for (const { slots } of this.#latest.values()) {
      const slot = slots.get(app);
      if (slot !== undefined) addSlotCounters(sum, slot.counters, { gauges: true });
    }
    this.#sums.set(app, sum);
    return sum;
  }

  /** @param now undefined: the worker dropped the slot */
  #replaceSlot(app: string, before: SlotCounters, now: SlotCounters | undefined): void {
    // It may also have begun it again: what it had counted stays here.
    if (now === undefined || now.connections < before.connections || now.requests < before.requests) {
      this.#retireSlot(app, before);
    } else {
      this.#retireInstances(app, before, now);
      carryPeaks(before, now);
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
      const { instances } = this.#retiredOf(app);
      instances[id] ??= createInstanceCounters();
      addInstanceCounters(instances[id], counted, { gauges: false });
    }
  }

  #retireSlot(app: string, counters: SlotCounters): void {
    addSlotCounters(this.#retiredOf(app), counters, { gauges: false });
    this.#sums.delete(app);
  }

  #retiredOf(app: string): SlotCounters {
    this.#retired[app] ??= createSlotCounters();
    return this.#retired[app];
  }
}

/** The most at once, though it is said in the same words, is of another time: it has to be carried. */
function latestSlot(app: string, said: SlotReport, known: LatestSlot | undefined): LatestSlot {
  if (known?.said === said && !hasPeaks(said)) return known;
  return { said, counters: slotFromReport(app, said) };
}
