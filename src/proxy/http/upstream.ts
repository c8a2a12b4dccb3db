import type { ErrorCode } from '../../core/errors.js';
import { agreesToSwitch } from '../../http1/semantics.js';
import type { ClientIdentity } from '../client/client-identity.js';
import { markFor, outgoingHeaderText } from '../client/outgoing-header.js';
import type { UpstreamParts } from '../exchange/open-upstream.js';
import { ByteConnection } from '../io/byte-connection.js';
import type { Tunnel } from '../io/tunnel.js';
import type { Connecting } from '../roles/instance-connection.js';
import type { InstanceSide } from '../roles/instance-side.js';
import type { ResponseTaker } from '../roles/response-taker.js';
import type { Instance } from '../slot/instance.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';
import { logMalformedResponse } from './malformed-response.js';
import { RELAYED, ResponseRelay } from './response-relay.js';
import { Reuse } from './reuse.js';

/**
 *   CONNECTING ──► RESPONSE ──end──► IDLE ──next request──► RESPONSE …
 *                   │      └──end, not kept──► (closed)
 *                   └──101──► TUNNEL
 */
const STATE = { CONNECTING: 0, IDLE: 1, RESPONSE: 2, TUNNEL: 3, GONE: 4 } as const;
type State = (typeof STATE)[keyof typeof STATE];

/** The side of the instance: sends requests and reads their responses into the client's connection. */
export class Upstream extends ByteConnection implements InstanceSide {
  readonly instance: Instance;
  wasReused = false;
  idleSince = 0;
  readonly #slot: Slot;
  readonly #worker: WorkerContext;
  /** Null once the PROXY header is made. */
  #identity: ClientIdentity | null;
  /** Null while it has no request, and once its taker has let go of it. */
  #taker: ResponseTaker | null;
  /** Null before the instance switched protocols. */
  #tunnel: Tunnel | null = null;
  /** PROXY header that was not sent yet. */
  #header = '';
  #state: State = STATE.CONNECTING;
  readonly #relay = new ResponseRelay(this);
  readonly #reuse: Reuse;
  #connectCode: ErrorCode = 'CONNECT_FAILED';
  /** How long it was idle before the request that it carries. */
  #idledMs = 0;

  constructor(instance: Instance, { slot, worker, identity, taker, pool }: UpstreamParts) {
    super(worker);
    this.instance = instance;
    this.#taker = taker;
    this.#identity = identity;
    this.#slot = slot;
    this.#worker = worker;
    this.#reuse = new Reuse(slot, instance, pool);
  }

  /** Begins a connection to the instance; the taker hears what comes of it. */
  static open(instance: Instance, parts: UpstreamParts): Upstream {
    const upstream = new Upstream(instance, parts);
    upstream.#connect();
    return upstream;
  }

