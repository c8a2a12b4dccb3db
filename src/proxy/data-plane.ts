import { systemClock, type Timer } from '../core/clock.js';
import { createKeyedObject } from '../core/keyed-object.js';
import type { GonePlace } from '../core/lives.js';
import { clearLongestTimes, createLogCounters, type SlotCounters, type WorkerCounters } from '../metrics/counters.js';
import type { SessionFacts, SessionReport } from '../metrics/sessions.js';
import type { PermitNotice } from '../snapshot/permits.js';
import { slotKey } from '../snapshot/slot-key.js';
import type { SlotSnapshot, Snapshot } from '../snapshot/snapshot.js';
import { createWorkerContext, type WorkerOptions } from './create-worker-context.js';
import { type ListenTarget, ServedSlot } from './entry/served-slot.js';
import { SessionList } from './entry/session-list.js';
import { ExchangePool } from './exchange/exchange-pool.js';
import { Upstream } from './http/upstream.js';
import { type ConnectionBounds, DescriptorDivision, UNBOUNDED } from './limits/connection-bounds.js';
import { NodeContext } from './slot/node-context.js';
import { Slot } from './slot/slot.js';
import type { WorkerContext } from './slot/worker-context.js';

export interface DataPlaneOptions extends WorkerOptions {
  /** Bounds of the connections of this worker; by default they are unbounded. */
  readonly bounds?: ConnectionBounds;
}

/**
 * A client may be about to send on a connection that we hold for idle: for this long it still gets its answer, with
 * `Connection: close`, before idle connections are closed.
 */
const IDLE_GRACE_MS = 5_000;
/** From the death of the primary on. The next one is there before, where something starts it at once. */
const SETTLE_MS = 2_000;

/** All that a worker does with sockets. Runs from a snapshot literal, without a control plane. */
export class DataPlane {
  readonly #worker: WorkerContext;
  readonly #served = new Map<string, ServedSlot>();
  /** Slots that are gone from the snapshot and still have clients, with the time when these are cut. */
  readonly #leaving = new Map<ServedSlot, Timer>();
  /** The text of each slot's configuration: what did not change is not touched. */
  readonly #texts = new Map<string, string>();
  readonly #handles = new Map<number, object>();
  readonly #descriptors: DescriptorDivision;
  readonly #sessions = new SessionList();
  readonly #exchanges: ExchangePool;
  #isDraining = false;
  /** Null before a drain. */
  #endDrain: (() => void) | null = null;

  constructor(options: DataPlaneOptions) {
    this.#worker = createWorkerContext(options, () => this.#closeIdleUpstreams());
    this.#exchanges = new ExchangePool(this.#worker, Upstream.open);
    this.#descriptors = new DescriptorDivision(options.bounds ?? UNBOUNDED, this.#worker);
    if (!this.isDirect) {
      options.log.warn(
        { node: process.version },
        'this Node hides its socket handles: requests cost 10% more, connections twice as much',
      );
    }
  }

  /** Its connections are bare handles; else they cost more. */
  get isDirect(): boolean {
    return this.#worker.transports.isDirect;
  }

  /** Takes over a bound listening socket (a handle of libuv) for `port`; the next snapshot that has the port uses it. */
  adoptListener(port: number, handle: object): void {
    this.#handles.set(port, handle);
  }

