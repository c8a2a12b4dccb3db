/** What a worker was told of others that wait for the same instance. */
export interface Told {
  /** Since when no other worker waits; Infinity while one does. */
  readonly calmSince: number;
  /** Since when the request of others that waits longest has waited, as the worker was told; Infinity for none. */
  readonly othersSince: number;
}

/** The permits of one instance: the limit, the workers that hold some, the requests that wait. Times are monotonic. */
export class PermitAccount<Worker> {
  readonly app: string;
  readonly instance: string;
  /** 0 until a snapshot gives it one: nothing is lent before. */
  limit = 0;
  /** How long requests may go on once no snapshot has the instance. */
  drainMs = 0;
  /** Since when no snapshot has it, for requests that are still under way; Infinity while one does. */
  goneSince: number;
  /** The holders were told that more is lent than the limit now allows. */
  isExceeded = false;
  /** Workers that believe that others wait. */
  readonly told = new Map<Worker, Told>();
  readonly #held = new Map<Worker, number>();
  readonly #waitingOf = new Map<Worker, number>();
  #lent = 0;
  #waiting = 0;

  constructor(app: string, instance: string, now: number) {
    this.app = app;
    this.instance = instance;
    this.goneSince = now;
  }

  get lent(): number {
    return this.#lent;
  }

  /** Requests that wait for this instance, and perhaps for others as well. */
  get waiting(): number {
    return this.#waiting;
  }

  get holders(): Iterable<Worker> {
    return this.#held.keys();
  }

  /** How many may be lent now; negative when the limit was lowered below what is lent. */
  get room(): number {
    return this.limit - this.#lent;
  }

  heldBy(worker: Worker): number {
    return this.#held.get(worker) ?? 0;
  }

  /** @param count negative for what the worker returns */
  lend(worker: Worker, count: number): void {
    this.#lent += count;
    add(this.#held, worker, count);
  }

  /** @param count negative for requests that wait no more */
  addWaiting(worker: Worker, count: number): void {
    this.#waiting += count;
    add(this.#waitingOf, worker, count);
  }

  isAwaitedByOthers(worker: Worker): boolean {
    return this.#waiting > (this.#waitingOf.get(worker) ?? 0);
  }

  /** Other workers wait for it, or more is lent than the limit now allows. */
  isContendedFor(worker: Worker): boolean {
    return this.isAwaitedByOthers(worker) || this.room < 0;
  }
}

function add<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  const sum = (counts.get(key) ?? 0) + count;
  if (sum === 0) counts.delete(key);
  else counts.set(key, sum);
}
