import type { ErrorCode } from '../../core/errors.js';
import type { BodyKind } from '../../http1/framing.js';
import type { RequestHead } from '../../http1/request-head.js';
import type { ResponseHead } from '../../http1/response-head.js';
import { isIdempotent } from '../../http1/semantics.js';
import type { ByteConnection } from '../io/byte-connection.js';
import type { Tunnel } from '../io/tunnel.js';
import type { InstanceSide } from '../roles/instance-side.js';
import type { ResponseTaker } from '../roles/response-taker.js';
import type { IdlePool } from '../slot/idle-pool.js';
import type { Instance } from '../slot/instance.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';
import { Dispatch } from './dispatch.js';
import { ExchangeBooks } from './exchange-books.js';
import type { ExchangeClient } from './exchange-client.js';
import type { OpenUpstream } from './open-upstream.js';
import { OutgoingRequest } from './outgoing-request.js';
import { PHASE, type Phase } from './phase.js';
import { RequestReader } from './request-reader.js';

export interface ExchangeParts {
  readonly worker: WorkerContext;
  readonly openUpstream: OpenUpstream;
}

/**
 * A request that may not be repeated goes on a connection that was idle for less than this: an instance that closes idle
 * connections does so after seconds, and a close that crosses a POST on its way fails it.
 */
const FRESH_MS = 1_000;

/** Stand for the client and its slot while an exchange is free; a call on them throws. */
export const NO_CLIENT = null as unknown as ExchangeClient;
export const NO_SLOT = null as unknown as Slot;

/**
 * The way of an HTTP request to its instance: over a kept connection or a new one, with its body behind it, and again if
 * the connection fails under it.
 */
export abstract class RequestDispatch extends Dispatch implements ResponseTaker {
  client = NO_CLIENT;
  readonly reader = new RequestReader();
  readonly request: RequestHead;
  readonly books: ExchangeBooks;
  protected phase: Phase = PHASE.NONE;
  protected readonly outgoing: OutgoingRequest;
  /** The connection that has the request; null before and after. */
  protected upstream: InstanceSide | null = null;
  readonly #openUpstream: OpenUpstream;

  constructor({ worker, openUpstream }: ExchangeParts) {
    super(NO_SLOT, worker);
    const request = this.reader.head;
    this.request = request;
    this.outgoing = new OutgoingRequest(request);
    this.#openUpstream = openUpstream;
    this.books = new ExchangeBooks(worker, request);
  }

  abstract onResponseFailed(code: ErrorCode): void;
  abstract renderHead(head: ResponseHead, bodyKind: BodyKind): string;
  abstract onComplete(now: number): void;
  abstract openTunnel(instance: ByteConnection, head: ResponseHead): Tunnel;
  abstract countTunnelBytesOut(bytes: number): void;
  abstract onTunnelClosed(): void;

  get clientAddress(): string {
    return this.client.identity.source.address;
  }

  get isRepeatable(): boolean {
    return (
      isIdempotent(this.request.method) &&
      !this.outgoing.hasStreamed &&
      this.client.hasWholeRequest &&
      this.retries < this.slot.config.retries
    );
  }

  protected connect(instance: Instance, isAtOnce: boolean): void {
    const { slot, worker, client } = this;
    const pool = instance.proxyVersion === 'none' ? instance.idle : client.ownIdle;
    // Asked again only where time has passed: a clock costs a hundredth of a small request.
    const now = isAtOnce ? this.books.openedAt : worker.clock.now();
    // A retry takes a new connection: an instance that has closed one idle connection has often closed them all.
    const idle = this.retries === 0 ? this.#takeIdle(pool, instance, now) : null;
    if (idle === null) {
      if (instance.lease !== null) instance.onLimitLowered();
      this.#holdBody();
      this.upstream = this.#openUpstream(instance, { slot, worker, identity: client.identity, taker: this, pool });
      return;
    }
    this.upstream = idle;
    instance.counters.reuses += 1;
    slot.counters.reuses += 1;
    idle.begin(this, now);
    this.#transmit(idle, instance);
  }

  /** @returns a kept connection that may carry the request; null when it takes a new one */
  #takeIdle(pool: IdlePool<InstanceSide>, instance: Instance, now: number): InstanceSide | null {
    const newest = pool.takeNewest(instance, now);
    if (newest === null || now - newest.idleSince < FRESH_MS || this.isRepeatable) return newest;
    pool.putBackForOldest(newest);
    return null;
  }

  protected cancelConnect(): void {
    const { upstream } = this;
    if (upstream === null) return;
    upstream.letGo();
    upstream.destroy();
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
    this.slot.counters.connects += 1;
    if (this.upstream !== null && this.instance !== null) this.#transmit(this.upstream, this.instance);
  }

  #transmit(upstream: InstanceSide, instance: Instance): void {
    const { client, slot } = this;
    this.phase = PHASE.SENT;
    this.books.isSent = true;
    upstream.deadline = this.books.startedAt + slot.config.timeouts.firstByteMs;
    client.source = upstream;
    this.countSent(instance);
    this.outgoing.sendTo(instance, upstream, slot);
    if (client.hasWholeRequest) return;
    upstream.source = client;
    client.deadline = this.worker.clock.now() + slot.config.timeouts.clientIdleMs;
    if (!upstream.isCongested) client.resume();
  }

  /** More of the request's body; `trailers` ends a chunked one. */
  sendBody(bytes: Buffer, start: number, end: number, trailers: string): void {
    const { upstream } = this;
    if (upstream === null || this.phase < PHASE.SENT) return;
    this.books.bytesIn += end - start + trailers.length;
    this.outgoing.sendMore(upstream, this.client, bytes, start, end, trailers);
    if (this.instance !== null) this.instance.counters.bytesIn += end - start + trailers.length;
    // The time for an answer runs from the request's last byte: an upload may take longer than that.
    if (this.phase === PHASE.SENT) {
      upstream.deadline = this.worker.clock.now() + this.slot.config.timeouts.firstByteMs;
    }
    if (this.client.hasWholeRequest) upstream.source = null;
  }

  onClosedBeforeResponse(): void {
    const { slot, instance } = this;
    const wasReused = this.upstream?.wasReused === true;
    this.release();
    // A connection that was idle fails once and is gone, so that retry needs no budget.
    if (!this.isRepeatable || (!wasReused && !slot.budget.spend())) {
      this.fail('CLOSED_BEFORE_RESPONSE');
      return;
    }
    this.phase = PHASE.DISPATCHING;
    // An idle connection that the instance closed at the very moment says nothing against the instance.
    this.retry('CLOSED_BEFORE_RESPONSE', wasReused ? null : instance);
  }

  protected override release(): void {
    const { upstream } = this;
    this.upstream = null;
    this.client.source = null;
    upstream?.letGo();
    super.release();
  }
}
