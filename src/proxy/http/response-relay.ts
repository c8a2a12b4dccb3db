import type { ErrorCode } from '../../core/errors.js';
import { BodyReader } from '../../http1/body-reader.js';
import { type HeadLimits, INCOMPLETE } from '../../http1/fields.js';
import { BODY, responseBodyKind } from '../../http1/framing.js';
import { writeText } from '../../http1/latin1.js';
import { PartialHead } from '../../http1/partial-head.js';
import { COMPLETE } from '../../http1/request-head.js';
import { ResponseHead } from '../../http1/response-head.js';
import type { ByteConnection } from '../io/byte-connection.js';
import type { ResponseTaker } from '../roles/response-taker.js';

/**
 * Results of reading an instance's bytes:
 * - MORE: part of a response; its rest is still to come
 * - WHOLE, EXCESS: a response to its end, with nothing or with something behind it
 * - SWITCHED: a 101; `rest` is of another protocol
 * - BROKEN: no response; `problem` says why
 */
export const RELAYED = { MORE: 0, WHOLE: 1, EXCESS: 2, SWITCHED: 3, BROKEN: 4 } as const;
type Relayed = (typeof RELAYED)[keyof typeof RELAYED];

/** A response that is whole in one read, up to this size, goes out as one text in one packet. */
const INLINE_BODY_BYTES = 8_192;

/** Reads the responses of one connection, one after the other, and writes each to the client of its exchange. */
export class ResponseRelay {
  readonly head = new ResponseHead();
  /** Of the last response, or of the one that is read. */
  readonly body = new BodyReader();
  /** Bytes that came behind a 101. */
  rest: Buffer | null = null;
  /** Why the last bytes were BROKEN. */
  problem: ErrorCode = 'MALFORMED_RESPONSE';
  /** The final head is out, and its body has not ended. */
  isInBody = false;
  readonly #from: ByteConnection;
  readonly #partial = new PartialHead();

  /** @param from the connection whose bytes are read here */
  constructor(from: ByteConnection) {
    this.#from = from;
  }

  /** Not a byte of a response has come. */
  get isUntouched(): boolean {
    return !this.isInBody && this.#partial.length === 0;
  }

  /** The connection's end completes the body that is read. */
  get isEndedByClose(): boolean {
    return this.isInBody && this.body.kind === BODY.UNTIL_CLOSE;
  }

  read(taker: ResponseTaker, bytes: Buffer, length: number, limits: HeadLimits): Relayed {
    if (this.isInBody) return this.#readBody(taker, bytes, length);
    if (this.#partial.length === 0) return this.#readHead(taker, bytes, length, limits);
    if (!this.#partial.append(bytes, 0, length, limits.maxBytes)) return RELAYED.MORE;
    const whole = this.#partial.take();
    return this.#readHead(taker, whole, whole.length, limits);
  }

  #readHead(taker: ResponseTaker, bytes: Buffer, end: number, limits: HeadLimits): Relayed {
    const { head } = this;
    let start = 0;
    for (;;) {
      const verdict = head.parse(bytes, start, end, limits);
      if (verdict === INCOMPLETE) {
        this.#partial.append(bytes, start, end, limits.maxBytes);
        return RELAYED.MORE;
      }
      if (verdict !== COMPLETE) return this.#refuse(verdict);
      if (head.status >= 200) return this.#relayResponse(taker, bytes, start, end, limits);
      start += head.bytes;
      if (head.status === 101) {
        this.rest = start < end ? Buffer.from(bytes.subarray(start, end)) : null;
        return RELAYED.SWITCHED;
      }
      this.#relayInterim(taker);
      if (start >= end) return RELAYED.MORE;
    }
  }

  /** RFC 9110 15.2: any number of them; HTTP/1.0 clients know none, and no chunks either. */
  #relayInterim(taker: ResponseTaker): void {
    if (taker.request.minor === 0) return;
    const text = `${this.head.block}\r\n`;
    taker.books.bytesOut += text.length;
    taker.client.writeText(text);
  }

