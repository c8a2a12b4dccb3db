import { PermitAccount } from './permit-account.js';

/** Requests of one worker that came one after another and wait for the same instances. */
interface Ticket<Worker> {
  readonly worker: Worker;
  /** The worker's number for them. */
  readonly want: number;
  readonly instances: readonly string[];
  /** When they came, on the monotonic clock. */
  readonly since: number;
  count: number;
}

/** The permits of the instances of one app, and the line of requests that wait for them. */
export class AppPermits<Worker> {
  readonly app: string;
  readonly #accounts = new Map<string, PermitAccount<Worker>>();
  /** In the order in which they came. */
  readonly #tickets = new Set<Ticket<Worker>>();

  constructor(app: string) {
    this.app = app;
  }

  get accounts(): ReadonlyMap<string, PermitAccount<Worker>> {
    return this.#accounts;
  }

  get tickets(): Iterable<Ticket<Worker>> {
    return this.#tickets;
  }

  get isEmpty(): boolean {
    return this.#accounts.size === 0 && this.#tickets.size === 0;
  }

  get hasRoom(): boolean {
    for (const { room } of this.#accounts.values()) if (room > 0) return true;
    return false;
  }

  /** Opens the account of an instance that has none. */
  accountOf(instance: string, now: number): PermitAccount<Worker> {
    const known = this.#accounts.get(instance);
    if (known !== undefined) return known;
    const account = new PermitAccount<Worker>(this.app, instance, now);
    for (const { worker, instances, count } of this.#tickets) {
      if (instances.includes(instance)) account.addWaiting(worker, count);
    }
    this.#accounts.set(instance, account);
    return account;
  }

  closeAccount(instance: string): void {
    this.#accounts.delete(instance);
  }

  /** Puts requests at the end of the line. */
  enqueue(ticket: Omit<Ticket<Worker>, 'count'>, count: number): void {
    const { worker, want, instances, since } = ticket;
    const waiting = { worker, want, instances, since, count: 0 };
    this.#tickets.add(waiting);
    this.addTo(waiting, count);
  }

  /** Takes requests of one want out of the line, the earliest first. @returns how many of `count` were not in it */
  takeBack(worker: Worker, want: number, count: number): number {
    let left = count;
    for (const ticket of this.#tickets) {
      if (left === 0) break;
      if (ticket.worker !== worker || ticket.want !== want) continue;
      const part = Math.min(left, ticket.count);
      this.addTo(ticket, -part);
      left -= part;
    }
    return left;
  }

  /** A ticket without requests leaves the line. @param count negative for requests that wait no more */
  addTo(ticket: Ticket<Worker>, count: number): void {
    ticket.count += count;
    if (ticket.count === 0) this.#tickets.delete(ticket);
    for (const id of ticket.instances) this.#accounts.get(id)?.addWaiting(ticket.worker, count);
  }

  /** Returns all that a worker holds, and takes its requests out of the line. */
  drop(worker: Worker): void {
    for (const account of this.#accounts.values()) {
      account.lend(worker, -account.heldBy(worker));
      account.told.delete(worker);
    }
    for (const ticket of this.#tickets) if (ticket.worker === worker) this.addTo(ticket, -ticket.count);
  }

  /** @returns since when another worker has a request that waits for the instance; Infinity for none. */
  othersSince(account: PermitAccount<Worker>, worker: Worker): number {
    if (!account.isAwaitedByOthers(worker)) return Number.POSITIVE_INFINITY;
    for (const ticket of this.#tickets) {
      if (ticket.worker !== worker && ticket.instances.includes(account.instance)) return ticket.since;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** @returns of the instances that the ticket waits for, the one with most permits left; null for none. */
  roomiest({ instances, count }: Ticket<Worker>): PermitAccount<Worker> | null {
    if (count === 0) return null;
    let best: PermitAccount<Worker> | null = null;
    for (const id of instances) {
      const account = this.#accounts.get(id);
      if (account !== undefined && account.room > (best?.room ?? 0)) best = account;
    }
    return best;
  }
}
