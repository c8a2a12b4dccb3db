import type { ErrorCode } from '../core/errors.js';
import { BodyReader } from '../http1/body-reader.js';
import { INCOMPLETE } from '../http1/fields.js';
import { BODY, responseBodyKind } from '../http1/framing.js';
import { textOf, writeText } from '../http1/latin1.js';
import { COMPLETE } from '../http1/request-head.js';
import { ResponseHead } from '../http1/response-head.js';
import type { ProxyVersion } from '../snapshot/snapshot.js';
import { ByteConnection } from './byte-connection.js';
import type { Exchange } from './exchange.js';
import type { Instance } from './instance.js';
import type { WorkerContext } from './node-context.js';
import { connectSocket } from './onread-socket.js';
import { outgoingHeader } from './outgoing-header.js';
import { PartialHead } from './partial-head.js';
import type { Slot } from './slot.js';

/**
 *   CONNECTING ──► HEAD ──final head──► BODY ──end──► IDLE ──next request──► HEAD …
 *                   └──101──► TUNNEL      └──end, not kept──► (closed)
 */
const STATE = { CONNECTING: 0, IDLE: 1, HEAD: 2, BODY: 3, TUNNEL: 4, GONE: 5 } as const;
type State = (typeof STATE)[keyof typeof STATE];

/** A response that is whole in one read, up to this size, goes out as one text in one packet. */
const INLINE_BODY_BYTES = 8_192;
/** An instance closes an idle connection at its own time; ours is this much earlier than what it announced. */
const KEEP_ALIVE_MARGIN_MS = 1_000;

/** The side of the instance: sends requests and reads their responses into the client's connection. */
export class Upstream extends ByteConnection {
  readonly instance: Instance;
  exchange: Exchange | null;
  /** It carried a request before this one: a close may just have crossed the request. */
  wasReused = false;
  readonly #slot: Slot;
  readonly #worker: WorkerContext;
  /** Where it waits between requests: at its instance, or, when its PROXY header names a client, with that client. */
  readonly #pool: Upstream[];
  /** What it began with; once the slot wants another, it is not kept. */
  readonly #proxyVersion: ProxyVersion;
  /** PROXY header that was not sent yet. */
  #header = '';
  readonly #head = new ResponseHead();
  readonly #partial = new PartialHead();
  #state: State = STATE.CONNECTING;
  readonly #body = new BodyReader();
  #connectCode: ErrorCode = 'CONNECT_FAILED';

  constructor(instance: Instance, slot: Slot, worker: WorkerContext, exchange: Exchange) {
    super(worker);
    this.instance = instance;
    this.exchange = exchange;
    this.#slot = slot;
    this.#worker = worker;
    this.deadline = worker.clock.now() + slot.config.timeouts.connectMs;
    worker.deadlines.add(this);
    instance.upstreams.add(this);
    this.#proxyVersion = slot.proxyVersionTo(instance);
    this.#pool = this.#proxyVersion === 'none' ? instance.idle : exchange.client.ownUpstreams;
    const { localAddress } = slot.node;
    const socket = connectSocket(this, instance, instance.isNeighbor ? localAddress : null, worker.io);
    socket.once('connect', () => this.#onConnected());
    this.open(socket);
  }

  get isTunnel(): boolean {
    return this.#state === STATE.TUNNEL;
  }

  #onConnected(): void {
    this.instance.connectFailures = 0;
    this.instance.counters.connections += 1;
    this.#state = STATE.HEAD;
    const { exchange } = this;
    if (exchange === null) return;
    const bledBy = this.instance.isNeighbor ? this.#slot.node.name : null;
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
  begin(exchange: Exchange): void {
    this.exchange = exchange;
    this.wasReused = true;
    this.#state = STATE.HEAD;
  }

  onBytes(bytes: Buffer, length: number): void {
    switch (this.#state) {
      case STATE.HEAD:
        if (this.#partial.isEmpty) {
          this.#readHead(bytes, 0, length);
        } else if (this.#partial.append(bytes, 0, length, this.#slot.node.head.maxBytes)) {
          const whole = this.#partial.take();
          this.#readHead(whole, 0, whole.length);
        }
        break;
      case STATE.BODY:
        this.#readBody(bytes, length);
        break;
      case STATE.TUNNEL:
        this.exchange?.onTunnelBytes(this, bytes, length);
        break;
      default:
        // Nobody asked: what comes now would be taken for the answer to the next request.
        this.discard();
    }
  }

  #readHead(bytes: Buffer, from: number, end: number): void {
    const limits = this.#slot.node.head;
    let start = from;
    for (;;) {
      const { exchange } = this;
      if (exchange === null) return;
      const verdict = this.#head.parse(bytes, start, end, limits);
      if (verdict === INCOMPLETE) {
        this.#partial.append(bytes, start, end, limits.maxBytes);
        return;
      }
      if (verdict !== COMPLETE) {
        this.#worker.log.warn(
          { app: this.#slot.app, instance: this.instance.id, problem: verdict },
          'malformed response head',
        );
        exchange.onResponseFailed('MALFORMED_RESPONSE');
        return;
      }
      if (this.#head.status >= 200) {
        this.#relayResponse(exchange, bytes, start, end);
        return;
      }
      start += this.#head.bytes;
      if (this.#head.status === 101) {
        this.#switchProtocols(exchange, bytes, start, end);
        return;
      }
      this.#relayInterim(exchange);
      if (start >= end) return;
    }
  }

