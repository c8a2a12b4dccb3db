import type { ErrorCode } from '../core/errors.js';
import { recordLatency } from '../metrics/histogram.js';
import { logAccess } from './access-log.js';
import type { Downstream } from './downstream.js';

/** What is counted and logged of one exchange after the other of a connection. Times are on the monotonic clock. */
export class ExchangeBooks {
  /** Of the first byte of the head; 0 between requests. */
  startedAt = 0;
  /** When the whole head was here. */
  openedAt = 0;
  /** When each step was done; taken only while an access log is written, else 0. */
  headAt = 0;
  connectedAt = 0;
  respondedAt = 0;
  /** What the client was told; 0 before that. */
  status = 0;
  bytesOut = 0;
  readonly #downstream: Downstream;
  readonly #isLogging: boolean;

  constructor(downstream: Downstream) {
    this.#downstream = downstream;
    this.#isLogging = downstream.worker.accessLog !== null;
  }

  open(): void {
    const { slot, worker } = this.#downstream;
    this.openedAt = worker.clock.now();
    if (this.startedAt === 0) this.startedAt = this.openedAt;
    slot.counters.requests += 1;
    slot.counters.inFlight += 1;
    this.status = 0;
    this.bytesOut = 0;
  }

  markHead(): void {
    if (this.#isLogging) this.headAt = this.#downstream.worker.clock.now();
  }

  markConnected(): void {
    if (this.#isLogging) this.connectedAt = this.#downstream.worker.clock.now();
  }

  markResponded(): void {
    if (this.#isLogging) this.respondedAt = this.#downstream.worker.clock.now();
  }

  countError(code: ErrorCode): void {
    const { errors } = this.#downstream.slot.counters;
    errors[code] = (errors[code] ?? 0) + 1;
  }

  close(code: ErrorCode | null, now: number): void {
    const { slot, worker } = this.#downstream;
    const { counters } = slot;
    counters.inFlight -= 1;
    counters.bytesOut += this.bytesOut;
    // RFC 9110 15: what is beyond 599 counts as a 5xx.
    const statusClass = Math.min(5, (this.status / 100) | 0);
    counters.responses[statusClass] = (counters.responses[statusClass] ?? 0) + 1;
    recordLatency(counters.latency, now - this.startedAt);
    if (worker.accessLog !== null) {
      if (slot.config.accessLog) logAccess(this.#downstream, this, now, code);
      this.headAt = 0;
      this.connectedAt = 0;
      this.respondedAt = 0;
    }
    this.startedAt = 0;
  }
}
