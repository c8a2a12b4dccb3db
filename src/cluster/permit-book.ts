import type { Clock, Timer } from '../core/clock.js';
import type { PermitChanges, PermitNotice, PermitWant } from '../snapshot/permits.js';
import type { Snapshot } from '../snapshot/snapshot.js';

/** How long workers go on giving back what they do not use after nobody waits any more: others often wait again soon. */
const CALM_MS = 100;
/** What a worker was told of the waits of others may be wrong by this much. */
const STALE_MS = 5;

export interface PermitBookOptions<Worker> {
  readonly clock: Clock;
  /** Workers at one time: where there is plenty, each gets its part of it at once. */
  readonly workers: number;
  readonly send: (worker: Worker, notices: readonly PermitNotice[]) => void;
}

/** The permits of one instance. */
interface Entry<Worker> {
  readonly app: string;
  readonly instance: string;
  limit: number;
  /** What the app allows its clients when it goes. */
  drainMs: number;
  /** Since when no snapshot has it, for requests that are still under way; Infinity while one does. */
  goneSince: number;
  lent: number;
  /** The holders were told that more is lent than the limit is by now. */
  isExceeded: boolean;
  readonly held: Map<Worker, number>;
  /** Requests that wait for it, and perhaps for others as well. */
  waiting: number;
  readonly waitingOf: Map<Worker, number>;
  /** Workers that believe that others wait. */
  readonly told: Map<Worker, Told>;
}

interface Told {
  /** Since when nobody waits any more; Infinity while somebody does. */
  readonly calmSince: number;
  /** Since when the one waits that has waited longest, as the worker was told. */
  readonly othersSince: number;
}

/** Requests of one worker that came one after another. */
interface Ticket<Worker> {
  readonly worker: Worker;
  readonly want: number;
  readonly instances: readonly string[];
  readonly since: number;
  count: number;
}

interface AppBook<Worker> {
  readonly entries: Map<string, Entry<Worker>>;
  /** In the order in which they came. */
  readonly tickets: Set<Ticket<Worker>>;
}

/**
 * Who holds the permits of instances with a limit. Never lends more than the limit, serves requests in the order in which
 * they came, whichever worker has them, and has permits that are not in use given back when somebody waits.
 */
export class PermitBook<Worker extends object> {
  readonly #options: PermitBookOptions<Worker>;
  readonly #apps = new Map<string, AppBook<Worker>>();
  /** Requests that a worker took back after they had been served, by want: the permit was on its way. */
  readonly #overtaken = new Map<Worker, Map<number, number>>();
  readonly #outbox = new Map<Worker, PermitNotice[]>();
  readonly #calming = new Set<Entry<Worker>>();
  #calmTimer: Timer | null = null;

  constructor(options: PermitBookOptions<Worker>) {
    this.#options = options;
  }

