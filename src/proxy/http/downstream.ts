import type { RequestHead } from '../../http1/request-head.js';
import type { ProxyHeader } from '../../proxy-protocol/header.js';
import { ClientConnection, type ClientParts } from '../client/client-connection.js';
import { RequestSender } from '../client/request-sender.js';
import { Exchange } from '../exchange/exchange.js';
import type { Transport } from '../io/transport.js';
import type { Tunnel } from '../io/tunnel.js';
import type { ClientSide, OwnResponse } from '../roles/client-side.js';
import type { Instance } from '../slot/instance.js';
import type { UnderWay } from '../slot/under-way.js';
import { READ, RequestReader } from './request-reader.js';
import { UpstreamSource } from './upstream-source.js';

/**
 *   HEAD ──head──► BODY ──end──► WAIT ──response sent──► HEAD …
 *                    └──no body──►┘ └──101──► TUNNEL
 *   any ──refused, or the last response──► CLOSING ──client's end, or the linger time──► (closed)
 */
const READING = { HEAD: 0, BODY: 1, WAIT: 2, TUNNEL: 3, CLOSING: 4 } as const;
type Reading = (typeof READING)[keyof typeof READING];

/** The side of the client: reads requests, one after the other, and lends its socket to their responses. */
export class Downstream extends ClientConnection implements ClientSide {
  readonly head: RequestHead;
  readonly exchange: Exchange;
  /** The request has been read to its end, and its response has not. A field, since each request asks for it four times. */
  hasWholeRequest = false;
  readonly #sender: RequestSender;
  readonly #upstreams: UpstreamSource;
  readonly #reader: RequestReader;
  #reading: Reading = READING.HEAD;
  #isReadingHeads = false;
  /** It has asked before: the time for the next head begins with its first byte, not now. */
  #hasAsked = false;
  readonly #acceptedAt: number;