  #relayResponse(taker: ResponseTaker, bytes: Buffer, start: number, end: number, limits: HeadLimits): Relayed {
    const { head, body } = this;
    const { client } = taker;
    const bodyStart = start + head.bytes;
    body.begin(responseBodyKind(taker.request.method, head.status, head), head.contentLength, limits);
    if (body.kind === BODY.CHUNKED && taker.request.minor === 0) {
      client.writeText(taker.renderHead(head, body.kind));
      this.isInBody = true;
      return this.#relayPlain(taker, bytes, bodyStart, end);
    }
    body.read(bytes, bodyStart, end);
    if (body.error !== null) return this.#refuse(body.error);
    this.#from.expectBody(Math.max(head.contentLength, end - bodyStart));
    const headText = taker.renderHead(head, body.kind);
    const bodyBytes = body.rawEnd - bodyStart;
    taker.books.bytesOut += headText.length + bodyBytes + body.trailers.length;
    if (bodyBytes <= INLINE_BODY_BYTES && head.bytes + bodyBytes <= head.text.length && !body.hasMoved) {
      client.writeText(headText + head.text.slice(head.bytes, head.bytes + bodyBytes) + body.trailers);
    } else {
      this.#writeHeadAndBody(client, headText, bytes, bodyStart, body.rawEnd);
      if (body.trailers !== '') client.writeText(body.trailers);
    }
    this.isInBody = true;
    return this.#verdict(end);
  }

  /**
   * The outgoing head takes the place of the one that was read, right in front of the body: one write, and the body
   * stays where it is. It nearly always fits, since the hop-by-hop fields are gone.
   */
  #writeHeadAndBody(client: ByteConnection, headText: string, bytes: Buffer, bodyStart: number, bodyEnd: number): void {
    const start = bodyStart - headText.length;
    if (start >= 0) {
      writeText(bytes, headText, start);
      client.writeFrom(this.#from, bytes, start, bodyEnd);
    } else {
      client.writeText(headText);
      client.writeFrom(this.#from, bytes, bodyStart, bodyEnd);
    }
  }

  #readBody(taker: ResponseTaker, bytes: Buffer, length: number): Relayed {
    const { body } = this;
    if (body.kind === BODY.CHUNKED && taker.request.minor === 0) return this.#relayPlain(taker, bytes, 0, length);
    body.read(bytes, 0, length);
    taker.books.bytesOut += body.rawEnd + body.trailers.length;
    taker.client.writeFrom(this.#from, bytes, 0, body.rawEnd);
    if (body.isWhole) {
      if (body.trailers !== '') taker.client.writeText(body.trailers);
    } else if (body.kind !== BODY.LENGTH && body.error === null) {
      this.#from.expectBody(length);
    }
    return this.#verdict(length);
  }

  /** HTTP/1.0 clients get the content without its chunks, and the end of the connection for its end. */
  #relayPlain(taker: ResponseTaker, bytes: Buffer, start: number, end: number): Relayed {
    const { body } = this;
    body.position = start;
    while (body.position < end && !body.isWhole && body.error === null) {
      body.readContent(bytes, body.position, end);
      taker.books.bytesOut += body.contentEnd - body.contentStart;
      taker.client.writeCopy(bytes, body.contentStart, body.contentEnd);
    }
    return this.#verdict(end);
  }

  #verdict(end: number): Relayed {
    const { body } = this;
    if (body.error !== null) return this.#refuse(body.error);
    if (!body.isWhole) return RELAYED.MORE;
    this.isInBody = false;
    return body.position < end ? RELAYED.EXCESS : RELAYED.WHOLE;
  }

  #refuse(problem: ErrorCode): Relayed {
    this.problem = problem;
    return RELAYED.BROKEN;
  }
}
