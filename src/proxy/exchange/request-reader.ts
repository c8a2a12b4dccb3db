import type { ErrorCode } from '../../core/errors.js';
import { BodyReader } from '../../http1/body-reader.js';
import { type HeadLimits, INCOMPLETE } from '../../http1/fields.js';
import { BODY, requestBodyKind } from '../../http1/framing.js';
import { textOf } from '../../http1/latin1.js';
import { PartialHead } from '../../http1/partial-head.js';
import { COMPLETE, RequestHead } from '../../http1/request-head.js';
import type { ExchangeClient } from './exchange-client.js';

/**
 * Results of reading a client's bytes:
 * - MORE: part of a head or of a body; the rest is still to come
 * - BEGUN: a head and part of its body
 * - WHOLE: a request to its end
 * - BROKEN: no request; `problem` says why
 */
export const READ = { MORE: 0, BEGUN: 1, WHOLE: 2, BROKEN: 3 } as const;
export type Read = (typeof READ)[keyof typeof READ];

/** The part of a body that comes with its head travels as text in the same packet, up to this size. */
const INLINE_BODY_BYTES = 8_192;

/** Reads one request after the other, each of the client that it is called with. */
export class RequestReader {
  readonly head = new RequestHead();
  readonly body = new BodyReader();
  /** The part of the body that came with the head, as text; a large one is in `early` instead. */
  inline = '';
  early: Buffer | null = null;
  /** Why the last bytes were BROKEN. */
  problem: ErrorCode = 'METHOD_INVALID';
  readonly #partial = new PartialHead();
  #brokenBytes = 0;

  /** What has come of a request whose head is not whole, or that is broken. */
  get unreadBytes(): number {
    return this.#partial.length + this.#brokenBytes;
  }

  readHead(client: ExchangeClient, bytes: Buffer, length: number, limits: HeadLimits): Read {
    const partial = this.#partial;
    if (partial.length > 0) {
      if (!partial.append(bytes, 0, length, limits.maxBytes)) return READ.MORE;
      const whole = partial.take();
      return this.readHead(client, whole, whole.length, limits);
    }
    const { head } = this;
    const { isTrusted } = client.identity;
    let verdict = head.parse(bytes, 0, length, limits, isTrusted);
    // The mark stands last: the fields before it are read again, now that they are believed.
    if (verdict === COMPLETE && head.bledBy !== '' && !isTrusted && client.proves(head.bledBy)) {
      verdict = head.parse(bytes, 0, length, limits, true);
    }
    if (verdict === COMPLETE) return this.#beginBody(client, bytes, head.bytes, length, limits);
    if (verdict !== INCOMPLETE) return this.#refuse(verdict, length);
    partial.append(bytes, 0, length, limits.maxBytes);
    return READ.MORE;
  }

  /** Judged before a byte of the request is sent: what is broken here never reaches an instance. */
  #beginBody(client: ExchangeClient, bytes: Buffer, start: number, end: number, limits: HeadLimits): Read {
    const { head, body } = this;
    body.begin(requestBodyKind(head), head.contentLength, limits);
    body.read(bytes, start, end);
    if (body.error !== null) return this.#refuse(body.error, end);
    client.expectBody(body.isWhole ? 0 : Math.max(head.contentLength, end - start));
    const { position, rawEnd, trailers } = body;
    if (position < end) client.keepAhead(bytes, position, end);
    if (rawEnd - start <= INLINE_BODY_BYTES) {
      this.inline = rawEnd === start ? trailers : textOf(bytes, start, rawEnd) + trailers;
    } else {
      const copy = Buffer.from(bytes.subarray(start, rawEnd));
      this.early = trailers === '' ? copy : Buffer.concat([copy, Buffer.from(trailers, 'latin1')]);
    }
    // A reader holds no memory of the request before; these go on in the text or the copy.
    body.trailers = '';
    return body.isWhole ? READ.WHOLE : READ.BEGUN;
  }

  /** Nothing of the request before stays in memory. */
  forgetBegun(): void {
    this.inline = '';
    this.early = null;
  }

  /** Reads on in the body; `body` says how far it goes. */
  readBody(client: ExchangeClient, bytes: Buffer, end: number): Read {
    const { body } = this;
    body.read(bytes, 0, end);
    if (body.error !== null) return this.#refuse(body.error, end);
    // An idle client must not hold 128 KB for the body that it sent once.
    if (body.isWhole) client.expectBody(0);
    else if (body.kind === BODY.CHUNKED) client.expectBody(end);
    if (body.position < end) client.keepAhead(bytes, body.position, end);
    return body.isWhole ? READ.WHOLE : READ.MORE;
  }

  #refuse(problem: ErrorCode, bytes: number): Read {
    this.problem = problem;
    this.#brokenBytes = bytes;
    return READ.BROKEN;
  }
}