  /**
   * @param header what the connection began with, where the slot demands it; else null
   * @param acceptedAt when, on the monotonic clock; the time for the first head runs from there
   */
  constructor(transport: Transport, header: ProxyHeader | null, acceptedAt: number, parts: ClientParts) {
    super(transport, header, parts);
    const { slot, worker } = parts;
    const { identity } = this;
    this.#reader = new RequestReader(this);
    this.head = this.#reader.head;
    const readyAt = header === null ? acceptedAt : worker.clock.now();
    const handshakeMs = Math.round(readyAt - acceptedAt);
    this.#sender = new RequestSender(slot, identity, transport, this.head, worker.clock);
    this.#upstreams = new UpstreamSource(slot, worker, identity);
    this.exchange = new Exchange(this, {
      ...{ slot, worker, identity, readyAt, handshakeMs },
      ...{ sender: this.#sender, source: this.#upstreams },
    });
    this.#acceptedAt = acceptedAt;
  }

  protected onBegin(): void {
    this.deadline = this.#acceptedAt + this.slot.config.timeouts.requestHeadMs;
    this.transport.resume();
  }

  /** Between two requests: not a byte of the next one has come. */
  override get isIdle(): boolean {
    return this.#reading === READING.HEAD && this.#reader.isUntouched && this.#reader.ahead === null;
  }

  get instance(): Instance | null {
    return this.exchange.instance;
  }

  override closeIdle(): void {
    if (this.isIdle) this.closeAfterWrite();
  }

  cut(): void {
    this.tunnel?.destroy('STOPPING');
    this.exchange.cut();
    this.destroy();
  }

  underWay(): UnderWay | null {
    return this.exchange.underWay();
  }

  kill(): void {
    if (this.tunnel !== null) this.tunnel.destroy('KILLED');
    else this.exchange.refuse('KILLED');
  }

  onBytes(bytes: Buffer, length: number): void {
    this.slot.counters.bytesIn += length;
    switch (this.#reading) {
      case READING.HEAD:
        // A client that asks and asks without reading the answers would fill our memory with them.
        if (this.isCongested) this.#reader.keepAhead(bytes, 0, length);
        else this.#readHead(bytes, length);
        break;
      case READING.BODY:
        this.#readBody(bytes, length);
        break;
      case READING.WAIT:
        this.#reader.keepAhead(bytes, 0, length);
        break;
      case READING.TUNNEL:
        if (this.instance !== null) this.instance.counters.bytesIn += length;
        this.exchange.books.bytesIn += length;
        this.tunnel?.onBytes(this, bytes, length);
        break;
      case READING.CLOSING:
        break;
    }
  }

  /** Requests may stand one behind the other in the same bytes; each waits until the one before has its response. */
  #readHead(bytes: Buffer, length: number): void {
    const reader = this.#reader;
    const read = reader.readHead(bytes, length, this.slot.node.head, this.#sender);
    switch (read) {
      case READ.MORE:
        this.#onPartOfHead();
        break;
      case READ.BROKEN:
        this.slot.foreignClients.note(reader.problem, this.slot.config, this.identity.source.address, this.worker);
        this.exchange.refuse(reader.problem);
        break;
      default: {
        this.hasWholeRequest = read === READ.WHOLE;
        this.#reading = this.hasWholeRequest ? READING.WAIT : READING.BODY;
        const { inline, early } = reader;
        if (inline !== '' || early !== null) reader.forgetBegun();
        this.exchange.begin(inline, early);
      }
    }
  }

  /** The time for a head begins once, as HAProxy's `timeout http-request`: each later piece leaves it as it is. */
  #onPartOfHead(): void {
    const { books } = this.exchange;
    if (books.hasBegun) return;
    books.begin(this.worker.clock.now());
    if (this.#hasAsked) this.deadline = books.startedAt + this.slot.config.timeouts.requestHeadMs;
  }

  #readBody(bytes: Buffer, length: number): void {
    const reader = this.#reader;
    const read = reader.readBody(bytes, length);
    if (read === READ.BROKEN) {
      this.exchange.refuse(reader.problem);
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
    this.exchange.sendBody(bytes, 0, rawEnd, trailers);
  }

  protected onEnd(): void {
    switch (this.#reading) {
      case READING.BODY:
        this.exchange.refuse('BODY_INCOMPLETE');
        break;
      case READING.WAIT:
        // Half-closed: it has asked all it wants and still listens.
        break;
      case READING.TUNNEL:
        this.tunnel?.onEnd(this);
        break;
      case READING.HEAD:
        this.closeAfterWrite();
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

  protected onGone(): void {
    this.#reader.clear();
    this.tunnel?.onClosed(this);
    this.exchange.onClientGone();
    this.#upstreams.closeIdle();
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
    else if (this.#reading === READING.HEAD && this.#reader.ahead !== null) this.#readOn();
  }

  onDeadline(): void {
    switch (this.#reading) {
      case READING.HEAD:
        if (this.#hasAsked && this.#reader.isUntouched) {
          this.destroy();
          break;
        }
        if (this.#reader.isUntouched) this.exchange.books.begin(this.#acceptedAt);
        this.exchange.refuse('REQUEST_TIMEOUT');
        break;
      case READING.CLOSING:
        this.destroy();
        break;
      case READING.BODY:
        // While the instance takes no more, the client is not late.
        if (this.isPaused) this.exchange.onDeadline();
        else this.exchange.refuse('BODY_TIMEOUT');
        break;
      case READING.TUNNEL:
        this.onTunnelDeadline();
        break;
      case READING.WAIT:
        this.exchange.onDeadline();
        break;
    }
  }

  onResponseSent(now: number): void {
    this.hasWholeRequest = false;
    this.#reading = READING.HEAD;
    this.#hasAsked = true;
    this.deadline = now + this.slot.config.timeouts.clientIdleMs;
    this.#readOn();
  }

  /** Goes on to the next request, if it is here already; else waits for it. */
  #readOn(): void {
    // An answer of our own ends its exchange at once: a loop, where calling back would nest as deep as requests wait.
    if (this.#isReadingHeads) return;
    this.#isReadingHeads = true;
    while (this.#reading === READING.HEAD && !this.isCongested && !this.isClosed) {
      const bytes = this.#reader.ahead;
      if (bytes === null) break;
      this.#reader.ahead = null;
      this.#readHead(bytes, bytes.length);
    }
    this.#isReadingHeads = false;
    if (this.#reading !== READING.HEAD || this.#reader.ahead !== null) return;
    if (this.hasEnded) this.closeAfterWrite();
    else this.resume();
  }

  respond({ text, closes }: OwnResponse): void {
    this.writeText(text);
    if (closes) this.closeAfterWrite();
    else this.onResponseSent(this.worker.clock.now());
  }

  /** Bytes that the client still sends are thrown away for a while. */
  closeAfterWrite(): void {
    if (this.isClosed || this.#reading === READING.CLOSING) return;
    this.hasWholeRequest = false;
    this.#reading = READING.CLOSING;
    this.#reader.clear();
    this.finish(this.slot.config.timeouts.clientIdleMs);
  }

  enterTunnel(tunnel: Tunnel): void {
    this.hasWholeRequest = false;
    this.#reading = READING.TUNNEL;
    this.tunnel = tunnel;
    const early = this.#reader.ahead;
    this.#reader.ahead = null;
    this.resume();
    if (early === null) return;
    if (this.instance !== null) this.instance.counters.bytesIn += early.length;
    this.exchange.books.bytesIn += early.length;
    tunnel.onBytes(this, early, early.length);
  }
}
