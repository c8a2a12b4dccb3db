import type { ProxyHeader } from '../../proxy-protocol/header.js';
import type { Exchange } from '../exchange/exchange.js';
import type { ExchangeClient } from '../exchange/exchange-client.js';
import type { ExchangePool } from '../exchange/exchange-pool.js';
import { READ } from '../exchange/request-reader.js';
import type { Transport } from '../io/transport.js';
import type { Tunnel } from '../io/tunnel.js';
import type { OwnResponse } from '../roles/client-side.js';
import type { Instance } from '../slot/instance.js';
import type { UnderWay } from '../slot/under-way.js';
import { type HttpParts, KeptClient } from './kept-client.js';

/**
 *   HEAD ──head──► BODY ──end──► WAIT ──response sent──► HEAD …
 *                    └──no body──►┘ └──101──► TUNNEL
 *   any ──refused, or the last response──► CLOSING ──client's end, or the linger time──► (closed)
 */
const READING = { HEAD: 0, BODY: 1, WAIT: 2, TUNNEL: 3, CLOSING: 4 } as const;
type Reading = (typeof READING)[keyof typeof READING];

/**
 * The side of the client: has one request read after the other, and lends its socket to their responses. What it holds
 * itself is all that a resting connection costs.
 */
export class Downstream extends KeptClient implements ExchangeClient {
  /** The request has been read to its end, and its response has not. A field, since each request asks for it four times. */
  hasWholeRequest = false;
  readonly #exchanges: ExchangePool;
  /** From the first byte of a request to the end of its response; null: it rests. */
  #exchange: Exchange | null = null;
  #reading: Reading = READING.HEAD;
  #isReadingHeads = false;
  /** It has asked before: the time for the next head begins with its first byte, not now. */
  #hasAsked = false;

  /**
   * @param header what the connection began with, where the slot demands it; else null
   * @param acceptedAt when, on the monotonic clock; the time for the first head runs from there
   */
  constructor(transport: Transport, header: ProxyHeader | null, acceptedAt: number, parts: HttpParts) {
    super(transport, header, acceptedAt, parts);
    this.#exchanges = parts.exchanges;
  }

  protected onBegin(): void {
    this.deadline = this.idleSince - this.handshakeMs + this.slot.config.timeouts.requestHeadMs;
    this.transport.resume();
  }

  /** Between two requests: not a byte of the next one has come. */
  override get isIdle(): boolean {
    return this.#reading === READING.HEAD && this.#exchange === null && this.ahead === null;
  }

  get instance(): Instance | null {
    return this.#exchange === null ? null : this.#exchange.instance;
  }

  override closeIdle(): void {
    if (this.isIdle) this.closeAfterWrite();
  }

  cut(): void {
    this.tunnel?.destroy('STOPPING');
    this.#exchange?.cut();
    this.destroy();
  }

  underWay(): UnderWay | null {
    return this.#exchange === null ? null : this.#exchange.underWay();
  }

  kill(): void {
    if (this.tunnel !== null) this.tunnel.destroy('KILLED');
    else this.#exchange?.refuse('KILLED');
  }

  onBytes(bytes: Buffer, length: number): void {
    this.slot.counters.bytesIn += length;
    switch (this.#reading) {
      case READING.HEAD:
        // A client that asks and asks without reading the answers would fill our memory with them.
        if (this.isCongested) this.keepAhead(bytes, 0, length);
        else this.#readHead(bytes, length);
        break;
      case READING.BODY:
        this.#readBody(bytes, length);
        break;
      case READING.WAIT:
        this.keepAhead(bytes, 0, length);
        break;
      case READING.TUNNEL:
        this.#exchange?.countTunnelBytesIn(length);
        this.tunnel?.onBytes(this, bytes, length);
        break;
      case READING.CLOSING:
        this.slot.counters.turnedAwayBytesIn += length;
        break;
    }
  }

