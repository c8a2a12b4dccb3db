import type { ErrorCode } from '../../core/errors.js';
import type { RequestHead } from '../../http1/request-head.js';
import { recordLatency } from '../../metrics/histogram.js';
import type { ClientIdentity } from '../client/client-identity.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';
import { type HttpFacts, logAccess, type RouteFacts } from './access-log.js';

/** The connection that the books are kept of. */
interface BooksParts {
  readonly slot: Slot;
  readonly worker: WorkerContext;
  readonly identity: ClientIdentity;
  readonly head: RequestHead;
}

/** Counts and logs the exchanges of a connection, one after the other. Times are on the monotonic clock. */
export class ExchangeBooks implements HttpFacts {
  readonly slot: Slot;
  readonly identity: ClientIdentity;
  readonly head: RequestHead;
  /** A byte of the request has come, at `startedAt`. */
  hasBegun = false;
  startedAt = 0;
  /** When the whole head was here, or the request was refused before that. */
  openedAt = 0;
  /** `openedAt` of a request that is served; 0 of one that is refused. */
  headAt = 0;
  connectedAt = 0;
  respondedAt = 0;
  status = 0;
  bytesOut = 0;
  readonly #worker: WorkerContext;
  readonly #isLogging: boolean;

  constructor({ slot, worker, identity, head }: BooksParts) {
    this.slot = slot;
    this.identity = identity;
    this.head = head;
    this.#worker = worker;
    this.#isLogging = worker.accessLog !== null;
  }

  /** The first byte of a request came at `at`; its whole head is not here yet. */
  begin(at: number): void {
    this.hasBegun = true;
    this.startedAt = at;
  }

  /** The head of a request is here, or it is refused before that. */
  open(): void {
    const { counters } = this.slot;
    this.openedAt = this.#worker.clock.now();
    if (!this.hasBegun) this.startedAt = this.openedAt;
    this.hasBegun = true;
    counters.requests += 1;
    counters.inFlight += 1;
    this.headAt = 0;
    this.connectedAt = 0;
    this.respondedAt = 0;
    this.status = 0;
    this.bytesOut = 0;
  }

  markConnected(): void {
    if (this.#isLogging) this.connectedAt = this.#worker.clock.now();
  }

  markResponded(): void {
    if (this.#isLogging) this.respondedAt = this.#worker.clock.now();
  }

  /** @param code why the exchange failed; null: it did not */
  close(code: ErrorCode | null, now: number, route: RouteFacts): void {
    const { slot } = this;
    const { counters } = slot;
    counters.inFlight -= 1;
    counters.bytesOut += this.bytesOut;
    // RFC 9110 15: what is beyond 599 counts as a 5xx.
    const statusClass = Math.min(5, (this.status / 100) | 0);
    counters.responses[statusClass] = (counters.responses[statusClass] ?? 0) + 1;
    recordLatency(counters.latency, now - this.startedAt);
    if (this.#isLogging && slot.config.accessLog) logAccess(this, route, this.#worker, { now, code });
    this.hasBegun = false;
  }
}
