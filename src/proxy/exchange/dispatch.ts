import type { ErrorCode } from '../../core/errors.js';
import { isOwnFault } from '../../core/own-faults.js';
import type { Connecting } from '../roles/instance-connection.js';
import type { Instance } from '../slot/instance.js';
import { FULL, type Slot, type SlotRequest } from '../slot/slot.js';
import type { WaitGroup } from '../slot/wait-queue.js';
import type { WorkerContext } from '../slot/worker-context.js';

/** Where the queue is full, this many requests may wait this long for permits that other workers have to spare. */
const BORROWERS = 64;
const BORROW_MS = 250;

/**
 * The way to an instance, of one HTTP request after the other or of one TCP connection:
 *
 *   start ──► choose ──instance──► connect ──► (the instance has it) ──► release
 *               ▲  └─full─► queue ──turn──┘ │
 *               └─────────── retry ◄────────┘
 */
export abstract class Dispatch implements SlotRequest, Connecting {
  slot: Slot;
  readonly worker: WorkerContext;
  stickyId = '';
  mayBleed = false;
  tried: Instance[] | null = null;
  group: WaitGroup | null = null;
  order = 0;
  since = Number.POSITIVE_INFINITY;
  /** The instance that has it now. */
  instance: Instance | null = null;
  /** The instance that had it last; null before the first. */
  lastInstance: Instance | null = null;
  /** How often an instance got it after a failure. */
  retries = 0;
  /** A retry went to another instance than the one before. */
  isRedispatched = false;
  /** Time in the queue. */
  waitedMs = 0;
  /** How many waited before it, when it had to wait first; -1: it did not. */
  queuedBehind = -1;
  /** The answer to the client when no instance is left to try. */
  #failure: ErrorCode = 'NO_INSTANCE';
  #isRetry = false;
  #queuedAt = 0;
  /** Until when it may wait; Infinity before the first wait. */
  #waitUntil = Number.POSITIVE_INFINITY;
  /** It waits though the queue is full. */
  #isExcess = false;

  constructor(slot: Slot, worker: WorkerContext) {
    this.slot = slot;
    this.worker = worker;
  }

  get isQueued(): boolean {
    return this.group !== null;
  }

  abstract readonly clientAddress: string;
  /** Begins a connection to the instance, or takes one that is open. @param isAtOnce it has neither waited nor tried another */
  protected abstract connect(instance: Instance, isAtOnce: boolean): void;
  /** Closes the connection that the instance has not accepted yet, without a word of it. */
  protected abstract cancelConnect(): void;
  /** No instance gets it: the client is told why. */
  protected abstract fail(code: ErrorCode): void;
  /** It waits for room, and `endWait` is due at `deadline`. Infinity: the wait is over. */
  protected abstract setQueueDeadline(deadline: number): void;

  protected start(): void {
    const choice = this.slot.choose(this);
    if (choice === FULL) this.#queue();
    else this.#give(choice);
  }

  onTurn(): void {
    const choice = this.slot.choose(this);
    if (choice === FULL) return;
    this.leaveQueue();
    this.setQueueDeadline(Number.POSITIVE_INFINITY);
    this.#give(choice);
  }

  /** The client went away, or the time is up. */
  protected leaveQueue(): void {
    if (!this.isQueued) return;
    this.slot.queue.leave(this);
    this.waitedMs += this.worker.clock.now() - this.#queuedAt;
  }