  /**
   * Puts a snapshot in force at once: slots without an adopted listener bind `snapshot.bind` themselves, slots that are
   * gone stop listening and drain. Rejects when a port can't be bound; all other slots are in force then.
   */
  async apply(snapshot: Snapshot): Promise<void> {
    const node = new NodeContext(snapshot, this.#worker);
    this.#descriptors.divide(snapshot.slots.length);
    const keys = new Set(snapshot.slots.map(slotKey));
    for (const [key, served] of this.#served) {
      if (!keys.has(key)) this.#remove(key, served);
    }
    const listening: Promise<void>[] = [];
    for (const config of snapshot.slots) {
      const served = this.#served.get(slotKey(config));
      if (served === undefined) listening.push(this.#add(config, node, snapshot.bind));
      else this.#update(served, config, node);
    }
    this.endGone(snapshot.gone);
    await Promise.all(listening);
  }

  /** Ends what waits for an answer from where no container is any more. A snapshot brings that along. */
  endGone(gone: readonly GonePlace[]): void {
    for (const { slot } of this.#allSlots()) slot.instances.departed.end(gone);
  }

  /** Ends all connections to an instance, with what they carry. @param id `ip:port` */
  cutInstance(app: string, id: string): void {
    for (const { slot } of this.#allSlots()) {
      if (slot.app !== app) continue;
      const connections = slot.instances.byId.get(id)?.connections ?? [];
      for (const connection of [...connections]) connection.discard();
    }
  }

  /** What is under way, the oldest. @param app null: of all apps */
  sessions(app: string | null, most: number): SessionReport {
    return this.#sessions.list(this.#allSlots(), this.#worker.clock.now(), { app, most });
  }

  /** @returns the session as it was; null: it has ended or never was */
  killSession(id: number): SessionFacts | null {
    return this.#sessions.kill(this.#allSlots(), this.#worker.clock.now(), id);
  }

  /** Its listening sockets by port, as handles of libuv. */
  listeningSockets(): ReadonlyMap<number, object> {
    return new Map([...this.#served.values()].flatMap((served) => served.sockets()));
  }

  /** The apps whose slots listen. */
  servedApps(): ReadonlySet<string> {
    return new Set([...this.#served.values()].map(({ slot }) => slot.app));
  }

  counters(): WorkerCounters {
    const slots = createKeyedObject<SlotCounters>();
    for (const served of this.#served.values()) slots[served.slot.app] = served.readCounters();
    const { clients: open, limit, reached, fullMs } = this.#worker.clients;
    // A worker that drains takes no client: the limit of the node is that of the others.
    const taken = this.#isDraining ? 0 : Number.isFinite(limit) ? limit : null;
    const clients = { limitReached: reached, limitMs: fullMs, open, limit: taken };
    const { accessLog: log } = this.#worker;
    if (log === null) return { slots, clients, accessLog: createLogCounters() };
    const { dropped, waiting, failure } = log.standing;
    return { slots, clients, accessLog: { lines: log.facts.count, dropped, waiting, failure } };
  }

  /** The most at once and the longest times begin anew: to read the counters does that for the first. */
  clearMaxima(): void {
    for (const served of this.#served.values()) clearLongestTimes(served.readCounters());
  }

  /** Takes the primary's notices of permits. */
  takePermits(notices: readonly PermitNotice[]): void {
    this.#worker.leases?.onNotices(notices);
  }

  /**
   * Goes on with the permits that are held here, which are never more than the limits. After a while, when most requests of
   * that time have ended, each worker has a fixed part of each limit: permits without a holder would be lost till then.
   */
  onPrimaryGone(): void {
    this.#worker.leases?.onPrimaryGone();
    const slots = this.#allSlots();
    for (const served of slots) served.onPrimaryGone();
    this.#worker.clock.setTimer(SETTLE_MS, () => {
      if (!this.#isDraining) for (const served of slots) served.settleLeases();
    });
  }

  /** Stops accepting, lets what is under way end, cuts what is left after `deadlineMs`. @returns how many were cut. */
  async drain(deadlineMs: number): Promise<number> {
    this.#isDraining = true;
    const { clock } = this.#worker;
    const slots = this.#allSlots();
    let deadlineTimer: Timer | null = null as Timer | null;
    for (const { slot } of slots) slot.instances.departAll();
    const ended = Promise.all(slots.map((served) => served.stopAccepting()));
    for (const served of slots) served.finishTunnels(deadlineMs, null);
    const idleTimer = clock.setTimer(Math.min(deadlineMs / 2, IDLE_GRACE_MS), () => {
      for (const served of slots) served.closeIdle();
    });
    let cut = 0;
    const deadline = new Promise<void>((resolve) => {
      this.#endDrain = () => {
        for (const served of slots) cut += served.cutAll();
        resolve();
      };
      deadlineTimer = clock.setTimer(deadlineMs, this.#endDrain);
    });
    await Promise.race([ended, deadline]);
    idleTimer.cancel();
    deadlineTimer?.cancel();
    return cut;
  }

  /** Cuts what a drain waits for: its deadline is now. */
  endDrain(): void {
    this.#endDrain?.();
  }

  /** Cuts everything now. */
  close(): void {
    for (const served of this.#served.values()) {
      void served.stopAccepting();
      served.cutAll();
    }
    for (const [served, timer] of this.#leaving) {
      timer.cancel();
      served.cutAll();
    }
    this.#served.clear();
    this.#leaving.clear();
    this.#texts.clear();
  }

  #allSlots(): readonly ServedSlot[] {
    return [...this.#served.values(), ...this.#leaving.keys()];
  }

  async #add(config: SlotSnapshot, node: NodeContext, bind: string): Promise<void> {
    const key = slotKey(config);
    const served = new ServedSlot(new Slot(this.#worker, config, node), this.#worker, this.#exchanges);
    served.onConfigured();
    this.#served.set(key, served);
    this.#texts.set(key, JSON.stringify(config));
    try {
      await served.listen(this.#targetOf(config.port, bind), this.#targetOf(config.port + 1, bind));
    } catch (error) {
      if (this.#served.get(key) === served) this.#remove(key, served);
      throw error;
    }
  }

  #targetOf(port: number, host: string): ListenTarget {
    const handle = this.#handles.get(port);
    this.#handles.delete(port);
    return handle === undefined ? { host, port } : { handle };
  }

  #update(served: ServedSlot, config: SlotSnapshot, node: NodeContext): void {
    const key = slotKey(config);
    const text = JSON.stringify(config);
    if (this.#texts.get(key) === text) {
      served.slot.applyNode(node);
      return;
    }
    this.#texts.set(key, text);
    for (const instance of served.slot.apply(config, node)) {
      instance.closeIdle();
      served.finishTunnels(config.timeouts.drainMs, instance);
    }
    served.onConfigured();
  }

  #closeIdleUpstreams(): void {
    for (const { slot } of this.#allSlots()) slot.closeIdle();
  }

  /** The port is free for others at once; clients that are being served get the app's drain time. */
  #remove(key: string, served: ServedSlot): void {
    this.#served.delete(key);
    this.#texts.delete(key);
    served.slot.instances.departAll();
    const { drainMs } = served.slot.config.timeouts;
    const timer = this.#worker.clock.setTimer(drainMs, () => served.cutAll());
    this.#leaving.set(served, timer);
    void served.stopAccepting().then(() => {
      timer.cancel();
      this.#leaving.delete(served);
      served.slot.instances.closeLeases();
    });
    served.closeIdle();
    served.finishTunnels(drainMs, null);
  }
}

/** @param options what differs from one worker of its own, with the machine's clock, that logs no access */
export function createDataPlane(options: Pick<DataPlaneOptions, 'log'> & Partial<DataPlaneOptions>): DataPlane {
  return new DataPlane({
    clock: systemClock,
    random: Math.random,
    worker: { index: 0, count: 1 },
    accessLog: null,
    onConnectFailure: () => {},
    ...options,
  });
}