  /** Requests may stand one behind the other in the same bytes; each waits until the one before has its response. */
  #readHead(bytes: Buffer, length: number): void {
    this.#exchange ??= this.#exchanges.take(this);
    const exchange = this.#exchange;
    const { reader } = exchange;
    const read = reader.readHead(this, bytes, length, this.slot.node.head);
    switch (read) {
      case READ.MORE:
        this.#onPartOfHead(exchange);
        break;
      case READ.BROKEN:
        this.slot.foreignClients.note(reader.problem, this.slot.config, this.identity.source.address, this.worker);
        exchange.refuse(reader.problem);
        break;
      default: {
        this.hasWholeRequest = read === READ.WHOLE;
        this.#reading = this.hasWholeRequest ? READING.WAIT : READING.BODY;
        const { inline, early } = reader;
        if (inline !== '' || early !== null) reader.forgetBegun();
        exchange.begin(inline, early);
      }
    }
  }

  /** The time for a head begins once, as HAProxy's `timeout http-request`: each later piece leaves it as it is. */
  #onPartOfHead({ books }: Exchange): void {
    if (books.hasBegun) return;
    books.begin(this.worker.clock.now());
    if (this.#hasAsked) this.deadline = books.startedAt + this.slot.config.timeouts.requestHeadMs;
  }

  #readBody(bytes: Buffer, length: number): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    const { reader } = exchange;
    const read = reader.readBody(this, bytes, length);
    if (read === READ.BROKEN) {
      exchange.refuse(reader.problem);
      return;
    }
    if (read === READ.WHOLE) {
      this.hasWholeRequest = true;
      this.#reading = READING.WAIT;
      this.deadline = Number.POSITIVE_INFINITY;
    } else {
      this.deadline = this.worker.clock.now() + this.slot.config.timeouts.clientIdleMs;
    }
    const { rawEnd, trailers } = reader.body;
    reader.body.trailers = '';
    exchange.sendBody(bytes, 0, rawEnd, trailers);
  }

  protected onEnd(): void {
    switch (this.#reading) {
      case READING.BODY:
        this.#exchange?.refuse('BODY_INCOMPLETE');
        break;
      case READING.WAIT:
        // Half-closed: it has asked all it wants and still listens.
        break;
      case READING.TUNNEL:
        this.tunnel?.onEnd(this);
        break;
      case READING.HEAD:
        // In the midst of a head it may still listen.
        if (this.#exchange === null) this.closeAfterWrite();
        else this.#exchange.refuse('HEAD_INCOMPLETE');
        break;
      case READING.CLOSING:
        // Both sides have said all: the connection closes by itself when the last byte is out.
        break;
    }
  }

  /** A client that takes no response asks no more; the other side of a tunnel gets its last words. */
  protected override onWriteFailed(failure: Error): void {
    if (this.#reading === READING.TUNNEL) this.readToEnd(failure);
    else super.onWriteFailed(failure);
  }

  protected override onGone(): void {
    this.tunnel?.onClosed(this);
    this.#exchange?.onClientGone();
    this.#exchange = null;
    super.onGone();
  }

  /** A client that does not read its response is as idle as one that does not ask. */
  protected override onCongested(): void {
    super.onCongested();
    if (this.#reading === READING.WAIT) {
      this.deadline = this.worker.clock.now() + this.slot.config.timeouts.clientIdleMs;
    }
  }

  protected override onDrained(): void {
    super.onDrained();
    if (this.#reading === READING.WAIT) this.deadline = Number.POSITIVE_INFINITY;
    else if (this.#reading === READING.HEAD && this.ahead !== null) this.#readOn();
  }

  onDeadline(): void {
    switch (this.#reading) {
      case READING.HEAD:
        if (this.#exchange === null && this.#hasAsked) this.destroy();
        else this.#refuseLate();
        break;
      case READING.CLOSING:
        this.destroy();
        break;
      case READING.BODY:
        // While the instance takes no more, the client is not late.
        if (this.isPaused) this.#exchange?.onDeadline();
        else this.#exchange?.refuse('BODY_TIMEOUT');
        break;
      case READING.TUNNEL:
        this.onTunnelDeadline();
        break;
      case READING.WAIT:
        this.#exchange?.onDeadline();
        break;
    }
  }

  /** The head did not come in time, or not even its first byte. */
  #refuseLate(): void {
    const exchange = this.#exchange ?? this.#exchanges.take(this);
    if (this.#exchange === null) exchange.books.begin(this.idleSince - this.handshakeMs);
    this.#exchange = exchange;
    exchange.refuse('REQUEST_TIMEOUT');
  }

  onResponseSent(now: number, isLast: boolean): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    // One that has not read its request to the end is in the middle of it.
    if (exchange !== null && this.hasWholeRequest) this.#exchanges.giveBack(exchange, this);
    if (isLast) {
      this.closeAfterWrite();
      return;
    }
    this.hasWholeRequest = false;
    this.#reading = READING.HEAD;
    this.#hasAsked = true;
    this.idleSince = now;
    this.deadline = now + this.slot.config.timeouts.clientIdleMs;
    if (this.ahead !== null || this.hasEnded || this.isPaused) this.#readOn();
  }

  /** Goes on to the next request, if it is here already; else waits for it. */
  #readOn(): void {
    // An answer of our own ends its exchange at once: a loop, where calling back would nest as deep as requests wait.
    if (this.#isReadingHeads) return;
    this.#isReadingHeads = true;
    while (this.#reading === READING.HEAD && !this.isCongested && !this.isClosed) {
      const bytes = this.ahead;
      if (bytes === null) break;
      this.ahead = null;
      this.#readHead(bytes, bytes.length);
    }
    this.#isReadingHeads = false;
    if (this.#reading !== READING.HEAD || this.ahead !== null) return;
    if (this.hasEnded) this.onEnd();
    else this.resume();
  }

  respond({ text, closes }: OwnResponse): void {
    this.writeText(text);
    this.onResponseSent(this.worker.clock.now(), closes);
  }

  /** Bytes that the client still sends are thrown away for a while. */
  closeAfterWrite(): void {
    if (this.isClosed || this.#reading === READING.CLOSING) return;
    this.hasWholeRequest = false;
    this.#reading = READING.CLOSING;
    this.#exchange = null;
    this.ahead = null;
    this.finish(this.slot.config.timeouts.clientIdleMs);
  }

  enterTunnel(tunnel: Tunnel): void {
    this.hasWholeRequest = false;
    this.#reading = READING.TUNNEL;
    this.tunnel = tunnel;
    const early = this.ahead;
    this.ahead = null;
    this.resume();
    if (early === null) return;
    this.#exchange?.countTunnelBytesIn(early.length);
    tunnel.onBytes(this, early, early.length);
  }
}