  /** Takes the limits of a snapshot, before a worker has it. */
  setLimits({ slots }: Pick<Snapshot, 'slots'>): void {
    const now = this.#options.clock.now();
    const unseen = new Set([...this.#apps.values()].flatMap(({ entries }) => [...entries.values()]));
    for (const { app, limits, instances, timeouts } of slots) {
      if (limits.connections === 0) continue;
      for (const { id } of instances) {
        const entry = this.#entryOf(app, id);
        entry.limit = limits.connections;
        entry.drainMs = timeouts.drainMs;
        entry.goneSince = Number.POSITIVE_INFINITY;
        unseen.delete(entry);
      }
    }
    for (const entry of unseen) entry.goneSince = Math.min(entry.goneSince, now);
    for (const [app, book] of [...this.#apps]) this.#settle(app, book);
    this.#sendAll();
  }

  /** What a worker says. */
  change(worker: Worker, changes: readonly PermitChanges[]): void {
    for (const { app, returned, taken, wished, wants } of changes) {
      for (const [id, count] of returned) lend(this.#entryOf(app, id), worker, -count);
      for (const [id, count] of taken) lend(this.#entryOf(app, id), worker, count);
      const book = this.#bookOf(app);
      for (const want of wants) this.#changeWant(book, worker, want);
      this.#settle(app, book);
      // A worker whose requests wait is told so too: it will not keep what it gets, where others wait.
      for (const { instances } of wants) for (const id of instances) this.#warn(book.entries.get(id), worker);
      for (const [id] of returned) this.#correct(book.entries.get(id), worker);
      for (const id of wished) this.#grantWish(book.entries.get(id), worker);
    }
    this.#sendAll();
  }

  /** The worker is gone, and with it all that it had under way. */
  drop(worker: Worker): void {
    this.#overtaken.delete(worker);
    for (const [app, book] of [...this.#apps]) {
      for (const entry of book.entries.values()) {
        lend(entry, worker, -(entry.held.get(worker) ?? 0));
        entry.told.delete(worker);
      }
      for (const ticket of book.tickets) if (ticket.worker === worker) countWaiting(book, ticket, -ticket.count);
      this.#settle(app, book);
    }
    this.#outbox.delete(worker);
    this.#sendAll();
  }

  stop(): void {
    this.#calmTimer?.cancel();
  }

  #bookOf(app: string): AppBook<Worker> {
    const known = this.#apps.get(app);
    if (known !== undefined) return known;
    const book: AppBook<Worker> = { entries: new Map(), tickets: new Set() };
    this.#apps.set(app, book);
    return book;
  }

  /** A new one has no limit until a snapshot gives it one: nothing is lent before. */
  #entryOf(app: string, instance: string): Entry<Worker> {
    const { entries, tickets } = this.#bookOf(app);
    const known = entries.get(instance);
    if (known !== undefined) return known;
    const entry: Entry<Worker> = {
      app,
      instance,
      limit: 0,
      drainMs: 0,
      goneSince: this.#options.clock.now(),
      lent: 0,
      isExceeded: false,
      held: new Map(),
      waiting: 0,
      waitingOf: new Map(),
      told: new Map(),
    };
    for (const { worker, instances, count } of tickets) {
      if (instances.includes(instance)) addWaiting(entry, worker, count);
    }
    entries.set(instance, entry);
    return entry;
  }

  #changeWant(book: AppBook<Worker>, worker: Worker, { id, instances, more }: PermitWant): void {
    const overtaken = this.#overtaken.get(worker)?.get(id) ?? 0;
    let change = more - overtaken;
    for (const ticket of book.tickets) {
      if (change >= 0) break;
      if (ticket.worker !== worker || ticket.want !== id) continue;
      const part = Math.max(change, -ticket.count);
      countWaiting(book, ticket, part);
      change -= part;
    }
    this.#noteOvertaken(worker, id, Math.max(0, -change));
    if (change <= 0) return;
    const ticket = { worker, want: id, instances, since: this.#options.clock.now(), count: 0 };
    book.tickets.add(ticket);
    countWaiting(book, ticket, change);
  }

  #noteOvertaken(worker: Worker, want: number, count: number): void {
    const counts = this.#overtaken.get(worker) ?? new Map<number, number>();
    if (count > 0) counts.set(want, count);
    else counts.delete(want);
    if (counts.size > 0) this.#overtaken.set(worker, counts);
    else this.#overtaken.delete(worker);
  }

  /** Lends what is free to those that wait, and has the rest given back. */
  #settle(app: string, book: AppBook<Worker>): void {
    const { entries, tickets } = book;
    const now = this.#options.clock.now();
    let hasFree = hasFreeOne(entries);
    for (const ticket of tickets) {
      if (!hasFree) break;
      for (let entry = roomiest(entries, ticket); entry !== null; entry = roomiest(entries, ticket)) {
        countWaiting(book, ticket, -1);
        this.#grant(entry, ticket.worker, 1, ticket.want);
        if (entry.waiting === 0) this.#grant(entry, ticket.worker, this.#partOf(entry), 0);
      }
      hasFree = hasFreeOne(entries);
    }
    for (const [id, entry] of entries) {
      const wasExceeded = entry.isExceeded;
      entry.isExceeded = entry.lent > entry.limit;
      for (const worker of entry.held.keys()) {
        if (entry.isExceeded && !wasExceeded) this.#tell(entry, worker, 0, 0);
        else this.#warn(entry, worker);
      }
      for (const [worker, told] of entry.told) {
        if (isContendedFor(entry, worker)) entry.told.set(worker, { ...told, calmSince: Number.POSITIVE_INFINITY });
        else if (told.calmSince === Number.POSITIVE_INFINITY)
          this.#calmLater(entry, worker, { ...told, calmSince: now });
      }
      if (entry.lent > 0 || entry.waiting > 0 || now - entry.goneSince <= entry.drainMs) continue;
      entries.delete(id);
      this.#calming.delete(entry);
    }
    if (entries.size === 0 && tickets.size === 0) this.#apps.delete(app);
  }

  /** Tells the worker, once, that others wait. */
  #warn(entry: Entry<Worker> | undefined, worker: Worker): void {
    if (entry !== undefined && isContendedFor(entry, worker) && !entry.told.has(worker)) {
      this.#tell(entry, worker, 0, 0);
    }
  }

  /** A worker gives back for as long as it believes that others have waited longer than its own requests. */
  #correct(entry: Entry<Worker> | undefined, worker: Worker): void {
    const told = entry?.told.get(worker);
    if (entry === undefined || told === undefined) return;
    if (this.#othersSince(entry, worker) > told.othersSince + STALE_MS) this.#tell(entry, worker, 0, 0);
  }

  #grantWish(entry: Entry<Worker> | undefined, worker: Worker): void {
    if (entry === undefined) return;
    // Who wishes does not know that others wait: its lease has begun after it was told.
    if (entry.told.has(worker)) this.#tell(entry, worker, 0, 0);
    else if (entry.waiting === 0 && entry.lent < entry.limit)
      this.#grant(entry, worker, Math.max(1, this.#partOf(entry)), 0);
  }

  /** What a worker may have beyond what it needs now. Half of what is left stays for those that need it more. */
  #partOf({ limit, lent }: Entry<Worker>): number {
    return Math.max(0, Math.floor((limit - lent) / (2 * this.#options.workers)));
  }

  #grant(entry: Entry<Worker>, worker: Worker, count: number, want: number): void {
    if (count === 0) return;
    lend(entry, worker, count);
    this.#tell(entry, worker, count, want);
  }

  #tell(entry: Entry<Worker>, worker: Worker, count: number, want: number): void {
    const { app, instance, told, lent, limit } = entry;
    const othersSince = this.#othersSince(entry, worker);
    if (isContendedFor(entry, worker)) told.set(worker, { calmSince: Number.POSITIVE_INFINITY, othersSince });
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
      isExceeded: lent > limit,
    });
    this.#outbox.set(worker, notices);
  }

  /** @returns since when another worker has a request that waits for the instance; Infinity for none. */
  #othersSince({ app, instance, waiting, waitingOf }: Entry<Worker>, worker: Worker): number {
    if (waiting === (waitingOf.get(worker) ?? 0)) return Number.POSITIVE_INFINITY;
    for (const ticket of this.#bookOf(app).tickets) {
      if (ticket.worker !== worker && ticket.instances.includes(instance)) return ticket.since;
    }
    return Number.POSITIVE_INFINITY;
  }

  #calmLater(entry: Entry<Worker>, worker: Worker, told: Told): void {
    const { clock } = this.#options;
    entry.told.set(worker, told);
    this.#calming.add(entry);
    this.#calmTimer ??= clock.setTimer(CALM_MS, () => this.#calm());
  }

  #calm(): void {
    const { clock } = this.#options;
    const now = clock.now();
    this.#calmTimer = null;
    for (const entry of this.#calming) {
      let isCalming = false;
      for (const [worker, { calmSince }] of [...entry.told]) {
        if (now >= calmSince + CALM_MS) {
          entry.told.delete(worker);
          this.#tell(entry, worker, 0, 0);
        } else if (calmSince < Number.POSITIVE_INFINITY) {
          isCalming = true;
        }
      }
      if (!isCalming) this.#calming.delete(entry);
    }
    if (this.#calming.size > 0) this.#calmTimer = clock.setTimer(CALM_MS, () => this.#calm());
    this.#sendAll();
  }

  #sendAll(): void {
    for (const [worker, notices] of this.#outbox) this.#options.send(worker, notices);
    this.#outbox.clear();
  }
}

