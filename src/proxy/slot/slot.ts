import type { ErrorCode } from '../../core/errors.js';
import { NetworkSet } from '../../core/networks.js';
import { createSlotCounters, type SlotCounters } from '../../metrics/counters.js';
import type { ProxyVersion, SlotSnapshot } from '../../snapshot/snapshot.js';
import { createPicker } from '../balance/create-picker.js';
import type { Picker, PickRequest } from '../balance/picker.js';
import { Bindings } from './bindings.js';
import { ForeignClients } from './foreign-clients.js';
import type { Instance } from './instance.js';
import { InstanceSet } from './instance-set.js';
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
  /** Its clients by their cookies. */
  readonly bindings = new Bindings();
  readonly instances: InstanceSet;
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
    this.instances = new InstanceSet({
      ...{ app: config.app, worker, counters: this.counters.instances, bindings: this.bindings },
      onRoom: () => this.wakeWaiting(),
    });
    this.#neighbors = new Neighbors(worker.index);
    this.#picker = this.#createPicker(config);
    this.#slowStart = new SlowStart(worker.clock, () => this.#rebuild());
    this.#applyInstances(config);
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
    return this.#applyInstances(config);
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
    for (const instance of this.instances.byId.values()) instance.setGauges(now);
    this.counters.departing = this.instances.departed.underWay(now);
    return this.counters;
  }

  /** Closes kept-alive connections to instances and neighbors. */
  closeIdle(): void {
    for (const instance of this.instances.byId.values()) instance.closeIdle();
    this.#neighbors.closeIdle();
  }

  /** An instance has room again, or there are more of them. */
  wakeWaiting(): void {
    if (this.queue.length > 0) this.queue.offer();
  }

  /** Without the primary this worker can use only instances of which it holds permits. */
  onPrimaryGone(): void {
    this.#rebuild();
    this.wakeWaiting();
  }

  /** Permits are not lent any more. */
  settleLeases(): void {
    this.instances.settleLeases(this.config.limits.connections);
    this.#rebuild();
    this.wakeWaiting();
  }

  /** There are instances, and only permits are missing; no neighbor can take the clients either. */
  get isStranded(): boolean {
    if (this.config.neighbors.some(({ up }) => up)) return false;
    const instances = [...this.instances.byId.values()];
    return instances.some((instance) => instance.lacksPermits) && !instances.some((instance) => instance.isUsable);
  }

  #createPicker(config: SlotSnapshot): Picker<Instance> {
    return createPicker(config.balance, { random: this.#worker.random, offset: this.#worker.index });
  }

  #applyInstances(config: SlotSnapshot): Instance[] {
    const leaving = this.instances.apply(config);
    const leavingNeighbors = this.#neighbors.apply(config.neighbors, config.port);
    this.#neighbors.setProxyVersion(this.#neighborProxy);
    this.#rebuild();
    for (const instance of this.instances.byId.values()) if (!instance.isUsable) this.#turnAway(instance);
    for (const instance of leaving) if (instance.isRemoved) this.#turnAway(instance);
    for (const neighbor of leavingNeighbors) this.#turnAway(neighbor);
    this.wakeWaiting();
    return leaving;
  }

  /** Drops connects to an instance that takes nothing new; their requests go elsewhere, unless they are bound to it. */
  #turnAway(instance: Instance): void {
    for (const { connecting } of instance.connections) {
      if (connecting === null) continue;
      const isBound = instance.isStickyUsable && this.bindings.instanceOf(connecting.stickyId) === instance;
      if (!isBound) connecting.goElsewhere();
    }
  }

  #rebuild(): void {
    const { slowStartMs } = this.config;
    this.#usable = [...this.instances.byId.values()].filter((instance) => instance.isUsable);
    this.#picker.rebuild(
      this.#usable,
      this.#usable.map((instance) => this.#slowStart.weightOf(instance, slowStartMs)),
    );
    if (this.queue.length > 0) this.queue.regroup((waiter) => this.instancesFor(waiter as SlotRequest));
    if (!this.isClosing) this.#slowStart.watch(this.#usable, slowStartMs);
  }
}
