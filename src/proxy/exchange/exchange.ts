import type { ErrorCode } from '../../core/errors.js';
import type { BodyKind } from '../../http1/framing.js';
import type { RequestHead } from '../../http1/request-head.js';
import type { ResponseHead } from '../../http1/response-head.js';
import { hostWithoutPort, isIdempotent } from '../../http1/semantics.js';
import type { ClientIdentity } from '../client/client-identity.js';
import { ForwardedFields } from '../client/forwarded-fields.js';
import type { ByteConnection } from '../io/byte-connection.js';
import { Tunnel } from '../io/tunnel.js';
import type { ClientSide, OwnResponse } from '../roles/client-side.js';
import type { InstanceSide } from '../roles/instance-side.js';
import type { ResponseTaker } from '../roles/response-taker.js';
import type { Instance } from '../slot/instance.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';
import { Dispatch } from './dispatch.js';
import { ExchangeBooks } from './exchange-books.js';
import type { InstanceSource } from './instance-source.js';
import { OutgoingRequest } from './outgoing-request.js';
import { OutgoingResponse } from './outgoing-response.js';

/**
 *   NONE ──begin──► DISPATCHING ──an instance accepted──► SENT ──head──► RESPONDING ──end──► NONE
 *                       ▲                                  │                └──101──► TUNNEL
 *                       └────────────── retry ◄────────────┘
 */
const PHASE = { NONE: 0, DISPATCHING: 1, SENT: 2, RESPONDING: 3, TUNNEL: 4 } as const;
type Phase = (typeof PHASE)[keyof typeof PHASE];

interface ExchangeParts {
  readonly slot: Slot;
  readonly worker: WorkerContext;
  readonly identity: ClientIdentity;
  /** Where its connections come from. */
  readonly source: InstanceSource;
}

/**
 * One request with its response: whether it may be served, what is sent again, and when it is over. A connection has one
 * for all its requests, one after the other.
 */
export class Exchange extends Dispatch implements ResponseTaker {
  readonly client: ClientSide;
  readonly request: RequestHead;
  readonly books: ExchangeBooks;
  readonly #identity: ClientIdentity;
  readonly #outgoing: OutgoingRequest;
  readonly #response: OutgoingResponse;
  readonly #source: InstanceSource;
  /** The connection that has the request; null before and after. */
  #upstream: InstanceSide | null = null;
  #phase: Phase = PHASE.NONE;

  constructor(client: ClientSide, { slot, worker, identity, source }: ExchangeParts) {
    super(slot, worker, identity.source.address);
    const request = client.head;
    const forwarded = new ForwardedFields(identity, identity.destination?.port ?? slot.config.port);
    this.client = client;
    this.request = request;
    this.#identity = identity;
    this.#outgoing = new OutgoingRequest(slot, request, forwarded);
    this.#response = new OutgoingResponse(slot, request);
    this.#source = source;
    this.books = new ExchangeBooks({ slot, worker, identity, head: request });
  }

  get isRequestWhole(): boolean {
    return this.client.hasWholeRequest;
  }

  /** @param inline what of the body goes out with the head, as text; `body` instead when it is large. */
  begin(inline: string, body: Buffer | null): void {
    const { request, slot } = this;
    const identity = this.#identity;
    const { counters, config, budget } = slot;
    this.books.open();
    this.client.deadline = Number.POSITIVE_INFINITY;
    budget.earn();
    this.#phase = PHASE.DISPATCHING;
    this.reset(request.bledBy === '');
    if (!this.mayBleed) counters.bledIn += 1;
    const isProven = !this.mayBleed && this.client.isProven;
    if (config.internal && !identity.isInternal && (identity.isSpokenFor || !isProven)) {
      this.fail('FORBIDDEN');
      return;
    }
    if (config.hostFilter !== null && hostWithoutPort(request.host) !== config.hostFilter) {
      this.fail('HOST_UNKNOWN');
      return;
    }
    if (request.maxForwards === 0) {
      this.#answerAsLastHop();
      return;
    }
    this.stickyId = slot.stickyIdIn(request.cookie);
    const isForwarded = isProven || (identity.isForwarded && !this.mayBleed);
    this.#outgoing.compose(inline, body, isForwarded);
    this.books.markHead();
    this.start();
  }

