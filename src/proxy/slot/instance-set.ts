import { isOtherLife } from '../../core/lives.js';
import type { SlotCounters } from '../../metrics/counters.js';
import type { InstanceSnapshot, SlotSnapshot } from '../../snapshot/snapshot.js';
import { shareOf } from '../limits/client-limit.js';
import type { Bindings } from './bindings.js';
import { DepartedInstances } from './departed-instances.js';
import { Instance } from './instance.js';
import type { WorkerContext } from './worker-context.js';

interface InstanceSetParts {
  readonly app: string;
  readonly worker: Pick<WorkerContext, 'clock' | 'leases' | 'index' | 'count'>;
  /** By id; those of an address go on when another instance gets it. */
  readonly counters: SlotCounters['instances'];
  readonly bindings: Bindings;
  /** An instance has room again. */
  readonly onRoom: () => void;
}

/** The instances of one slot: they come, change and leave as its configuration says, and keep their live facts meanwhile. */
export class InstanceSet {
  /** Of this slot, with connections that are still open. */
  readonly departed: DepartedInstances;
  readonly #parts: InstanceSetParts;
  readonly #byId = new Map<string, Instance>();
  #isFirst = true;

  constructor(parts: InstanceSetParts) {
    this.#parts = parts;
    this.departed = new DepartedInstances(parts.worker.clock);
  }

  get byId(): ReadonlyMap<string, Instance> {
    return this.#byId;
  }

  /** @returns instances that take no traffic any more and have to be drained. */
  apply(config: SlotSnapshot): Instance[] {
    this.#parts.bindings.apply(config.sticky, this.#byId.values());
    const leaving = this.#takeOut(new Map(config.instances.map((spec) => [spec.id, spec])));
    for (const spec of config.instances) {
      const instance = this.#byId.get(spec.id) ?? this.#add(spec);
      const wasActive = instance.isStickyUsable;
      this.#update(instance, spec, config);
      if (wasActive && instance.state !== 'ready') leaving.push(instance);
    }
    this.#isFirst = false;
    return leaving;
  }

  /** No configuration will take them out, and what is under way with them may end. */
  departAll(): void {
    for (const instance of this.#byId.values()) this.departed.add(instance);
  }

  /** The slot has ended: what it borrowed is free for others. */
  closeLeases(): void {
    for (const instance of this.#byId.values()) this.#closeLease(instance, true);
  }

  /** Permits are not lent any more: each worker has a fixed part of each limit, and the parts add up to it. */
  settleLeases(limit: number): void {
    const part = shareOf(limit, this.#parts.worker);
    for (const { lease } of this.#byId.values()) lease?.settle(part);
  }

  /** Those whose address is gone, or has another life now. @param specs by id */
  #takeOut(specs: ReadonlyMap<string, InstanceSnapshot>): Instance[] {
    const gone = [...this.#byId.values()].filter(({ id, life }) => {
      const spec = specs.get(id);
      return spec === undefined || isOtherLife(life, spec.life);
    });
    for (const instance of gone) {
      instance.isRemoved = true;
      this.departed.add(instance);
      this.#closeLease(instance, true);
      this.#byId.delete(instance.id);
      this.#parts.bindings.forget(instance);
      if (!specs.has(instance.id)) delete this.#parts.counters[instance.id];
    }
    return gone;
  }

  #add(spec: InstanceSnapshot): Instance {
    const { bindings, counters } = this.#parts;
    const { id, host, port, life } = spec;
    const instance = new Instance(id, host, port, false, counters[id]);
    instance.life = life;
    this.#byId.set(id, instance);
    bindings.bind(instance);
    counters[id] = instance.counters;
    return instance;
  }

  #update(instance: Instance, spec: InstanceSnapshot, config: SlotSnapshot): void {
    const { bindings, worker } = this.#parts;
    const wasUsable = instance.isUsable;
    if (instance.life === null && spec.life !== null) {
      instance.life = spec.life;
      bindings.bind(instance);
    }
    instance.weight = spec.weight;
    instance.state = spec.state;
    instance.isUp = spec.up;
    instance.proxyVersion = config.sendProxy;
    this.#setLimit(instance, config.limits.connections);
    // At the start of a worker all are as warm as they were: a roll of the workers does not restart the instances.
    if (!wasUsable && instance.isUsable && !this.#isFirst) {
      instance.usableSince = worker.clock.now();
      instance.connectFailures = 0;
    }
    if (!instance.isUp || instance.state === 'maint') instance.closeIdle();
  }

  /** @param limit of the node; 0 for none */
  #setLimit(instance: Instance, limit: number): void {
    const { app, worker, onRoom } = this.#parts;
    if (limit === 0) {
      this.#closeLease(instance, false);
      instance.limit = Number.POSITIVE_INFINITY;
    } else if (worker.leases === null) {
      instance.limit = limit;
    } else {
      instance.lease ??= worker.leases.open(app, instance, onRoom);
    }
  }

  #closeLease(instance: Instance, isLimited: boolean): void {
    const { lease } = instance;
    if (lease === null) return;
    this.#parts.worker.leases?.close(lease, isLimited);
    if (!isLimited) instance.lease = null;
  }
}
