import { NetworkSet } from '../core/networks.js';
import { createSlotCounters, type SlotCounters } from '../metrics/counters.js';
import type { InstanceSnapshot, NeighborSnapshot, ProxyVersion, SlotSnapshot } from '../snapshot/snapshot.js';
import { createPicker } from './balance/create-picker.js';
import type { Picker, PickRequest } from './balance/picker.js';
import { ForeignClients } from './foreign-clients.js';
import { Instance } from './instance.js';
import type { NodeContext, WorkerContext } from './node-context.js';
import { RetryBudget } from './retry-budget.js';
import { stickyIdOf } from './sticky.js';
import { type Room, WaitQueue } from './wait-queue.js';

/** How often slow start moves on. */
const WARM_UP_STEP_MS = 1_000;

/** Every instance that could take the request is at its limit. */
export const FULL = 'full';

export interface SlotRequest extends PickRequest {
  /** The instance that the client's cookie names; empty for none. */
  readonly stickyId: string;
  /** It came from a neighbor, or may not go to one for another reason. */
  readonly mayBleed: boolean;
}

/**
 * One app's port on this worker: the newest configuration, and the live facts that outlive it. Connections hold the
 * slot itself, so one that was opened before a change is served by the table that came after it.
 */
export class Slot implements Room {
  readonly app: string;
  config: SlotSnapshot;
  node: NodeContext;
  trusted: NetworkSet;
  /** The slot or the worker is going: what is under way ends, and its connections with it. */
  isClosing = false;
  readonly counters: SlotCounters = createSlotCounters();
  readonly budget = new RetryBudget();
  readonly queue = new WaitQueue();
  readonly foreignClients = new ForeignClients();
  readonly instances = new Map<string, Instance>();
  readonly #worker: WorkerContext;
  readonly #bySticky = new Map<string, Instance>();
  #neighbors: Instance[] = [];
  #nextNeighbor: number;
  #usable: Instance[] = [];
  #picker: Picker;
  #isWarming = false;

  constructor(worker: WorkerContext, config: SlotSnapshot, node: NodeContext) {
    this.#worker = worker;
    this.app = config.app;
    this.config = config;
    this.node = node;
    this.trusted = new NetworkSet(config.trustedProxies);
    this.#nextNeighbor = worker.index;
    this.#picker = this.#createPicker(config);
    this.#applyInstances(config, true);
  }

  /** Puts a new configuration in force. @returns instances that take no traffic any more and have to be drained. */
  apply(config: SlotSnapshot, node: NodeContext): Instance[] {
    if (config.balance !== this.config.balance) this.#picker = this.#createPicker(config);
    const isOtherHeader = config.sendProxy !== this.config.sendProxy || config.acceptProxy !== this.config.acceptProxy;
    this.config = config;
    this.node = node;
    if (isOtherHeader) this.closeIdle();
    this.trusted = new NetworkSet(config.trustedProxies);
    return this.#applyInstances(config, false);
  }

  /** The PROXY header that a connection to `instance` begins with. A neighbor demands one where this slot does. */
  proxyVersionTo(instance: Instance): ProxyVersion {
    if (!instance.isNeighbor) return this.config.sendProxy;
    return this.config.acceptProxy ? this.node.neighborProxy : 'none';
  }

  /** Whether TCP clients are brought to this neighbor by its health port: their own connections would carry no mark. */
  usesBleedDoor(instance: Instance): boolean {
    return instance.isNeighbor && instance.node !== null && this.proxyVersionTo(instance) !== 'v2';
  }

  get hasUsableInstance(): boolean {
    return this.#usable.length > 0;
  }

