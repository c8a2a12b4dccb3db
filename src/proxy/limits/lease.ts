import type { Clock } from '../../core/clock.js';
import type { PermitNotice } from '../../snapshot/permits.js';

/**
 * A permit that gets free goes to the longest wait, but a request of this worker is served first when the other one has
 * waited longer by less than this: each change of hands costs two messages between processes, about 0.2 ms of CPU time.
 */
const PRECEDENCE_MS = 5;
/** How soon more permits are asked for again, when none were free. */
const WISH_INTERVAL_MS = 100;

/** An instance with a limit. */
export interface Borrower {
  readonly id: string;
  readonly inFlight: number;
  /** Requests that it may have under way from this worker. */
  limit: number;
  /** Fewer permits are held: connections that are kept beyond them are closed. */
  onLimitLowered(): void;
}

/** The desk, as its leases see it. */
export interface Lender {
  readonly clock: Clock;
  /** There is a primary to lend something. */
  readonly isOpen: boolean;
  giveBack(app: string, instance: string, count: number): void;
  wish(app: string, instance: string): void;
}

/** The permits of one instance that this worker holds. */
export class Lease {
  readonly app: string;
  readonly instance: string;
  readonly #lender: Lender;
  readonly #borrower: Borrower;
  /** There is room for those that wait here. */
  readonly #onRoom: () => void;
  /** Also what is in use of it. */
  #held: number;
  #isContended = false;
  /** Since when a request of another worker waits; Infinity for none. */
  #othersSince = Number.POSITIVE_INFINITY;
  #wishAgainAt = 0;
  #isClosed = false;
  /** Of the limit, for good; null while there is a primary to lend something. */
  #part: number | null = null;

  constructor(app: string, lender: Lender, borrower: Borrower, onRoom: () => void) {
    this.app = app;
    this.instance = borrower.id;
    this.#lender = lender;
    this.#borrower = borrower;
    this.#onRoom = onRoom;
    this.#held = borrower.inFlight;
    borrower.limit = this.#held;
    this.#wish();
  }

  /** Others wait for permits of this instance. */
  get isContended(): boolean {
    return this.#isContended;
  }

  /** It holds no permit and, without a primary, gets none. */
  get isBarren(): boolean {
    return this.#held === 0 && !this.#lender.isOpen;
  }

  onPrimaryGone(): void {
    this.#isContended = false;
  }

  /**
   * Without a primary each worker has a fixed part of the limit. What is under way beyond it ends, and no other request
   * takes its place.
   */
  settle(part: number): void {
    if (this.#isClosed) return;
    this.#part = part;
    this.#setHeld(Math.max(part, this.#borrower.inFlight));
    this.#borrower.onLimitLowered();
    this.#onRoom();
  }

  /** One more request is under way. */
  onTaken(): void {
    const { inFlight, limit } = this.#borrower;
    if (inFlight >= limit && !this.#isContended && this.#lender.clock.now() >= this.#wishAgainAt) this.#wish();
  }

  /** Whether a request that waits here since then may have what another one has left. */
  mayKeepFor(since: number): boolean {
    return since <= this.#othersSince + PRECEDENCE_MS;
  }

  /** One has ended, and those that wait here have had their turn. */
  onReleased(): void {
    if (this.#isClosed) this.#giveBack(1);
    else if (this.#part !== null) this.#setHeld(Math.max(this.#part, this.#borrower.inFlight));
    else if (this.#isContended) this.#giveBack(this.#held - this.#borrower.inFlight);
  }

  onNotice({ count, othersWaitedMs, isExceeded, ...notice }: PermitNotice): void {
    if (this.#isClosed) {
      this.#lender.giveBack(this.app, this.instance, count);
      return;
    }
    const wasContended = this.#isContended;
    // A primary that is gone takes nothing back.
    const isContended = notice.isContended && this.#lender.isOpen;
    this.#isContended = isContended;
    if (isExceeded) this.#othersSince = Number.NEGATIVE_INFINITY;
    else if (othersWaitedMs === null) this.#othersSince = Number.POSITIVE_INFINITY;
    else this.#othersSince = this.#lender.clock.now() - othersWaitedMs;
    if (count > 0) {
      this.#setHeld(this.#held + count);
      this.#wishAgainAt = 0;
      this.#onRoom();
    }
    if (isContended) this.#giveBack(this.#held - this.#borrower.inFlight);
    else if (wasContended && this.#held === this.#borrower.inFlight) this.#wish();
  }

  /** The instance is gone, or has no limit any more. @param isLimited whether what is under way counts until its end. */
  close(isLimited: boolean): void {
    this.#isClosed = true;
    this.#giveBack(isLimited ? this.#held - this.#borrower.inFlight : this.#held);
  }

  #wish(): void {
    this.#wishAgainAt = this.#lender.clock.now() + WISH_INTERVAL_MS;
    this.#lender.wish(this.app, this.instance);
  }

  #giveBack(count: number): void {
    if (count <= 0) return;
    this.#setHeld(this.#held - count);
    this.#borrower.onLimitLowered();
    this.#lender.giveBack(this.app, this.instance, count);
  }

  #setHeld(held: number): void {
    this.#held = held;
    this.#borrower.limit = held;
  }
}
