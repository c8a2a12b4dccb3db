import type { ErrorCode } from '../../core/errors.js';
import { isOtherLife } from '../../core/lives.js';
import { NetworkSet } from '../../core/networks.js';
import { createSlotCounters, type SlotCounters } from '../../metrics/counters.js';
import type { InstanceSnapshot, ProxyVersion, SlotSnapshot } from '../../snapshot/snapshot.js';
import { createPicker } from '../balance/create-picker.js';
import type { Picker, PickRequest } from '../balance/picker.js';
import { shareOf } from '../limits/client-limit.js';
import { Bindings } from './bindings.js';
import { DepartedInstances } from './departed-instances.js';
import { ForeignClients } from './foreign-clients.js';
import { Instance } from './instance.js';
import { LogTurns } from './log-turns.js';
import { Neighbors } from './neighbors.js';
import type { NodeContext } from './node-context.js';
import { Peaks } from './peaks.js';
import { RequestIds } from './request-ids.js';
import { RetryBudget } from './retry-budget.js';
import { SlowStart } from './slow-start.js';
import { type Waiter, WaitQueue } from './wait-queue.js';
import type { WorkerContext } from './worker-context.js';

/** Every instance that could take the request is at its limit. */
export const FULL = 'full';

export interface SlotRequest extends PickRequest<Instance>, Waiter {
  /** The instance that the client's cookie names; empty for none. */
  readonly stickyId: string;
  /** It may go to a neighbor: no neighbor sent it. */
  readonly mayBleed: boolean;
}

/**
 * One app's port on this worker: the newest configuration, and the live facts that outlive it. Connections hold the
 * slot itself, so one that was opened before a change is served by the table that came after it.
 */
export class Slot {
  readonly app: string;
  config: SlotSnapshot;
  node: NodeContext;
  trusted: NetworkSet;
  /** The slot or the worker is going: what is under way ends, and its connections with it. */
  isClosing = false;
  readonly counters: SlotCounters = createSlotCounters();
  readonly peaks = new Peaks();
  readonly budget = new RetryBudget();
  readonly queue: WaitQueue;
  /** null: requests get none. */
  requestIds: RequestIds | null;
  readonly logTurns = new LogTurns();
  readonly foreignClients = new ForeignClients();
  readonly instances = new Map<string, Instance>();
  readonly departed: DepartedInstances;
  /** Its clients by their cookies. */
  readonly bindings = new Bindings();
  readonly #worker: WorkerContext;
  readonly #neighbors: Neighbors;
  #usable: Instance[] = [];
  #picker: Picker<Instance>;
  readonly #slowStart: SlowStart;

  constructor(worker: WorkerContext, config: SlotSnapshot, node: NodeContext) {
    this.#worker = worker;
    this.app = config.app;
    this.config = config;
    this.node = node;
    this.trusted = new NetworkSet(config.trustedProxies);
    this.requestIds = RequestIds.of(config, worker.randomIds);
    this.queue = new WaitQueue(config.app, config.limits.queue, worker.leases);
    this.departed = new DepartedInstances(worker.clock);
    this.#neighbors = new Neighbors(worker.index);
    this.#picker = this.#createPicker(config);
    this.#slowStart = new SlowStart(worker.clock, () => this.#rebuild());
    this.#applyInstances(config, true);
  }

  /** Puts a new configuration in force. @returns instances that take no traffic any more and have to be drained. */
  apply(config: SlotSnapshot, node: NodeContext): Instance[] {
    if (config.balance !== this.config.balance) this.#picker = this.#createPicker(config);
    const isOtherHeader = config.sendProxy !== this.config.sendProxy || config.acceptProxy !== this.config.acceptProxy;
    this.config = config;
    this.node = node;
    this.requestIds = RequestIds.of(config, this.#worker.randomIds);
    if (isOtherHeader) this.closeIdle();
    this.trusted = new NetworkSet(config.trustedProxies);
    this.queue.limit = config.limits.queue;
    return this.#applyInstances(config, false);
  }

  /** What all slots of the node share has changed. */
  applyNode(node: NodeContext): void {
    this.node = node;
    this.#neighbors.setProxyVersion(this.#neighborProxy);
  }

  /** A neighbor demands a PROXY header where this slot does. */
  get #neighborProxy(): ProxyVersion {
    return this.config.acceptProxy ? this.node.neighborProxy : 'none';
  }