  /** RFC 9110 7.6.2: the client wants the answer of the hop that is so far away. */
  #answerAsLastHop(): void {
    this.#respond(this.#response.renderLastHop(this.isRequestWhole), null);
  }

  protected connect(instance: Instance): void {
    const source = this.#source;
    // Asked again only after a time in the queue: a clock costs a hundredth of a small request.
    const now = this.order === 0 ? this.books.openedAt : this.worker.clock.now();
    // A retry takes a new connection: an instance that has closed one idle connection has often closed them all.
    const idle = this.retries === 0 ? source.take(instance, this, now) : null;
    if (idle === null) {
      if (instance.lease !== null) instance.onLimitLowered();
      this.#holdBody();
      this.#upstream = source.open(instance, this);
      return;
    }
    this.#upstream = idle;
    idle.begin(this, now);
    this.#transmit(idle, instance);
  }

  protected cancelConnect(): void {
    const upstream = this.#upstream;
    if (upstream === null) return;
    upstream.letGo();
    upstream.destroy();
  }

  get isRepeatable(): boolean {
    return (
      isIdempotent(this.request.method) &&
      !this.#outgoing.hasStreamed &&
      this.client.hasWholeRequest &&
      this.retries < this.slot.config.retries
    );
  }

  protected setQueueDeadline(deadline: number): void {
    this.client.deadline = deadline;
    this.#holdBody();
  }

  /** A body waits in the kernel until an instance takes it. */
  #holdBody(): void {
    if (!this.client.hasWholeRequest) this.client.pause();
  }

  onConnected(): void {
    this.books.markConnected();
    if (this.#upstream !== null && this.instance !== null) this.#transmit(this.#upstream, this.instance);
  }

  #transmit(upstream: InstanceSide, instance: Instance): void {
    const { client } = this;
    const { slot } = this;
    this.#phase = PHASE.SENT;
    upstream.deadline = this.books.startedAt + slot.config.timeouts.firstByteMs;
    client.source = upstream;
    this.countSent(instance);
    this.#outgoing.sendTo(instance, upstream);
    if (client.hasWholeRequest) return;
    upstream.source = client;
    client.deadline = this.worker.clock.now() + slot.config.timeouts.clientIdleMs;
    if (!upstream.isCongested) client.resume();
  }

  /** More of the request's body; `trailers` ends a chunked one. */
  sendBody(bytes: Buffer, start: number, end: number, trailers: string): void {
    const upstream = this.#upstream;
    if (upstream === null || this.#phase < PHASE.SENT) return;
    this.#outgoing.sendMore(upstream, this.client, bytes, start, end, trailers);
    // The time for an answer runs from the request's last byte: an upload may take longer than that.
    if (this.#phase === PHASE.SENT) {
      upstream.deadline = this.worker.clock.now() + this.slot.config.timeouts.firstByteMs;
    }
    if (this.client.hasWholeRequest) upstream.source = null;
  }

  // --- Failures before the response ----------------------------------------------------------------------------------

  onClosedBeforeResponse(): void {
    const { slot, instance } = this;
    const wasReused = this.#upstream?.wasReused === true;
    this.release();
    // A connection that was idle fails once and is gone, so that retry needs no budget.
    if (!this.isRepeatable || (!wasReused && !slot.budget.spend())) {
      this.fail('CLOSED_BEFORE_RESPONSE');
      return;
    }
    this.#phase = PHASE.DISPATCHING;
    // An idle connection that the instance closed at the very moment says nothing against the instance.
    this.retry('CLOSED_BEFORE_RESPONSE', wasReused ? null : instance);
  }

  onResponseFailed(code: ErrorCode): void {
    if (this.instance !== null) this.instance.counters.responseFailures += 1;
    this.fail(code);
  }

  /** The queue, the connect or the response took too long, by the client's clock. */
  onDeadline(): void {
    if (this.isQueued) {
      this.endWait();
    } else if (this.#phase === PHASE.RESPONDING) {
      this.#abort('RESPONSE_UNREAD');
      this.client.destroy();
    }
  }

  /** The client's request is at fault, before it began or in its body. */
  refuse(code: ErrorCode): void {
    if (this.#phase === PHASE.NONE) {
      this.books.open();
      this.reset(false);
      this.#phase = PHASE.DISPATCHING;
    }
    this.leaveQueue();
    this.fail(code);
  }

  protected fail(code: ErrorCode): void {
    const hasResponded = this.#phase >= PHASE.RESPONDING;
    this.books.countError(code);
    // Before another request gets the room that it leaves.
    this.#upstream?.destroy();
    this.release();
    if (hasResponded) {
      // Part of a response is out: what came of it reaches the client, and the broken framing says that it is cut.
      this.#end(code);
      this.client.closeAfterWrite();
      return;
    }
    this.#respond(this.#response.renderError(code, this.isRequestWhole), code);
  }

  #respond(response: OwnResponse, code: ErrorCode | null): void {
    this.books.status = response.status;
    this.countOut(response.text.length);
    this.#end(code);
    this.client.respond(response);
  }

  // --- The response ----------------------------------------------------------------------------------------------

  renderHead(head: ResponseHead, bodyKind: BodyKind): string {
    const { client, books } = this;
    const response = this.#response;
    this.#phase = PHASE.RESPONDING;
    books.status = head.status;
    books.markResponded();
    const text = response.render(head, bodyKind, client.hasWholeRequest, this);
    if (response.isOpenEnded) client.isOpenEnded = true;
    return text;
  }

  countOut(bytes: number): void {
    this.books.bytesOut += bytes;
  }

  onComplete(now: number): void {
    const { client } = this;
    this.release();
    this.#end(null, now);
    client.isOpenEnded = false;
    if (this.#response.keepsClient) client.onResponseSent(now);
    else client.closeAfterWrite();
  }

  onClientGone(): void {
    if (this.#phase !== PHASE.NONE) this.#abort('CLIENT_ABORTED');
  }

  /** The time to end by itself is over; the caller closes the client's connection. */
  cut(): void {
    if (this.#phase !== PHASE.NONE) this.#abort('STOPPING');
  }

  /** Nobody takes the response any more. */
  #abort(code: ErrorCode): void {
    this.leaveQueue();
    this.books.countError(code);
    // Before another request gets the room that it leaves.
    this.#upstream?.destroy();
    this.release();
    this.#end(code);
  }

  // --- Tunnels ---------------------------------------------------------------------------------------------------

  openTunnel(instance: ByteConnection, head: ResponseHead): Tunnel {
    const { client } = this;
    this.#phase = PHASE.TUNNEL;
    this.books.status = 101;
    const { counters, config } = this.slot;
    counters.tunnels += 1;
    const text = this.#response.renderSwitch(head, this);
    this.countOut(text.length);
    client.writeText(text);
    const tunnel = new Tunnel(client, instance, this.worker.clock, config.timeouts.tunnelMs, (code) => {
      counters.tunnels -= 1;
      if (code !== null) this.books.countError(code);
      // The client's last words may still be on their way to the instance.
      if (instance.isClosed) this.release();
      this.#end(code);
    });
    client.enterTunnel(tunnel);
    return tunnel;
  }

  onTunnelClosed(): void {
    this.release();
  }

  // --- Books -----------------------------------------------------------------------------------------------------

  protected override release(): void {
    const upstream = this.#upstream;
    this.#upstream = null;
    this.client.source = null;
    upstream?.letGo();
    super.release();
  }

  #end(code: ErrorCode | null, now = this.worker.clock.now()): void {
    this.#phase = PHASE.NONE;
    this.#outgoing.forget();
    this.books.close(code, now, this);
  }
}
