import type { Clock, Timer } from '../core/clock.js';
import type { PermitChanges, PermitNotice, PermitWant } from '../snapshot/permits.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { AppPermits } from './app-permits.js';
import type { PermitAccount, Told } from './permit-account.js';

/** For so long after the last wait, workers go on returning unused permits: others often wait again soon. */
const CALM_MS = 100;
/** A worker's knowledge of how long others have waited may be wrong by this much. */
const STALE_MS = 5;

interface PermitBookOptions<Worker> {
  readonly clock: Clock;
  /** Workers at one time: where permits abound, each gets its part of them at once. */
  readonly workers: number;
  readonly send: (worker: Worker, notices: readonly PermitNotice[]) => void;
}

/**
 * Lends the permits of instances with a limit to workers. Never lends more than the limit, serves requests in the order in
 * which they came to any worker, and asks for unused permits back while a request waits.
 */
export class PermitBook<Worker extends object> {
  readonly #options: PermitBookOptions<Worker>;
  readonly #apps = new Map<string, AppPermits<Worker>>();
  /** Requests that a worker took back while their permit was on its way to it, by want. */
  readonly #overtaken = new Map<Worker, Map<number, number>>();
  readonly #outbox = new Map<Worker, PermitNotice[]>();
  readonly #calming = new Set<PermitAccount<Worker>>();
  #calmTimer: Timer | null = null;

  constructor(options: PermitBookOptions<Worker>) {
    this.#options = options;
  }

  /** Takes the limits of a snapshot, before a worker has it. */
  setLimits({ slots }: Pick<Snapshot, 'slots'>): void {
    const now = this.#options.clock.now();
    const unseen = new Set([...this.#apps.values()].flatMap(({ accounts }) => [...accounts.values()]));
    for (const { app, limits, instances, timeouts } of slots) {
      if (limits.connections === 0) continue;
      for (const { id } of instances) {
        const account = this.#permitsOf(app).accountOf(id, now);
        account.limit = limits.connections;
        account.drainMs = timeouts.drainMs;
        account.goneSince = Number.POSITIVE_INFINITY;
        unseen.delete(account);
      }
    }
    for (const account of unseen) account.goneSince = Math.min(account.goneSince, now);
    for (const permits of [...this.#apps.values()]) this.#settle(permits);
    this.#sendAll();
  }

  /** Enters what a worker has returned, taken and asked for, and lends what is free. */
  change(worker: Worker, changes: readonly PermitChanges[]): void {
    const now = this.#options.clock.now();
    for (const { app, returned, taken, wished, wants } of changes) {
      const permits = this.#permitsOf(app);
      for (const [id, count] of returned) permits.accountOf(id, now).lend(worker, -count);
      for (const [id, count] of taken) permits.accountOf(id, now).lend(worker, count);
      for (const want of wants) this.#changeWant(permits, worker, want);
      this.#settle(permits);
      const { accounts } = permits;
      // Also a worker whose own requests wait: it then returns what it gets, while others wait longer.
      for (const { instances } of wants) for (const id of instances) this.#warn(accounts.get(id), worker);
      for (const [id] of returned) this.#correct(accounts.get(id), worker);
      for (const id of wished) this.#grantWish(accounts.get(id), worker);
    }
    this.#sendAll();
  }

  /** The worker has ended, and all its requests with it. */
  drop(worker: Worker): void {
    this.#overtaken.delete(worker);
    for (const permits of [...this.#apps.values()]) {
      permits.drop(worker);
      this.#settle(permits);
    }
    this.#outbox.delete(worker);
    this.#sendAll();
  }

  stop(): void {
    this.#calmTimer?.cancel();
  }

  #permitsOf(app: string): AppPermits<Worker> {
    const known = this.#apps.get(app);
    if (known !== undefined) return known;
    const permits = new AppPermits<Worker>(app);
    this.#apps.set(app, permits);
    return permits;
  }

  #changeWant(permits: AppPermits<Worker>, worker: Worker, { id, instances, more }: PermitWant): void {
    const overtaken = this.#overtaken.get(worker)?.get(id) ?? 0;
    const change = more - overtaken;
    if (change > 0) permits.enqueue({ worker, want: id, instances, since: this.#options.clock.now() }, change);
    this.#noteOvertaken(worker, id, change < 0 ? permits.takeBack(worker, id, -change) : 0);
  }

  #noteOvertaken(worker: Worker, want: number, count: number): void {
    const counts = this.#overtaken.get(worker) ?? new Map<number, number>();
    if (count > 0) counts.set(want, count);
    else counts.delete(want);
    if (counts.size > 0) this.#overtaken.set(worker, counts);
    else this.#overtaken.delete(worker);
  }

  /** Lends free permits to the requests that wait, asks for the rest back, and forgets instances that are gone. */
  #settle(permits: AppPermits<Worker>): void {
    this.#serveLine(permits);
    const now = this.#options.clock.now();
    for (const [id, account] of permits.accounts) {
      this.#tellHolders(account);
      this.#noteCalm(account, now);
      if (account.lent > 0 || account.waiting > 0 || now - account.goneSince <= account.drainMs) continue;
      permits.closeAccount(id);
      this.#calming.delete(account);
    }
    if (permits.isEmpty) this.#apps.delete(permits.app);
  }

  #serveLine(permits: AppPermits<Worker>): void {
    for (const ticket of permits.tickets) {
      if (!permits.hasRoom) return;
      for (let account = permits.roomiest(ticket); account !== null; account = permits.roomiest(ticket)) {
        permits.addTo(ticket, -1);
        this.#grant(account, ticket.worker, 1, ticket.want);
        if (account.waiting === 0) this.#grant(account, ticket.worker, this.#partOf(account), 0);
      }
    }
  }

  #tellHolders(account: PermitAccount<Worker>): void {
    const wasExceeded = account.isExceeded;
    account.isExceeded = account.room < 0;
    for (const worker of account.holders) {
      if (account.isExceeded && !wasExceeded) this.#tell(account, worker, 0, 0);
      else this.#warn(account, worker);
    }
  }

  #noteCalm(account: PermitAccount<Worker>, now: number): void {
    for (const [worker, told] of account.told) {
      if (account.isContendedFor(worker)) account.told.set(worker, { ...told, calmSince: Number.POSITIVE_INFINITY });
      else if (told.calmSince === Number.POSITIVE_INFINITY)
        this.#calmLater(account, worker, { ...told, calmSince: now });
    }
  }