  get hasUsableInstance(): boolean {
    return this.#usable.length > 0;
  }

  /** @returns the instance that gets the request; FULL when it has to wait; null when there is none */
  choose(request: SlotRequest): Instance | typeof FULL | null {
    const bound = request.stickyId === '' ? null : this.#boundOf(request);
    if (bound !== null) return bound.hasRoom ? bound : FULL;
    const picked = this.#picker.pick(request);
    if (picked !== null) return picked;
    for (const instance of this.#usable) if (request.tried?.includes(instance) !== true) return FULL;
    return request.mayBleed ? this.#neighbors.choose(request) : null;
  }

  chooseNeighbor(request: PickRequest<Instance>): Instance | null {
    return this.#neighbors.choose(request);
  }

  /** @returns the instances that would do for a request, with room or without. */
  instancesFor(request: SlotRequest): readonly Instance[] {
    const only = this.#boundOf(request) ?? this.#picker.only(request);
    if (only !== null) return [only];
    const { tried } = request;
    return tried === null ? this.#usable : this.#usable.filter((instance) => !tried.includes(instance));
  }

  /** As HAProxy has it, a client waits for the instance that it is bound to rather than lose its session. */
  #boundOf({ stickyId, tried }: SlotRequest): Instance | null {
    const bound = this.bindings.instanceOf(stickyId);
    return bound?.isStickyUsable === true && tried?.includes(bound) !== true ? bound : null;
  }

  countError(code: ErrorCode): void {
    const { errors } = this.counters;
    errors[code] = (errors[code] ?? 0) + 1;
  }

  /** The counters with their gauges as they are now. */
  readCounters(): SlotCounters {
    this.counters.queued = this.queue.length;
    this.peaks.moveTo(this.counters);
    const now = this.#worker.clock.now();
    for (const instance of this.instances.values()) {
      instance.counters.inFlight = instance.inFlight;
      instance.counters.inFlightPeak = instance.inFlightPeak;
      instance.inFlightPeak = instance.inFlight;
      instance.counters.idle = instance.idle.size;
      instance.counters.oldestMs = instance.oldestMs(now);
    }
    this.counters.departing = this.departed.underWay(now);
    return this.counters;
  }

  /** Closes kept-alive connections to instances and neighbors. */
  closeIdle(): void {
    for (const instance of this.instances.values()) instance.closeIdle();
    this.#neighbors.closeIdle();
  }

  /** An instance has room again, or there are more of them. */
  wakeWaiting(): void {
    if (this.queue.length > 0) this.queue.offer();
  }

  /** The slot has ended: what it borrowed is free for others. */
  closeLeases(): void {
    for (const instance of this.instances.values()) this.#closeLease(instance, true);
  }

  /** Without the primary this worker can use only instances of which it holds permits. */
  onPrimaryGone(): void {
    this.#rebuild();
    this.wakeWaiting();
  }

