import type { Clock } from '../../core/clock.js';
import type { PermitChanges, PermitNotice } from '../../snapshot/permits.js';
import { type Borrower, Lease, type Lender } from './lease.js';

/** Where the primary knows of this many that wait, it may learn of more, or of fewer, a little later: in one message. */
const MANY = 8;
const LATE_MS = 2;

interface LeaseDeskOptions {
  readonly clock: Clock;
  readonly send: (changes: readonly PermitChanges[]) => void;
  /** Calls back when all that happens at this moment has happened: what it came to is told in one message. */
  readonly defer: (flush: () => void) => void;
}

/** Requests of one slot that wait for a permit of any of these instances. */
export interface Want {
  readonly id: number;
  readonly app: string;
  readonly instances: readonly string[];
  /** How many wait. */
  waiting: number;
  /** How many of them the primary knows of, less those that it has served. */
  asked: number;
}

interface Pending {
  readonly returned: Map<string, number>;
  readonly taken: Map<string, number>;
  readonly wished: Set<string>;
  readonly wants: Set<Want>;
  /** Permits that came for a want that is over. */
  readonly unneeded: Map<number, number>;
}

/** Where a worker borrows the permits of instances with a limit, and gives them back. */
export class LeaseDesk implements Lender {
  readonly clock: Clock;
  isOpen = true;
  readonly #options: LeaseDeskOptions;
  /** Those that get what comes; a removed instance and the one that came back may both have one. */
  readonly #leases = new Map<string, Lease>();
  readonly #wants = new Map<number, Want>();
  readonly #pending = new Map<string, Pending>();
  #isDeferred = false;
  #isLate = false;
  #nextWant = 1;

  constructor(options: LeaseDeskOptions) {
    this.#options = options;
    this.clock = options.clock;
  }

  open(app: string, borrower: Borrower, onRoom: () => void): Lease {
    const lease = new Lease(app, this, borrower, onRoom);
    this.#leases.set(keyOf(app, borrower.id), lease);
    if (borrower.inFlight > 0) add(this.#pendingOf(app).taken, borrower.id, borrower.inFlight);
    return lease;
  }

  close(lease: Lease, isLimited: boolean): void {
    const key = keyOf(lease.app, lease.instance);
    if (this.#leases.get(key) === lease) this.#leases.delete(key);
    lease.close(isLimited);
  }

  createWant(app: string, instances: readonly string[]): Want {
    const want: Want = { id: this.#nextWant, app, instances, waiting: 0, asked: 0 };
    this.#nextWant += 1;
    this.#wants.set(want.id, want);
    return want;
  }

  /** @param more of one or minus one */
  changeWant(want: Want, more: number): void {
    want.waiting += more;
    this.#wants.set(want.id, want);
    this.#pendingOf(want.app, want.asked >= MANY && want.waiting > 0).wants.add(want);
  }

  giveBack(app: string, instance: string, count: number): void {
    if (count > 0) add(this.#pendingOf(app).returned, instance, count);
  }

  wish(app: string, instance: string): void {
    this.#pendingOf(app).wished.add(instance);
  }

  /** Notices of the primary. */
  onNotices(notices: readonly PermitNotice[]): void {
    for (const notice of notices) {
      const { app, instance, count, want: id } = notice;
      const want = this.#wants.get(id);
      if (want !== undefined) {
        want.asked -= count;
        this.#pendingOf(app, true).wants.add(want);
      } else if (id !== 0) {
        add(this.#pendingOf(app).unneeded, id, count);
      }
      const lease = this.#leases.get(keyOf(app, instance));
      if (lease === undefined) this.giveBack(app, instance, count);
      else lease.onNotice(notice);
    }
  }

  /** Permits that are held stay here for good, and no others come. */
  onPrimaryGone(): void {
    this.isOpen = false;
    for (const lease of this.#leases.values()) lease.onPrimaryGone();
  }

  #pendingOf(app: string, mayBeLate = false): Pending {
    if (mayBeLate && !this.#isDeferred && !this.#isLate) {
      this.#isLate = true;
      this.clock.setTimer(LATE_MS, () => {
        this.#isLate = false;
        if (!this.#isDeferred) this.#flush();
      });
    } else if (!mayBeLate && !this.#isDeferred) {
      this.#isDeferred = true;
      this.#options.defer(() => this.#flush());
    }
    const known = this.#pending.get(app);
    if (known !== undefined) return known;
    const pending: Pending = {
      returned: new Map(),
      taken: new Map(),
      wished: new Set(),
      wants: new Set(),
      unneeded: new Map(),
    };
    this.#pending.set(app, pending);
    return pending;
  }

  #flush(): void {
    this.#isDeferred = false;
    const changes: PermitChanges[] = [];
    for (const [app, { returned, taken, wished, wants, unneeded }] of this.#pending) {
      const changed = [...unneeded].map(([id, more]) => ({ id, instances: [], more }));
      const change: PermitChanges = {
        app,
        returned: [...returned],
        taken: [...taken],
        wished: [...wished],
        wants: [...changed, ...this.#settle(wants)],
      };
      if (Object.values(change).some((part) => part !== app && part.length > 0)) changes.push(change);
    }
    this.#pending.clear();
    if (changes.length > 0 && this.isOpen) this.#options.send(changes);
  }

  *#settle(wants: Iterable<Want>) {
    for (const want of wants) {
      const more = want.waiting - want.asked;
      want.asked = want.waiting;
      if (want.waiting === 0) this.#wants.delete(want.id);
      if (more !== 0) yield { id: want.id, instances: want.instances, more };
    }
  }
}

function add<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

/** No app and no instance has a space in its name. */
function keyOf(app: string, instance: string): string {
  return `${app} ${instance}`;
}
