import type { LeaseDesk, Want } from '../limits/lease-desk.js';
import type { Instance } from './instance.js';

/** A request, or a TCP client, that waits for an instance with room. */
export interface Waiter {
  /** Those that it waits with; null while it does not wait. */
  group: WaitGroup | null;
  /** Its place, from its first wait on; 0 before. */
  order: number;
  /** When that wait began. */
  since: number;
  /** There may be room now. It leaves the queue when there is some for it; else it keeps its place. */
  onTurn(): void;
  /** It came when the queue was full, and counts as one that waits in it from now on. */
  onAdmitted(): void;
}

/** Waiters that would take the same instances. */
export interface WaitGroup {
  readonly key: string;
  /** Each of these will do. Empty: no instance is left to wait for, and each waiter gets its turn to learn so. */
  readonly instances: readonly Instance[];
  readonly want: Want | null;
  /** The longest waiting one first. */
  waiters: Set<Waiter>;
}

/** First come, first served, among those that the instance with room can serve. */
export class WaitQueue {
  /** How many wait. */
  length = 0;
  /** Came when the queue was full. They wait too, for permits of other workers, and the earliest is the next to be admitted. */
  readonly #excess = new Set<Waiter>();
  #limit: number;
  readonly #app: string;
  /** Where permits for those that wait are asked for; null where a limit is this worker's alone. */
  readonly #desk: LeaseDesk | null;
  /** By the ids of their instances. */
  #groups = new Map<string, WaitGroup>();
  #nextOrder = 1;

  /** @param limit how many may wait */
  constructor(app: string, limit: number, desk: LeaseDesk | null) {
    this.#app = app;
    this.#limit = limit;
    this.#desk = desk;
  }

  set limit(limit: number) {
    this.#limit = limit;
    this.#admit();
  }

  get isFull(): boolean {
    return this.length - this.#excess.size >= this.#limit;
  }

  /** How many wait beyond the limit. */
  get excess(): number {
    return this.#excess.size;
  }

  /** @param instances that would do */
  add(waiter: Waiter, instances: readonly Instance[], now: number): void {
    const group = this.#groupOf(instances);
    if (this.isFull) this.#excess.add(waiter);
    const isBack = waiter.order !== 0;
    if (!isBack) {
      waiter.order = this.#nextOrder;
      waiter.since = now;
      this.#nextOrder += 1;
    }
    waiter.group = group;
    group.waiters.add(waiter);
    // Had its turn, and the instance failed: it goes before those that came later.
    if (isBack) group.waiters = new Set([...group.waiters].sort((a, b) => a.order - b.order));
    this.length += 1;
    if (group.want !== null) this.#desk?.changeWant(group.want, 1);
  }

  /** It is served, went away or its time is up. */
  leave(waiter: Waiter): void {
    this.#takeOut(waiter);
    this.#excess.delete(waiter);
    this.#admit();
  }

  #takeOut(waiter: Waiter): void {
    const { group } = waiter;
    if (group === null) return;
    waiter.group = null;
    group.waiters.delete(waiter);
    if (group.waiters.size === 0 && this.#groups.get(group.key) === group) this.#groups.delete(group.key);
    this.length -= 1;
    if (group.want !== null) this.#desk?.changeWant(group.want, -1);
  }

  /** @returns since when a request waits that the instance would do for; Infinity for none. */
  waitingSince(instance: Instance): number {
    let since = Number.POSITIVE_INFINITY;
    for (const { instances, waiters } of this.#groups.values()) {
      const [first] = waiters;
      if (first !== undefined && first.since < since && instances.includes(instance)) since = first.since;
    }
    return since;
  }

  /** The instances have changed. @param instancesFor says which ones would do now */
  regroup(instancesFor: (waiter: Waiter) => readonly Instance[]): void {
    const before = this.#groups;
    const waiters = [...before.values()].flatMap((group) => [...group.waiters]).sort((a, b) => a.order - b.order);
    this.#groups = new Map();
    for (const waiter of waiters) {
      const instances = instancesFor(waiter);
      this.#takeOut(waiter);
      waiter.group = this.#groupOf(instances, before);
      waiter.group.waiters.add(waiter);
      this.length += 1;
      if (waiter.group.want !== null) this.#desk?.changeWant(waiter.group.want, 1);
    }
  }

  /** Gives waiters their turn, the longest waiting one first, for as long as an instance that would do has room. */
  offer(): void {
    const passed = new Set<WaitGroup>();
    for (;;) {
      const waiter = this.#nextToServe(passed);
      if (waiter === null) return;
      const { group, order } = waiter;
      waiter.onTurn();
      if (group !== null && waiter.group === group && waiter.order === order) passed.add(group);
    }
  }

  #admit(): void {
    while (this.#excess.size > 0 && !this.isFull) {
      let next: Waiter | null = null;
      for (const waiter of this.#excess) if (next === null || waiter.order < next.order) next = waiter;
      if (next === null) return;
      this.#excess.delete(next);
      next.onAdmitted();
    }
  }

  #nextToServe(passed: ReadonlySet<WaitGroup>): Waiter | null {
    let next: Waiter | null = null;
    for (const group of this.#groups.values()) {
      const [first] = group.waiters;
      if (first === undefined || passed.has(group) || !haveRoom(group.instances)) continue;
      if (next === null || first.order < next.order) next = first;
    }
    return next;
  }

  #groupOf(instances: readonly Instance[], before: ReadonlyMap<string, WaitGroup> = this.#groups): WaitGroup {
    const key = instances.map(({ id }) => id).join(' ');
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const want = before.get(key)?.want ?? this.#wantOf(instances);
    const group: WaitGroup = { key, instances, want, waiters: new Set() };
    this.#groups.set(key, group);
    return group;
  }

  #wantOf(instances: readonly Instance[]): Want | null {
    if (this.#desk === null || !instances.some(({ lease }) => lease !== null)) return null;
    return this.#desk.createWant(
      this.#app,
      instances.map(({ id }) => id),
    );
  }
}

function haveRoom(instances: readonly Instance[]): boolean {
  for (const instance of instances) if (instance.hasRoom) return true;
  return instances.length === 0;
}