  /** Permits are not lent any more: each worker has a fixed part of each limit, and the parts add up to it. */
  settleLeases(): void {
    const part = shareOf(this.config.limits.connections, this.#worker);
    for (const { lease } of this.instances.values()) lease?.settle(part);
    this.#rebuild();
    this.wakeWaiting();
  }

  /** There are instances, and only permits are missing; no neighbor can take the clients either. */
  get isStranded(): boolean {
    if (this.config.neighbors.some(({ up }) => up)) return false;
    const instances = [...this.instances.values()];
    return instances.some((instance) => instance.lacksPermits) && !instances.some((instance) => instance.isUsable);
  }

  #createPicker(config: SlotSnapshot): Picker<Instance> {
    return createPicker(config.balance, { random: this.#worker.random, offset: this.#worker.index });
  }

  #applyInstances(config: SlotSnapshot, isFirst: boolean): Instance[] {
    this.bindings.apply(config.sticky, this.instances.values());
    const leaving = this.#takeOut(new Map(config.instances.map((spec) => [spec.id, spec])));
    for (const spec of config.instances) {
      const instance = this.instances.get(spec.id) ?? this.#addInstance(spec);
      const wasActive = instance.isStickyUsable;
      this.#updateInstance(instance, spec, config, isFirst);
      if (wasActive && instance.state !== 'ready') leaving.push(instance);
    }
    const leavingNeighbors = this.#neighbors.apply(config.neighbors, config.port);
    this.#neighbors.setProxyVersion(this.#neighborProxy);
    this.#rebuild();
    for (const instance of this.instances.values()) if (!instance.isUsable) this.#turnAway(instance);
    for (const instance of leaving) if (instance.isRemoved) this.#turnAway(instance);
    for (const neighbor of leavingNeighbors) this.#turnAway(neighbor);
    this.wakeWaiting();
    return leaving;
  }

  /** Those whose address is gone, or has another life now. @param specs by id */
  #takeOut(specs: ReadonlyMap<string, InstanceSnapshot>): Instance[] {
    const gone = [...this.instances.values()].filter(({ id, life }) => {
      const spec = specs.get(id);
      return spec === undefined || isOtherLife(life, spec.life);
    });
    for (const instance of gone) {
      instance.isRemoved = true;
      this.departed.add(instance);
      this.#closeLease(instance, true);
      this.instances.delete(instance.id);
      this.bindings.forget(instance);
      if (!specs.has(instance.id)) delete this.counters.instances[instance.id];
    }
    return gone;
  }

  /** Drops connects to an instance that takes nothing new; their requests go elsewhere, unless they are bound to it. */
  #turnAway(instance: Instance): void {
    for (const { connecting } of instance.connections) {
      if (connecting === null) continue;
      const isBound = instance.isStickyUsable && this.bindings.instanceOf(connecting.stickyId) === instance;
      if (!isBound) connecting.goElsewhere();
    }
  }

  #addInstance(spec: InstanceSnapshot): Instance {
    const { id, host, port, life } = spec;
    const instance = new Instance(id, host, port, false, this.counters.instances[id]);
    instance.life = life;
    this.instances.set(id, instance);
    this.bindings.bind(instance);
    this.counters.instances[id] = instance.counters;
    return instance;
  }

  #updateInstance(instance: Instance, spec: InstanceSnapshot, config: SlotSnapshot, isFirst: boolean): void {
    const wasUsable = instance.isUsable;
    if (instance.life === null && spec.life !== null) {
      instance.life = spec.life;
      this.bindings.bind(instance);
    }
    instance.weight = spec.weight;
    instance.state = spec.state;
    instance.isUp = spec.up;
    instance.proxyVersion = config.sendProxy;
    this.#setLimit(instance, config.limits.connections);
    // At the start of a worker all are as warm as they were: a roll of the workers does not restart the instances.
    if (!wasUsable && instance.isUsable && !isFirst) {
      instance.usableSince = this.#worker.clock.now();
      instance.connectFailures = 0;
    }
    if (!instance.isUp || instance.state === 'maint') instance.closeIdle();
  }

  /** @param limit of the node; 0 for none */
  #setLimit(instance: Instance, limit: number): void {
    const { leases } = this.#worker;
    if (limit === 0) {
      this.#closeLease(instance, false);
      instance.limit = Number.POSITIVE_INFINITY;
    } else if (leases === null) {
      instance.limit = limit;
    } else {
      instance.lease ??= leases.open(this.app, instance, () => this.wakeWaiting());
    }
  }

  #closeLease(instance: Instance, isLimited: boolean): void {
    const { lease } = instance;
    if (lease === null) return;
    this.#worker.leases?.close(lease, isLimited);
    if (!isLimited) instance.lease = null;
  }

  #rebuild(): void {
    const { slowStartMs } = this.config;
    this.#usable = [...this.instances.values()].filter((instance) => instance.isUsable);
    this.#picker.rebuild(
      this.#usable,
      this.#usable.map((instance) => this.#slowStart.weightOf(instance, slowStartMs)),
    );
    if (this.queue.length > 0) this.queue.regroup((waiter) => this.instancesFor(waiter as SlotRequest));
    if (!this.isClosing) this.#slowStart.watch(this.#usable, slowStartMs);
  }
}