function lend<Worker>(entry: Entry<Worker>, worker: Worker, count: number): void {
  const held = (entry.held.get(worker) ?? 0) + count;
  entry.lent += count;
  if (held === 0) entry.held.delete(worker);
  else entry.held.set(worker, held);
}

function countWaiting<Worker>({ entries, tickets }: AppBook<Worker>, ticket: Ticket<Worker>, count: number): void {
  ticket.count += count;
  if (ticket.count === 0) tickets.delete(ticket);
  for (const id of ticket.instances) {
    const entry = entries.get(id);
    if (entry !== undefined) addWaiting(entry, ticket.worker, count);
  }
}

function addWaiting<Worker>(entry: Entry<Worker>, worker: Worker, count: number): void {
  const waiting = (entry.waitingOf.get(worker) ?? 0) + count;
  entry.waiting += count;
  if (waiting === 0) entry.waitingOf.delete(worker);
  else entry.waitingOf.set(worker, waiting);
}

/** Other workers wait for it, or more is lent than its limit is now. */
function isContendedFor<Worker>({ waiting, waitingOf, lent, limit }: Entry<Worker>, worker: Worker): boolean {
  return waiting > (waitingOf.get(worker) ?? 0) || lent > limit;
}

function hasFreeOne(entries: ReadonlyMap<string, Entry<unknown>>): boolean {
  for (const { lent, limit } of entries.values()) if (lent < limit) return true;
  return false;
}

/** @returns of those that the ticket waits for, the one with most permits left; null for none. */
function roomiest<Worker>(
  entries: ReadonlyMap<string, Entry<Worker>>,
  { instances, count }: Ticket<Worker>,
): Entry<Worker> | null {
  if (count === 0) return null;
  let best: Entry<Worker> | null = null;
  let most = 0;
  for (const id of instances) {
    const entry = entries.get(id);
    if (entry === undefined || entry.limit - entry.lent <= most) continue;
    best = entry;
    most = entry.limit - entry.lent;
  }
  return best;
}
