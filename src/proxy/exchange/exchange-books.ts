import type { ErrorCode } from '../../core/errors.js';
import type { RequestHead } from '../../http1/request-head.js';
import { recordLatency } from '../../metrics/histogram.js';
import { recordTimes } from '../../metrics/request-times.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';
import { type HttpFacts, type HttpRoute, logAccess } from './access-log.js';
import { isAdmissionRefusal } from './admission.js';

/** Counts and logs one request with its response after the other. Times are on the monotonic clock. */
export class ExchangeBooks implements HttpFacts {
  readonly head: RequestHead;
  /** A byte of the request has come, at `startedAt`. */
  hasBegun = false;
  startedAt = 0;
  /** When the whole head was here, or the request was refused before that. */
  openedAt = 0;
  /** `openedAt` of a request whose head could be read; else 0. */
  headAt = 0;
  connectedAt = 0;
  isSent = false;
  /** When the head of the response was here, as its first reader knew it; 0 before the end of one that came at once. */
  respondedAt = 0;
  /** The status is an instance's word. */
  isAnswered = false;
  status = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** The instance has switched protocols: it was answered, and is a tunnel until its end. */
  isTunnel = false;
  responseHead = '';
  traceId = '';
  requestId = '';
  readonly #worker: WorkerContext;
  readonly #isLogging: boolean;
  /** Lines show fields of responses. */
  readonly keepsResponses: boolean;

  constructor(worker: WorkerContext, head: RequestHead) {
    this.head = head;
    this.#worker = worker;
    this.#isLogging = worker.accessLog !== null;
    this.keepsResponses = worker.accessLog?.showsResponses === true;
  }

  /** The first byte of a request came at `at`; its whole head is not here yet. */
  begin(at: number): void {
    this.hasBegun = true;
    this.startedAt = at;
  }

  /** The head of a request is here, or it is refused before that. */
  open({ counters }: Slot): void {
    this.openedAt = this.#worker.clock.now();
    if (!this.hasBegun) this.startedAt = this.openedAt;
    this.hasBegun = true;
    counters.requests += 1;
    counters.inFlight += 1;
  }

  markConnected(): void {
    this.connectedAt = this.#worker.clock.now();
  }

  /** The answer is on its way. Its latency is that of the switch: a tunnel may last for hours. */
  switchProtocols({ counters }: Slot): void {
    this.isTunnel = true;
    this.isAnswered = true;
    this.status = 101;
    this.respondedAt = this.#worker.clock.now();
    counters.bytesOut += this.bytesOut;
    recordLatency(counters.latency, this.respondedAt - this.startedAt);
  }

  /** The tunnel has brought the client more. Counted as they come, where a response counts at its end. */
  countTunnelBytesOut({ counters }: Slot, bytes: number): void {
    this.bytesOut += bytes;
    counters.bytesOut += bytes;
  }

  /**
   * Leaves the books as new, but for `startedAt`: an instance that still closes its side of a tunnel is asked how old it is.
   * @param code why the exchange failed; null: it did not
   */
  close(code: ErrorCode | null, now: number, route: HttpRoute): void {
    const { slot } = route;
    const { counters } = slot;
    counters.inFlight -= 1;
    if (!this.isTunnel) {
      counters.bytesOut += this.bytesOut;
      recordLatency(counters.latency, now - this.startedAt);
    }
    // RFC 9110 15: what is beyond 599 counts as a 5xx.
    const statusClass = Math.min(5, (this.status / 100) | 0);
    counters.responses[statusClass] = (counters.responses[statusClass] ?? 0) + 1;
    if (code !== null && (this.headAt === 0 || isAdmissionRefusal(code))) {
      counters.turnedAway[statusClass] = (counters.turnedAway[statusClass] ?? 0) + 1;
      counters.turnedAwayBytesIn += this.bytesIn;
      counters.turnedAwayBytesOut += this.bytesOut;
    }
    if (this.isAnswered) {
      const { lastInstance, waitedMs } = route;
      // A response that came at once has one moment: a clock costs a hundredth of a small request.
      if (this.respondedAt === 0) this.respondedAt = now;
      const turnAt = this.headAt + waitedMs;
      const sentAt = this.connectedAt === 0 ? turnAt : this.connectedAt;
      const ofInstance = lastInstance === null ? null : lastInstance.counters;
      if (ofInstance !== null) ofInstance.responses[statusClass] = (ofInstance.responses[statusClass] ?? 0) + 1;
      const times = ofInstance === null ? null : ofInstance.times;
      recordTimes(counters.times, times, waitedMs, sentAt - turnAt, this.respondedAt - sentAt, now - this.startedAt);
    }
    if (this.#isLogging && slot.config.accessLog) logAccess(this, route, this.#worker, code, now);
    this.hasBegun = false;
    this.openedAt = 0;
    this.headAt = 0;
    this.connectedAt = 0;
    this.isSent = false;
    this.respondedAt = 0;
    this.isAnswered = false;
    this.status = 0;
    this.bytesIn = 0;
    this.bytesOut = 0;
    this.isTunnel = false;
    // Pieces of a head hold all of it.
    this.responseHead = '';
    this.traceId = '';
    this.requestId = '';
  }
}