  #connect(): void {
    const { instance } = this;
    const worker = this.#worker;
    this.deadline = worker.clock.now() + this.#slot.config.timeouts.connectMs;
    worker.deadlines.add(this);
    instance.connections.add(this);
    worker.upstreams.add();
    this.open(worker.transports.connect(instance, this));
  }

  get connecting(): Connecting | null {
    return this.#state === STATE.CONNECTING ? this.#taker : null;
  }

  override onConnect(): void {
    super.onConnect();
    this.instance.noteConnected();
    this.#state = STATE.RESPONSE;
    const taker = this.#taker;
    const identity = this.#identity;
    this.#identity = null;
    if (taker === null || identity === null) return;
    const mark = markFor(this.#slot, this.instance);
    this.#header = outgoingHeaderText(this.#reuse.proxyVersion, identity, this.transport, mark);
    taker.onConnected();
  }

  /**
   * The head of a request with what goes out beside it. The connection's PROXY header goes in the same packet as its
   * first one: some receivers read the header with one call and count on all of it.
   */
  sendHead(text: string): void {
    this.writeText(this.#header + text);
    this.#header = '';
  }

  get isIdle(): boolean {
    return this.#state === STATE.IDLE;
  }

  get busySince(): number {
    return this.#taker === null ? Number.POSITIVE_INFINITY : this.#taker.books.startedAt;
  }

  begin(taker: ResponseTaker, now: number): void {
    this.#taker = taker;
    this.wasReused = true;
    this.#idledMs = now - this.idleSince;
    this.#state = STATE.RESPONSE;
  }

  letGo(): void {
    this.source = null;
    this.#taker = null;
  }

  onBytes(bytes: Buffer, length: number): void {
    this.instance.counters.bytesOut += length;
    switch (this.#state) {
      case STATE.RESPONSE:
        this.#readResponse(bytes, length);
        break;
      case STATE.TUNNEL:
        this.#onTunnelBytes(bytes, length);
        break;
      default:
        // Bytes without a request would be taken for the answer to the next one.
        this.instance.sendsUnasked ||= this.#state === STATE.IDLE;
        this.discard();
    }
  }

  #readResponse(bytes: Buffer, length: number): void {
    const taker = this.#taker;
    if (taker === null) return;
    const relay = this.#relay;
    const relayed = relay.read(taker, bytes, length, this.#slot.node.head);
    switch (relayed) {
      case RELAYED.MORE:
        if (relay.isInBody) {
          const now = this.#extendDeadline();
          if (taker.books.respondedAt === 0) taker.books.respondedAt = now;
        }
        break;
      case RELAYED.SWITCHED:
        this.#switchProtocols(taker, relay);
        break;
      case RELAYED.BROKEN:
        this.instance.sendsUnasked ||= this.wasReused && !relay.isInBody;
        logMalformedResponse(this.#worker, this.#slot, this.instance, relay.problem);
        taker.onResponseFailed('MALFORMED_RESPONSE');
        break;
      default:
        this.#complete(taker, relayed === RELAYED.EXCESS);
    }
  }

  #switchProtocols(taker: ResponseTaker, { head, rest }: ResponseRelay): void {
    // Any other switch would lead the next request's bytes into an unknown protocol.
    if (!agreesToSwitch(taker.request.upgrade, head.upgrade)) {
      taker.onResponseFailed('MALFORMED_RESPONSE');
      return;
    }
    this.#state = STATE.TUNNEL;
    this.#tunnel = taker.openTunnel(this, head);
    if (rest !== null) this.#onTunnelBytes(rest, rest.length);
  }

  #onTunnelBytes(bytes: Buffer, length: number): void {
    this.#taker?.countTunnelBytesOut(length);
    this.#tunnel?.onBytes(this, bytes, length);
  }

  /** @returns the time */
  #extendDeadline(): number {
    const now = this.#worker.clock.now();
    this.deadline = now + this.#slot.config.timeouts.firstByteMs;
    return now;
  }

  /** @param hasExcess bytes came behind the response: they belong to no request */
  #complete(taker: ResponseTaker, hasExcess: boolean): void {
    if (hasExcess) this.instance.sendsUnasked = true;
    const mayKeep = !hasExcess && !this.isClosed && this.#reuse.mayKeep(this.#relay, taker.client);
    // Asked once for all that happens at this moment: each time costs a hundredth of a small request.
    const now = this.#worker.clock.now();
    if (mayKeep) {
      this.#state = STATE.IDLE;
      this.idleSince = now;
      this.deadline = now + this.#reuse.usableMs(this.#relay, now);
      this.resume();
      // Back in the pool before the exchange ends: a request that waits for room finds it there.
      this.#reuse.pool.add(this);
    } else {
      this.#state = STATE.GONE;
      // Before another request gets the room that it leaves.
      this.destroy();
    }
    // An idle connection holds no memory of the response before.
    this.#relay.head.forget();
    this.#relay.body.trailers = '';
    taker.onComplete(now);
  }

  protected onEnd(): void {
    const taker = this.#taker;
    if (this.#state === STATE.TUNNEL) {
      this.#tunnel?.onEnd(this);
    } else if (this.#state === STATE.RESPONSE && this.#relay.isEndedByClose && taker !== null) {
      this.#complete(taker, false);
    } else {
      this.#noteIdleClose();
      this.destroy();
      this.#onLost(null);
    }
  }

  /** An instance that refuses an upload may have said so before it closed. */
  protected override onWriteFailed(failure: Error): void {
    this.readToEnd(failure);
  }

  protected onClosed(error: Error | null): void {
    this.#worker.deadlines.remove(this);
    this.instance.connections.delete(this);
    this.#worker.upstreams.remove();
    this.#noteIdleClose();
    this.#onLost(error);
  }

  /** Learns from a close of an idle connection after which time the instance closes them. */
  #noteIdleClose(): void {
    const now = this.#worker.clock.now();
    if (this.#state === STATE.IDLE) {
      this.instance.idleTime.noteClose(now - this.idleSince, now);
    } else if (this.#taker !== null && this.wasReused && this.#state === STATE.RESPONSE && this.#relay.isUntouched) {
      this.instance.idleTime.noteClose(this.#idledMs, now);
    }
  }

  /** Tells the taker, once, that the connection is lost. */
  #onLost(error: Error | null): void {
    const state = this.#state;
    const taker = this.#taker;
    this.#state = STATE.GONE;
    switch (state) {
      case STATE.CONNECTING:
        // Without a taker the client went away first, so the instance is not to blame.
        taker?.onConnectFailed(this.#connectCode, error);
        break;
      case STATE.IDLE:
        this.#reuse.pool.remove(this);
        break;
      case STATE.RESPONSE:
        if (taker === null) break;
        if (this.#relay.isUntouched) taker.onClosedBeforeResponse();
        else taker.onResponseFailed(this.#relay.isInBody ? 'CLOSED_IN_RESPONSE' : 'CLOSED_BEFORE_RESPONSE');
        break;
      case STATE.TUNNEL:
        this.#tunnel?.onClosed(this);
        // A taker that let go of it meanwhile is not told.
        this.#taker?.onTunnelClosed();
        break;
      case STATE.GONE:
        break;
    }
  }

  onDeadline(): void {
    switch (this.#state) {
      case STATE.CONNECTING:
        this.#connectCode = 'CONNECT_TIMEOUT';
        this.destroy();
        break;
      case STATE.RESPONSE:
        if (!this.#relay.isInBody) this.#taker?.onResponseFailed('RESPONSE_TIMEOUT');
        // Paused, the client is late; its own deadline watches that.
        else if (this.isPaused) this.#extendDeadline();
        else this.#taker?.onResponseFailed('RESPONSE_STALLED');
        break;
      default:
        this.discard();
    }
  }

  /** Leaves the pool at once: a destroyed socket reports its close only later, and a request could take it before. */
  discard(): void {
    this.destroy();
    this.#onLost(null);
  }
}