  /** No instance had room for it in time. */
  endWait(): void {
    this.leaveQueue();
    this.fail(this.#isExcess ? 'QUEUE_FULL' : 'QUEUE_TIMEOUT');
  }

  #queue(): void {
    const { slot } = this;
    const { queue } = slot;
    const now = this.worker.clock.now();
    const instances = slot.instancesFor(this);
    this.#isExcess = queue.isFull;
    // Once a request: each failure of an instance would begin the wait anew.
    if (!this.#isExcess) this.#waitUntil = this.#queueDeadline(now);
    else if (this.#waitUntil === Number.POSITIVE_INFINITY) this.#waitUntil = now + BORROW_MS;
    if (this.#isExcess && (queue.excess >= BORROWERS || !instances.some(({ lease }) => lease !== null))) {
      this.fail('QUEUE_FULL');
    } else if (now >= this.#waitUntil) {
      // It has waited for as long as it may, before an instance that then failed.
      this.fail(this.#failure);
    } else {
      if (this.queuedBehind === -1) this.queuedBehind = queue.length;
      queue.add(this, instances, now);
      slot.peaks.queued = Math.max(slot.peaks.queued, queue.length);
      this.#queuedAt = now;
      this.setQueueDeadline(this.#waitUntil);
    }
  }

  /** Those before it were served: it may wait for as long as if there had been room in the queue when it came. */
  onAdmitted(): void {
    this.#isExcess = false;
    this.#waitUntil = this.#queueDeadline(this.since);
    this.setQueueDeadline(this.#waitUntil);
  }

  #queueDeadline(now: number): number {
    return Math.min(this.since, now) + this.slot.config.timeouts.queueMs;
  }

  #give(instance: Instance | null): void {
    if (instance === null) {
      this.fail(this.#failure);
      return;
    }
    if (this.#isRetry) this.#countRetry(instance);
    const isAtOnce = this.lastInstance === null && this.order === 0;
    this.instance = instance;
    this.lastInstance = instance;
    instance.inFlight += 1;
    if (instance.inFlight > instance.inFlightPeak) instance.inFlightPeak = instance.inFlight;
    instance.lease?.onTaken();
    this.connect(instance, isAtOnce);
  }

  #countRetry(instance: Instance): void {
    const { slot, lastInstance } = this;
    const isElsewhere = instance !== lastInstance;
    this.#isRetry = false;
    this.retries += 1;
    slot.counters.retries += 1;
    if (isElsewhere) {
      this.isRedispatched = true;
      slot.counters.redispatches += 1;
    }
    if (lastInstance === null) return;
    if (isElsewhere) lastInstance.counters.redispatches += 1;
    else lastInstance.counters.retries += 1;
  }

  /** The instance has accepted, and gets what the client says. */
  protected countSent(instance: Instance): void {
    const { counters } = this.slot;
    instance.counters.requests += 1;
    counters.sent += 1;
    if (instance.isNeighbor) counters.bled += 1;
  }

  /** The instance is gone, or takes nothing new. Its failures and the tries of the request are counted as before. */
  goElsewhere(): void {
    this.cancelConnect();
    this.release();
    this.start();
  }

  /** Nothing was sent: any request may go to the next instance at once. The connection is closed. */
  onConnectFailed(code: ErrorCode, error: Error | null): void {
    const { slot, worker, instance } = this;
    if (isOwnFault(error)) {
      const suppressed = worker.ownFaults.ask();
      if (suppressed !== null)
        worker.log.error({ app: slot.app, err: error, suppressed }, 'this node failed to open a connection');
    } else if (instance !== null) {
      instance.connectFailures += 1;
      instance.counters.connectFailures += 1;
      slot.counters.connectFailures += 1;
      worker.log.debug({ app: slot.app, instance: instance.id, reason: error?.message }, 'connect failed');
      if (!instance.isNeighbor) worker.onConnectFailure(slot.app, instance, instance.connectFailures);
    }
    this.release();
    this.retry(code, instance);
  }

  /** @param failed is not asked again; null when the failure says nothing against it. */
  protected retry(code: ErrorCode, failed: Instance | null): void {
    const { slot } = this;
    if (failed !== null) {
      this.tried ??= [];
      this.tried.push(failed);
    }
    if (this.retries >= slot.config.retries) {
      this.fail(code);
      return;
    }
    this.#failure = code;
    this.#isRetry = true;
    // The last attempt goes where the chance is best: all instances of a node often die together.
    const isLast = this.retries + 1 === slot.config.retries && this.tried !== null;
    const neighbor = isLast && this.mayBleed ? slot.chooseNeighbor(this) : null;
    if (neighbor !== null) this.#give(neighbor);
    else this.start();
  }

  /** The instance has room for another one. */
  protected release(): void {
    const { instance, slot } = this;
    if (instance === null) return;
    this.instance = null;
    instance.inFlight -= 1;
    const { lease } = instance;
    if (lease === null || !lease.isContended || lease.mayKeepFor(slot.queue.waitingSince(instance))) slot.wakeWaiting();
    lease?.onReleased();
  }

  /** It is over, without an instance and outside of the queue: from now on it is as new. */
  forget(): void {
    this.stickyId = '';
    this.mayBleed = false;
    this.tried = null;
    this.order = 0;
    this.since = Number.POSITIVE_INFINITY;
    this.lastInstance = null;
    this.retries = 0;
    this.isRedispatched = false;
    this.waitedMs = 0;
    this.queuedBehind = -1;
    this.#failure = 'NO_INSTANCE';
    this.#isRetry = false;
    this.#queuedAt = 0;
    this.#waitUntil = Number.POSITIVE_INFINITY;
    this.#isExcess = false;
  }
}
