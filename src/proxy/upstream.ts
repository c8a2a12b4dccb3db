import { ERRORS, type ErrorCode } from '../core/errors.js';
import { textOf } from '../http1/latin1.js';
import type { ProxyVersion } from '../snapshot/snapshot.js';
import { ByteConnection } from './byte-connection.js';
import type { Exchange } from './exchange.js';
import type { IdlePool } from './idle-pool.js';
import { usableIdleMs } from './idle-time.js';
import type { Instance } from './instance.js';
import type { WorkerContext } from './node-context.js';
import { connectSocket } from './onread-socket.js';
import { outgoingHeader } from './outgoing-header.js';
import { RELAYED, ResponseRelay } from './response-relay.js';
import type { Slot } from './slot.js';

/**
 *   CONNECTING ──► RESPONSE ──end──► IDLE ──next request──► RESPONSE …
 *                   │      └──end, not kept──► (closed)
 *                   └──101──► TUNNEL
 */
const STATE = { CONNECTING: 0, IDLE: 1, RESPONSE: 2, TUNNEL: 3, GONE: 4 } as const;
type State = (typeof STATE)[keyof typeof STATE];

/** The side of the instance: sends requests and reads their responses into the client's connection. */
export class Upstream extends ByteConnection {
  readonly instance: Instance;
  exchange: Exchange | null;
  /** It carried a request before this one: a close may just have crossed the request. */
  wasReused = false;
  /** Since when it has no request. */
  idleSince = 0;
  readonly #slot: Slot;
  readonly #worker: WorkerContext;
  /** Where it waits between requests: at its instance, or, when its PROXY header names a client, with that client. */
  readonly #pool: IdlePool<Upstream>;
  /** What it began with; once the slot wants another, it is not kept. */
  readonly #proxyVersion: ProxyVersion;
  /** PROXY header that was not sent yet. */
  #header = '';
  #state: State = STATE.CONNECTING;
  readonly #relay = new ResponseRelay(this);
  #connectCode: ErrorCode = 'CONNECT_FAILED';
  /** How long it was idle before the request that it carries. */
  #idledMs = 0;
  /** For how long it may be idle, by what the instance announced (Keep-Alive: timeout); most do so once. */
  #announcedMs = Number.POSITIVE_INFINITY;

  constructor(instance: Instance, slot: Slot, worker: WorkerContext, exchange: Exchange, pool: IdlePool<Upstream>) {
    super(worker);
    this.instance = instance;
    this.exchange = exchange;
    this.#slot = slot;
    this.#worker = worker;
    this.deadline = worker.clock.now() + slot.config.timeouts.connectMs;
    worker.deadlines.add(this);
    instance.connections.add(this);
    worker.upstreams.add();
    this.#proxyVersion = slot.proxyVersionTo(instance);
    this.#pool = pool;
    const socket = connectSocket(this, instance, worker.io);
    socket.once('connect', () => this.#onConnected());
    this.open(socket);
  }

  get connecting(): Exchange | null {
    return this.#state === STATE.CONNECTING ? this.exchange : null;
  }

  get isTunnel(): boolean {
    return this.#state === STATE.TUNNEL;
  }

  #onConnected(): void {
    this.instance.noteConnected();
    this.#state = STATE.RESPONSE;
    const { exchange } = this;
    if (exchange === null) return;
    const bledBy = this.instance.isNeighbor ? this.#slot.node.marks.markFor(this.instance.node) : null;
    const header = outgoingHeader(this.#proxyVersion, exchange.client.identity, this.socket, bledBy);
    this.#header = header === null ? '' : textOf(header, 0, header.length);
    exchange.onConnected(this);
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

  /** Takes another request, after an idle time. */
  begin(exchange: Exchange, now: number): void {
    this.exchange = exchange;
    this.wasReused = true;
    this.#idledMs = now - this.idleSince;
    this.#state = STATE.RESPONSE;
  }

  onBytes(bytes: Buffer, length: number): void {
    switch (this.#state) {
      case STATE.RESPONSE:
        this.#readResponse(bytes, length);
        break;
      case STATE.TUNNEL:
        this.exchange?.onTunnelBytes(this, bytes, length);
        break;
      default:
        // Nobody asked: what comes now would be taken for the answer to the next request.
        this.discard();
    }
  }

  #readResponse(bytes: Buffer, length: number): void {
    const { exchange } = this;
    if (exchange === null) return;
    const relay = this.#relay;
    const relayed = relay.read(exchange, bytes, length, this.#slot.node.head);
    switch (relayed) {
      case RELAYED.MORE:
        if (relay.isInBody) this.#extendDeadline();
        break;
      case RELAYED.SWITCHED:
        this.#switchProtocols(exchange, relay);
        break;
      case RELAYED.BROKEN:
        this.#worker.log.warn(
          {
            app: this.#slot.app,
            instance: this.instance.id,
            problem: relay.problem,
            reason: ERRORS[relay.problem].text,
          },
          'malformed response',
        );
        exchange.onResponseFailed('MALFORMED_RESPONSE');
        break;
      default:
        this.#complete(exchange, relayed === RELAYED.EXCESS);
    }
  }

  #switchProtocols(exchange: Exchange, { head, rest }: ResponseRelay): void {
    const wanted = exchange.client.head.upgrade;
    // Only the switch that was asked for: otherwise the next request's bytes would run into an unknown protocol.
    if (wanted === '' || head.upgrade.toLowerCase() !== wanted.toLowerCase()) {
      exchange.onResponseFailed('MALFORMED_RESPONSE');
      return;
    }
    this.#state = STATE.TUNNEL;
    exchange.becomeTunnel(this, head);
    if (rest !== null) exchange.onTunnelBytes(this, rest, rest.length);
  }

