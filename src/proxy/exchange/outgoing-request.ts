import { BLEED_MARK_NAME } from '../../http1/fields.js';
import type { RequestHead } from '../../http1/request-head.js';
import type { ByteConnection } from '../io/byte-connection.js';
import type { InstanceSide } from '../roles/instance-side.js';
import type { Instance } from '../slot/instance.js';
import type { Slot } from '../slot/slot.js';
import type { StickyCookie } from '../slot/sticky.js';
import type { ExchangeClient } from './exchange-client.js';
import { viaLine } from './via.js';

/** Apache and Tomcat say how long they keep a connection when they are asked to keep it; once is enough. */
const KEEP_ALIVE_LINE = 'Connection: keep-alive\r\n';

/** One request after the other, as instances get it. It can be sent again while it is whole here. */
export class OutgoingRequest {
  /** More of the body went out than is kept here: the request can't be sent again. */
  hasStreamed = false;
  readonly #head: RequestHead;
  /** The head without its final empty line: a neighbor gets a line more than an instance. */
  #text = '';
  /** As much of the body as came with the head. */
  #inline = '';
  #body: Buffer | null = null;

  constructor(head: RequestHead) {
    this.#head = head;
  }

  /**
   * @param inline what of the body goes out with the head, as text; `body` instead when it is large
   * @param isForwarded another node, which is believed, has named the client already
   */
  compose(client: ExchangeClient, inline: string, body: Buffer | null, isForwarded: boolean): void {
    const head = this.#head;
    const { config, node } = client.slot;
    let text = head.block + client.forwarded.lines(head, client.identity, isForwarded);
    if (node.hasVia) text += viaLine(head.minor);
    if (head.upgrade !== '') text += `Connection: Upgrade\r\nUpgrade: ${head.upgrade}\r\n`;
    else if (config.reuse === 'never') text += 'Connection: close\r\n';
    this.#text = text;
    this.#inline = inline;
    this.#body = body;
  }

  sendTo(instance: Instance, side: InstanceSide, slot: Slot): void {
    const { config, node, bindings } = slot;
    const head = this.#head;
    // HTTP/1.0 without a Host goes on as 1.1: it gets the name of the instance that is asked, as clients of 1.0 mean it.
    const host = head.lacksHost ? `Host: ${instance.authority}\r\n` : '';
    const mark = instance.isNeighbor ? `${BLEED_MARK_NAME}: ${node.marks.markFor(instance.node)}\r\n\r\n` : '\r\n';
    const isAsked = side.wasReused || config.reuse === 'never' || head.upgrade !== '';
    const text = bindings.cookie === null ? this.#text : this.#textFor(instance, bindings.cookie);
    const whole = text + host + (isAsked ? '' : KEEP_ALIVE_LINE) + mark + this.#inline;
    instance.counters.bytesIn += whole.length;
    side.sendHead(whole);
    if (this.#body === null) return;
    instance.counters.bytesIn += this.#body.length;
    side.writeCopy(this.#body, 0, this.#body.length);
  }

  /** More of the body, as `client` reads it; `trailers` ends a chunked one. */
  sendMore(
    side: InstanceSide,
    client: ByteConnection,
    bytes: Buffer,
    start: number,
    end: number,
    trailers: string,
  ): void {
    this.hasStreamed = true;
    side.writeFrom(client, bytes, start, end);
    if (trailers !== '') side.writeText(trailers);
  }

  /** Nothing of the request is left here, or in its head. */
  forget(): void {
    this.hasStreamed = false;
    this.#text = '';
    this.#inline = '';
    this.#body = null;
    this.#head.forget();
  }

  /** A neighbor may have bound the client itself; an instance does not see the cookie. */
  #textFor({ isNeighbor }: Instance, cookie: StickyCookie): string {
    if (isNeighbor || this.#head.cookie === '') return this.#text;
    return cookie.withoutCookie(this.#text);
  }
}