  /** RFC 9110 15.2: any number of them; HTTP/1.0 clients know none. */
  #relayInterim(exchange: Exchange): void {
    if (exchange.needsPlainBody) return;
    const text = `${this.#head.block}\r\n`;
    exchange.countOut(text.length);
    exchange.client.writeText(text);
  }

  #switchProtocols(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    const wanted = exchange.client.head.upgrade;
    // Only the switch that was asked for: otherwise the next request's bytes would run into an unknown protocol.
    if (wanted === '' || this.#head.upgrade.toLowerCase() !== wanted.toLowerCase()) {
      exchange.onResponseFailed('MALFORMED_RESPONSE');
      return;
    }
    this.#state = STATE.TUNNEL;
    exchange.becomeTunnel(this, this.#head);
    if (start < end) exchange.onTunnelBytes(this, Buffer.from(bytes.subarray(start, end)), end - start);
  }

  #relayResponse(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    const head = this.#head;
    const body = this.#body;
    const { client } = exchange;
    const bodyStart = start + head.bytes;
    body.begin(responseBodyKind(exchange.method, head.status, head), head.contentLength, this.#slot.node.head);
    if (body.kind === BODY.CHUNKED && exchange.needsPlainBody) {
      client.writeText(exchange.renderHead(head, body.kind));
      this.#state = STATE.BODY;
      this.#relayPlain(exchange, bytes, bodyStart, end);
      return;
    }
    body.read(bytes, bodyStart, end);
    if (body.error !== null) {
      exchange.onResponseFailed('MALFORMED_RESPONSE');
      return;
    }
    this.expectBody(Math.max(head.contentLength, end - bodyStart));
    const headText = exchange.renderHead(head, body.kind);
    const bodyBytes = body.rawEnd - bodyStart;
    exchange.countOut(headText.length + bodyBytes + body.trailers.length);
    if (bodyBytes <= INLINE_BODY_BYTES && head.bytes + bodyBytes <= head.text.length) {
      client.writeText(headText + head.text.slice(head.bytes, head.bytes + bodyBytes) + body.trailers);
    } else {
      this.#writeHeadAndBody(exchange, headText, bytes, bodyStart, body.rawEnd);
      if (body.trailers !== '') client.writeText(body.trailers);
    }
    this.#state = STATE.BODY;
    if (body.isWhole) this.#complete(exchange, body.position < end);
    else this.#extendDeadline();
  }

  /**
   * The outgoing head takes the place of the one that was read, right in front of the body: one write, and the body
   * stays where it is. It seldom does not fit, since hop-by-hop fields went.
   */
  #writeHeadAndBody(exchange: Exchange, headText: string, bytes: Buffer, bodyStart: number, bodyEnd: number): void {
    const { client } = exchange;
    const start = bodyStart - headText.length;
    if (start >= 0) {
      writeText(bytes, headText, start);
      client.writeFrom(this, bytes, start, bodyEnd);
    } else {
      client.writeText(headText);
      client.writeFrom(this, bytes, bodyStart, bodyEnd);
    }
  }

  #readBody(bytes: Buffer, length: number): void {
    const { exchange } = this;
    if (exchange === null) return;
    const body = this.#body;
    if (body.kind === BODY.CHUNKED && exchange.needsPlainBody) {
      this.#relayPlain(exchange, bytes, 0, length);
      return;
    }
    body.read(bytes, 0, length);
    exchange.countOut(body.rawEnd + body.trailers.length);
    exchange.client.writeFrom(this, bytes, 0, body.rawEnd);
    if (body.error !== null) {
      exchange.onResponseFailed('MALFORMED_RESPONSE');
    } else if (body.isWhole) {
      if (body.trailers !== '') exchange.client.writeText(body.trailers);
      this.#complete(exchange, body.position < length);
    } else {
      if (body.kind !== BODY.LENGTH) this.expectBody(length);
      this.#extendDeadline();
    }
  }

  /** HTTP/1.0 clients get the content without its chunks, and the end of the connection for its end. */
  #relayPlain(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    const body = this.#body;
    body.position = start;
    while (body.position < end && !body.isWhole && body.error === null) {
      body.readContent(bytes, body.position, end);
      exchange.countOut(body.contentEnd - body.contentStart);
      exchange.client.writeCopy(bytes, body.contentStart, body.contentEnd);
    }
    if (body.error !== null) exchange.onResponseFailed('MALFORMED_RESPONSE');
    else if (body.isWhole) this.#complete(exchange, body.position < end);
    else this.#extendDeadline();
  }

  #extendDeadline(): void {
    this.deadline = this.#worker.clock.now() + this.#slot.config.timeouts.firstByteMs;
  }

  /** @param hasExcess bytes came behind the response: whatever they are, they answer nobody. */
  #complete(exchange: Exchange, hasExcess: boolean): void {
    const mayKeep =
      this.#head.isKeepAlive &&
      !hasExcess &&
      this.#body.kind !== BODY.UNTIL_CLOSE &&
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
      this.deadline = now + this.#idleMs();
      this.resume();
      // Back in the pool before the exchange ends: a request that waits for room finds it there.
      this.#pool.push(this);
      exchange.onComplete(now);
    } else {
      this.#state = STATE.GONE;
      exchange.onComplete(now);
      this.destroy();
    }
  }

  #idleMs(): number {
    const { upstreamIdleMs } = this.#slot.config.timeouts;
    const { keepAliveSeconds } = this.#head;
    if (keepAliveSeconds === -1) return upstreamIdleMs;
    return Math.min(upstreamIdleMs, Math.max(0, keepAliveSeconds * 1_000 - KEEP_ALIVE_MARGIN_MS));
  }

  protected onEnd(): void {
    const { exchange } = this;
    if (this.#state === STATE.TUNNEL) {
      exchange?.onTunnelEnd(this);
    } else if (this.#state === STATE.BODY && this.#body.kind === BODY.UNTIL_CLOSE && exchange !== null) {
      this.#complete(exchange, false);
    } else {
      this.destroy();
      this.#onLost(null);
    }
  }

  protected onClosed(error: Error | null): void {
    this.#worker.deadlines.remove(this);
    this.instance.upstreams.delete(this);
    this.#onLost(error);
  }

  /** The connection is of no use any more; whoever waits for something from it is told, once. */
  #onLost(error: Error | null): void {
    const state = this.#state;
    const { exchange } = this;
    this.#state = STATE.GONE;
    switch (state) {
      case STATE.CONNECTING:
        this.#onConnectFailed(exchange, error);
        break;
      case STATE.IDLE: {
        const index = this.#pool.indexOf(this);
        if (index !== -1) this.#pool.splice(index, 1);
        break;
      }
      case STATE.HEAD:
        if (exchange === null) break;
        if (this.#partial.isEmpty) exchange.onClosedBeforeResponse(this);
        else exchange.onResponseFailed('CLOSED_BEFORE_RESPONSE');
        break;
      case STATE.BODY:
        exchange?.onResponseFailed('CLOSED_IN_RESPONSE');
        break;
      case STATE.TUNNEL:
        exchange?.onTunnelClosed(this);
        break;
      case STATE.GONE:
        break;
    }
  }

  #onConnectFailed(exchange: Exchange | null, error: Error | null): void {
    // Without an exchange the client went away first: that says nothing of the instance.
    if (exchange === null) return;
    const { instance } = this;
    instance.connectFailures += 1;
    instance.counters.connectFailures += 1;
    this.#worker.log.debug({ app: this.#slot.app, instance: instance.id, reason: error?.message }, 'connect failed');
    if (!instance.isNeighbor) {
      this.#worker.onConnectFailure(this.#slot.app, instance.id, instance.connectFailures);
    }
    exchange.onConnectFailed(this.#connectCode);
  }

  onDeadline(): void {
    switch (this.#state) {
      case STATE.CONNECTING:
        this.#connectCode = 'CONNECT_TIMEOUT';
        this.destroy();
        break;
      case STATE.HEAD:
        this.exchange?.onResponseFailed('RESPONSE_TIMEOUT');
        break;
      case STATE.BODY:
        // Paused, it is the client who is late; the client's own deadline watches that.
        if (this.isPaused) this.#extendDeadline();
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