  #extendDeadline(): void {
    this.deadline = this.#worker.clock.now() + this.#slot.config.timeouts.firstByteMs;
  }

  /** @param hasExcess bytes came behind the response: whatever they are, they answer nobody. */
  #complete(exchange: Exchange, hasExcess: boolean): void {
    const mayKeep =
      this.#relay.head.isKeepAlive &&
      this.#slot.config.reuse !== 'never' &&
      !hasExcess &&
      !this.#relay.isUntilClose &&
      exchange.client.hasWholeRequest &&
      !this.instance.isRemoved &&
      (this.instance.isNeighbor || this.instance.state !== 'maint') &&
      this.#proxyVersion === this.#slot.proxyVersionTo(this.instance) &&
      !this.isClosed &&
      (this.#pool === this.instance.idle || !exchange.client.isClosed);
    // Asked once for all that happens at this moment: each time costs a hundredth of a small request.
    const now = this.#worker.clock.now();
    if (mayKeep) {
      this.#state = STATE.IDLE;
      this.idleSince = now;
      this.deadline = now + this.#usableMs(now);
      this.resume();
      // Back in the pool before the exchange ends: a request that waits for room finds it there.
      this.#pool.add(this);
      exchange.onComplete(now);
    } else {
      this.#state = STATE.GONE;
      // Before another request gets the room that it leaves.
      this.destroy();
      exchange.onComplete(now);
    }
  }

  #usableMs(now: number): number {
    const { keepAliveSeconds } = this.#relay.head;
    if (keepAliveSeconds !== -1) this.#announcedMs = usableIdleMs(keepAliveSeconds * 1_000);
    const learntMs = this.instance.idleTime.usableMs(now);
    return Math.min(this.#slot.config.timeouts.upstreamIdleMs, this.#announcedMs, learntMs);
  }

  protected onEnd(): void {
    const { exchange } = this;
    if (this.#state === STATE.TUNNEL) {
      exchange?.onTunnelEnd(this);
    } else if (
      this.#state === STATE.RESPONSE &&
      this.#relay.isInBody &&
      this.#relay.isUntilClose &&
      exchange !== null
    ) {
      this.#complete(exchange, false);
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

  /** Whether the instance closed because the connection was idle: what it teaches. */
  #noteIdleClose(): void {
    const now = this.#worker.clock.now();
    if (this.#state === STATE.IDLE) {
      this.instance.idleTime.noteClose(now - this.idleSince, now);
    } else if (this.exchange !== null && this.wasReused && this.#state === STATE.RESPONSE && this.#relay.isUntouched) {
      this.instance.idleTime.noteClose(this.#idledMs, now);
    }
  }

  /** The connection is of no use any more; whoever waits for something from it is told, once. */
  #onLost(error: Error | null): void {
    const state = this.#state;
    const { exchange } = this;
    this.#state = STATE.GONE;
    switch (state) {
      case STATE.CONNECTING:
        // Without an exchange the client went away first: that says nothing of the instance.
        exchange?.onConnectFailed(this.#connectCode, error);
        break;
      case STATE.IDLE:
        this.#pool.remove(this);
        break;
      case STATE.RESPONSE:
        if (exchange === null) break;
        if (this.#relay.isUntouched) exchange.onClosedBeforeResponse(this);
        else exchange.onResponseFailed(this.#relay.isInBody ? 'CLOSED_IN_RESPONSE' : 'CLOSED_BEFORE_RESPONSE');
        break;
      case STATE.TUNNEL:
        exchange?.onTunnelClosed(this);
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
        if (!this.#relay.isInBody) this.exchange?.onResponseFailed('RESPONSE_TIMEOUT');
        // Paused, it is the client who is late; the client's own deadline watches that.
        else if (this.isPaused) this.#extendDeadline();
        else this.exchange?.onResponseFailed('RESPONSE_STALLED');
        break;
      default:
        this.discard();
    }
  }

  /** Out of the pool at once: a socket that is destroyed says so only later, and a request could take it before. */
  discard(): void {
    this.destroy();
    this.#onLost(null);
  }
}