  /** @returns who gets the request; FULL when it has to wait; null when there is nobody. */
  choose(request: SlotRequest): Instance | typeof FULL | null {
    if (request.stickyId !== '') {
      const bound = this.#bySticky.get(request.stickyId);
      if (bound?.isStickyUsable === true && bound.hasRoom && request.tried?.includes(bound) !== true) return bound;
    }
    const picked = this.#picker.pick(request);
    if (picked !== null) return picked;
    for (const instance of this.#usable) if (request.tried?.includes(instance) !== true) return FULL;
    return request.mayBleed ? this.chooseNeighbor(request) : null;
  }

  /** The counters with their gauges as they are now. */
  readCounters(): SlotCounters {
    this.counters.queued = this.queue.length;
    for (const instance of this.instances.values()) {
      instance.counters.inFlight = instance.inFlight;
      instance.counters.idle = instance.idle.size;
    }
    return this.counters;
  }

  /** Neighbors that answer take turns. */
  chooseNeighbor(request: PickRequest): Instance | null {
    const count = this.#neighbors.length;
    for (let step = 0; step < count; step += 1) {
      const neighbor = this.#neighbors[(this.#nextNeighbor + step) % count];
      if (neighbor?.isUp === true && request.tried?.includes(neighbor) !== true) {
        this.#nextNeighbor += step + 1;
        return neighbor;
      }
    }
    return null;
  }

  /** Closes kept-alive connections to instances and neighbors. */
  closeIdle(): void {
    for (const instance of this.instances.values()) instance.closeIdle();
    for (const neighbor of this.#neighbors) neighbor.closeIdle();
  }

  /** Whether an instance may take another one. Without any that is usable nobody waits: neighbors have no limit. */
  get hasRoom(): boolean {
    for (const instance of this.#usable) if (instance.hasRoom) return true;
    return this.#usable.length === 0;
  }

  /** An instance has room again, or there are more of them. */
  wakeWaiting(): void {
    if (this.queue.length > 0) this.queue.offer(this);
  }

  #createPicker(config: SlotSnapshot): Picker {
    return createPicker(config.balance, { random: this.#worker.random, offset: this.#worker.index });
  }

  #applyInstances(config: SlotSnapshot, isFirst: boolean): Instance[] {
    const seen = new Set<string>();
    const leaving: Instance[] = [];
    for (const spec of config.instances) {
      seen.add(spec.id);
      const instance = this.instances.get(spec.id) ?? this.#addInstance(spec);
      const wasActive = instance.isStickyUsable;
      this.#updateInstance(instance, spec, config, isFirst);
      if (wasActive && instance.state !== 'ready') leaving.push(instance);
    }
    for (const [id, instance] of this.instances) {
      if (seen.has(id)) continue;
      instance.isRemoved = true;
      this.instances.delete(id);
      this.#bySticky.delete(stickyIdOf(id));
      delete this.counters.instances[id];
      leaving.push(instance);
    }
    const leavingNeighbors = this.#applyNeighbors(config.neighbors, config.port);
    this.#rebuild();
    for (const instance of this.instances.values()) if (!instance.isUsable) this.#turnAway(instance);
    for (const instance of leaving) if (instance.isRemoved) this.#turnAway(instance);
    for (const neighbor of leavingNeighbors) this.#turnAway(neighbor);
    this.wakeWaiting();
    return leaving;
  }

  /** Who waits for an instance that takes nothing new is served elsewhere at once; those that are bound to it may stay. */
  #turnAway(instance: Instance): void {
    for (const { connecting } of instance.connections) {
      if (connecting === null) continue;
      const isBound = instance.isStickyUsable && this.#bySticky.get(connecting.stickyId) === instance;
      if (!isBound) connecting.goElsewhere();
    }
  }

  #addInstance(spec: InstanceSnapshot): Instance {
    const instance = new Instance(spec.id, spec.host, spec.port, false);
    this.instances.set(spec.id, instance);
    this.#bySticky.set(stickyIdOf(spec.id), instance);
    this.counters.instances[spec.id] = instance.counters;
    return instance;
  }

  #updateInstance(instance: Instance, spec: InstanceSnapshot, config: SlotSnapshot, isFirst: boolean): void {
    const wasUsable = instance.isUsable;
    instance.weight = spec.weight;
    instance.state = spec.state;
    instance.isUp = spec.up;
    instance.limit = this.#shareOf(config.limits.connections);
    // At the start of a worker all are as warm as they were: a roll of the workers is no restart of the instances.
    if (!wasUsable && instance.isUsable && !isFirst) {
      instance.usableSince = this.#worker.clock.now();
      instance.connectFailures = 0;
    }
    if (!instance.isUp || instance.state === 'maint') instance.closeIdle();
  }

  /** A limit is for the node; each worker has its part of it, and at least one. */
  #shareOf(limit: number): number {
    if (limit === 0) return Number.POSITIVE_INFINITY;
    const { index, count } = this.#worker;
    return Math.max(1, Math.floor(limit / count) + (index < limit % count ? 1 : 0));
  }

  /** @returns neighbors that take nothing any more. */
  #applyNeighbors(neighbors: readonly NeighborSnapshot[], port: number): readonly Instance[] {
    const known = new Map(this.#neighbors.map((neighbor) => [neighbor.host, neighbor]));
    this.#neighbors = neighbors.map((spec) => {
      const neighbor = known.get(spec.host) ?? new Instance(`${spec.host}:${port}`, spec.host, port, true);
      known.delete(spec.host);
      neighbor.isUp = spec.up;
      neighbor.localAddress = spec.localAddress;
      neighbor.node = spec.node;
      return neighbor;
    });
    for (const gone of known.values()) {
      gone.isRemoved = true;
      gone.closeIdle();
    }
    return [...known.values(), ...this.#neighbors.filter(({ isUp }) => !isUp)];
  }

  #rebuild(): void {
    this.#usable = [...this.instances.values()].filter((instance) => instance.isUsable);
    this.#picker.rebuild(
      this.#usable,
      this.#usable.map((instance) => this.#weightOf(instance)),
    );
    const { slowStartMs } = this.config;
    const now = this.#worker.clock.now();
    const isWarming = this.#usable.some((instance) => now - instance.usableSince < slowStartMs);
    if (!isWarming || this.#isWarming || this.isClosing) return;
    this.#isWarming = true;
    this.#worker.clock.setTimer(WARM_UP_STEP_MS, () => {
      this.#isWarming = false;
      this.#rebuild();
    });
  }

  /** Slow start: the weight grows from a little to all of it over the time. Alone, an instance has to bear it anyway. */
  #weightOf(instance: Instance): number {
    const { slowStartMs } = this.config;
    const age = this.#worker.clock.now() - instance.usableSince;
    if (age >= slowStartMs) return instance.weight;
    return Math.max(1, Math.round((instance.weight * age) / slowStartMs));
  }
}