  /** Tells the worker, once, that others wait. */
  #warn(account: PermitAccount<Worker> | undefined, worker: Worker): void {
    if (account?.isContendedFor(worker) && !account.told.has(worker)) {
      this.#tell(account, worker, 0, 0);
    }
  }

  /** A worker gives back for as long as it believes that others have waited longer than its own requests. */
  #correct(account: PermitAccount<Worker> | undefined, worker: Worker): void {
    const told = account?.told.get(worker);
    if (account === undefined || told === undefined) return;
    if (this.#othersSince(account, worker) > told.othersSince + STALE_MS) this.#tell(account, worker, 0, 0);
  }

  #grantWish(account: PermitAccount<Worker> | undefined, worker: Worker): void {
    if (account === undefined) return;
    // A worker that wishes for more believes that no other waits: its lease began after it was told.
    if (account.told.has(worker)) this.#tell(account, worker, 0, 0);
    else if (account.waiting === 0 && account.room > 0)
      this.#grant(account, worker, Math.max(1, this.#partOf(account)), 0);
  }

  /** Permits that a worker may have beyond its need. Half of those left stay for workers that need them more. */
  #partOf({ room }: PermitAccount<Worker>): number {
    return Math.max(0, Math.floor(room / (2 * this.#options.workers)));
  }

  #grant(account: PermitAccount<Worker>, worker: Worker, count: number, want: number): void {
    if (count === 0) return;
    account.lend(worker, count);
    this.#tell(account, worker, count, want);
  }

  #tell(account: PermitAccount<Worker>, worker: Worker, count: number, want: number): void {
    const { app, instance, told } = account;
    const othersSince = this.#othersSince(account, worker);
    if (account.isContendedFor(worker)) told.set(worker, { calmSince: Number.POSITIVE_INFINITY, othersSince });
    const othersWaitedMs =
      othersSince === Number.POSITIVE_INFINITY ? null : Math.round(this.#options.clock.now() - othersSince);
    const notices = this.#outbox.get(worker) ?? [];
    notices.push({
      app,
      instance,
      count,
      want,
      isContended: told.has(worker),
      othersWaitedMs,
      isExceeded: account.room < 0,
    });
    this.#outbox.set(worker, notices);
  }

  #othersSince(account: PermitAccount<Worker>, worker: Worker): number {
    return this.#permitsOf(account.app).othersSince(account, worker);
  }

  #calmLater(account: PermitAccount<Worker>, worker: Worker, told: Told): void {
    const { clock } = this.#options;
    account.told.set(worker, told);
    this.#calming.add(account);
    this.#calmTimer ??= clock.setTimer(CALM_MS, () => this.#calm());
  }

  #calm(): void {
    const { clock } = this.#options;
    const now = clock.now();
    this.#calmTimer = null;
    for (const account of this.#calming) {
      let isCalming = false;
      for (const [worker, { calmSince }] of [...account.told]) {
        if (now >= calmSince + CALM_MS) {
          account.told.delete(worker);
          this.#tell(account, worker, 0, 0);
        } else if (calmSince < Number.POSITIVE_INFINITY) {
          isCalming = true;
        }
      }
      if (!isCalming) this.#calming.delete(account);
    }
    if (this.#calming.size > 0) this.#calmTimer = clock.setTimer(CALM_MS, () => this.#calm());
    this.#sendAll();
  }

  #sendAll(): void {
    for (const [worker, notices] of this.#outbox) this.#options.send(worker, notices);
    this.#outbox.clear();
  }
}
