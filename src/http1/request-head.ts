import type { ErrorCode } from '../core/errors.js';
import { CR, LF } from './characters.js';
import { ConnectionOptions } from './connection-options.js';
import {
  DROP,
  FIELD,
  type FieldKind,
  type FieldReader,
  type FieldVerdict,
  type HeadLimits,
  INCOMPLETE,
  KEEP,
  readFields,
  removeNamedFields,
  trimmed,
} from './fields.js';
import { foreignProtocol } from './foreign-protocol.js';
import { codingProblem, type Framing, hasLeadingZero, isPlainChunked, parseContentLength } from './framing.js';
import { hasSameAuthority, isHost } from './host.js';
import { textOf } from './latin1.js';
import { type RequestLine, readRequestLine } from './request-line.js';

export const COMPLETE = 'complete';
export type HeadVerdict = typeof COMPLETE | typeof INCOMPLETE | ErrorCode;

const ONE = 0x31;
/** Fields that came in another spelling than the one that goes on: they are written behind the others. */
const REWRITTEN = { LENGTH: 1, CODING: 2, EXPECT: 4, MAX_FORWARDS: 8 } as const;
/** RFC 9112 2.2 demands that one is ignored; some clients end a body with several. */
const MAX_EMPTY_LINES = 16;
/** More hops than any chain of proxies has; a number beyond it is cut to it. */
const MAX_FORWARDS = 9_999;

/**
 * The head of one request (RFC 9112 2 and 3), read strictly: what two parsers could read differently is an error.
 * One object serves one request after the other; `parse` fills it anew.
 */
export class RequestHead implements FieldReader, Framing, RequestLine {
  /** Bytes of the head with its empty line, and with empty lines before it. */
  bytes = 0;
  method = '';
  /** In origin form, or `*`. */
  target = '';
  /** HTTP/1.x. */
  minor = 1;
  /** In upper or lower case, with or without port, as it came; empty where the client names none (RFC 9112 3.2). */
  host = '';
  /** The scheme of the last absolute target: it says which port a host without one has. */
  scheme = '';
  /** The block lacks the Host line that HTTP/1.1 demands: an HTTP/1.0 request that names no host. */
  lacksHost = false;
  /** -1 without the field. */
  contentLength = -1;
  isChunked = false;
  isKeepAlive = true;
  /** The protocol that the client wants to switch to, when it may; else empty. */
  upgrade = '';
  expectsContinue = false;
  /** How many more hops a TRACE or OPTIONS may go, as it came; -1 without a limit (RFC 9110 7.6.2). */
  maxForwards = -1;
  /** Value of Cookie fields, joined as RFC 6265 5.4 has it. */
  cookie = '';
  /** The bleed mark, heeded from every sender, because it only takes rights away. Empty without it. */
  bledBy = '';
  hasForwardedPort = false;
  hasForwardedProto = false;
  /** Value of the last X-Forwarded-For field, which the hop before this one wrote. Empty without one. */
  forwardedFor = '';
  /** Start line and field lines to forward: without the hop-by-hop ones, Content-Length kept, no final empty line. */
  block = '';

  readonly #options = new ConnectionOptions();
  #hostFields = 0;
  #codingFields = 0;
  #upgradeFields = 0;
  /** REWRITTEN fields, added up. */
  #rewritten = 0;
  #isTrusted = false;
  /** It holds what was read, or a part. */
  #isUsed = false;

  /**
   * Reads a head from the bytes [from, to), which may go on behind it.
   * @param isTrusted the client's X-Forwarded-Port and -Proto are believed and kept.
   */
  parse(bytes: Buffer, from: number, to: number, limits: HeadLimits, isTrusted: boolean): HeadVerdict {
    if (this.#isUsed) this.forget();
    this.#isUsed = true;
    this.#isTrusted = isTrusted;
    const text = textOf(bytes, from, Math.min(to, from + limits.maxBytes));
    let start = 0;
    while (start < 2 * MAX_EMPTY_LINES && text.charCodeAt(start) === CR) {
      if (start + 1 >= text.length) return INCOMPLETE;
      if (text.charCodeAt(start + 1) !== LF) return 'LINE_END_INVALID';
      start += 2;
    }
    const lineEnd = readRequestLine(this, bytes, from, text, start);
    if (typeof lineEnd === 'string') {
      if (lineEnd !== INCOMPLETE) return foreignProtocol(text) ?? lineEnd;
      return text.length >= limits.maxBytes ? tooLargeFor(this) : INCOMPLETE;
    }
    const isLineKept =
      text.charCodeAt(lineEnd - 3) === ONE &&
      this.target.charCodeAt(0) === text.charCodeAt(start + this.method.length + 1);
    if (!isLineKept) this.block = `${this.method} ${this.target} HTTP/1.1\r\n`;
    const headEnd = readFields(bytes, from, text, lineEnd, isLineKept ? start : lineEnd, limits, this);
    if (typeof headEnd === 'string') {
      return headEnd === INCOMPLETE && text.length >= limits.maxBytes ? 'HEAD_TOO_LARGE' : headEnd;
    }
    if (headEnd > limits.maxBytes) return 'HEAD_TOO_LARGE';
    this.bytes = headEnd;
    return this.#finish();
  }

  /** As new: a head may have 16 KB, and a piece of its text holds all of it. */
  forget(): void {
    this.bytes = 0;
    this.method = '';
    this.target = '';
    this.minor = 1;
    this.host = '';
    this.scheme = '';
    this.lacksHost = false;
    this.contentLength = -1;
    this.isChunked = false;
    this.isKeepAlive = true;
    this.upgrade = '';
    this.expectsContinue = false;
    this.maxForwards = -1;
    this.cookie = '';
    this.bledBy = '';
    this.hasForwardedPort = false;
    this.hasForwardedProto = false;
    this.forwardedFor = '';
    this.block = '';
    this.#options.reset();
    this.#hostFields = 0;
    this.#codingFields = 0;
    this.#upgradeFields = 0;
    this.#rewritten = 0;
    this.#isTrusted = false;
    this.#isUsed = false;
  }

  onField(kind: FieldKind, text: string, start: number, end: number): FieldVerdict {
    switch (kind) {
      case FIELD.HOST:
        return this.#readHost(text.slice(start, end));
      case FIELD.CONTENT_LENGTH: {
        if (this.contentLength !== -1) return 'LENGTH_INVALID';
        const length = parseContentLength(text, start, end);
        if (typeof length === 'string') return length;
        this.contentLength = length;
        if (!hasLeadingZero(text, start, end)) return KEEP;
        this.#rewritten |= REWRITTEN.LENGTH;
        return DROP;
      }
      case FIELD.TRANSFER_ENCODING: {
        this.#codingFields += 1;
        if (this.#codingFields > 1) return 'CODING_INVALID';
        this.isChunked = true;
        if (isPlainChunked(text, start, end)) return KEEP;
        this.#rewritten |= REWRITTEN.CODING;
        return codingProblem(text.slice(start, end)) ?? DROP;
      }
      case FIELD.CONNECTION:
        this.#options.add(text.slice(start, end));
        return DROP;
      case FIELD.UPGRADE:
        this.#upgradeFields += 1;
        this.upgrade = text.slice(start, end);
        return DROP;
      case FIELD.EXPECT:
        // RFC 9110 10.1.1: ignored in HTTP/1.0, whose clients know no 100. It would be passed on as 1.1.
        return this.minor === 0 ? DROP : this.#readExpect(text.slice(start, end));
      case FIELD.MAX_FORWARDS:
        return this.#readMaxForwards(text.slice(start, end));
      case FIELD.COOKIE:
        this.cookie = this.cookie === '' ? text.slice(start, end) : `${this.cookie}; ${text.slice(start, end)}`;
        return KEEP;
      case FIELD.FORWARDED_FOR:
        this.forwardedFor = text.slice(start, end);
        return KEEP;
      case FIELD.FORWARDED_PORT:
        this.hasForwardedPort = this.#isTrusted;
        return this.#isTrusted ? KEEP : DROP;
      case FIELD.FORWARDED_PROTO:
        this.hasForwardedProto = this.#isTrusted;
        return this.#isTrusted ? KEEP : DROP;
      case FIELD.BLEED_MARK:
        // An empty one is a mark too.
        this.bledBy = text.slice(start, end) || '-';
        return DROP;
      case FIELD.KEEP_ALIVE:
      case FIELD.HOP_BY_HOP:
      case FIELD.PROXY:
      case FIELD.LOOKALIKE:
        return DROP;
      default:
        return KEEP;
    }
  }

  #readHost(host: string): FieldVerdict {
    this.#hostFields += 1;
    if (this.#hostFields > 1) return 'HOST_REPEATED';
    if (host === '') {
      if (this.host !== '') return 'HOST_INVALID';
      // Legal in HTTP/1.1 (RFC 9112 3.2): the instance decides. Many servers take an empty one from HTTP/1.0 and answer 400
      // to it in HTTP/1.1. A request of 1.0 goes on as 1.1, so a Host line is written in its place.
      return this.minor === 1 ? KEEP : DROP;
    }
    if (!isHost(host)) return 'HOST_INVALID';
    if (this.host !== '' && !hasSameAuthority(this.scheme, this.host, host)) return 'HOST_INVALID';
    this.host = host;
    return KEEP;
  }

  #readExpect(value: string): FieldVerdict {
    if (value.toLowerCase() === '100-continue') {
      const verdict = this.expectsContinue ? DROP : KEEP;
      this.expectsContinue = true;
      return verdict;
    }
    // An empty list, or an empty element of it, has no meaning (RFC 9110 5.6.1).
    for (const element of value.split(',')) {
      const expectation = trimmed(element).toLowerCase();
      if (expectation === '') continue;
      if (expectation !== '100-continue') return 'EXPECTATION_UNKNOWN';
      if (!this.expectsContinue) this.#rewritten |= REWRITTEN.EXPECT;
      this.expectsContinue = true;
    }
    return DROP;
  }

  /** RFC 9110 7.6.2: it has a meaning for these two methods; a value that is not a number goes on as it came. */
  #readMaxForwards(value: string): FieldVerdict {
    if ((this.method !== 'TRACE' && this.method !== 'OPTIONS') || !/^\d{1,15}$/.test(value)) return KEEP;
    const hops = Math.min(Number(value), MAX_FORWARDS);
    this.maxForwards = this.maxForwards === -1 ? hops : Math.min(this.maxForwards, hops);
    this.#rewritten |= REWRITTEN.MAX_FORWARDS;
    return DROP;
  }

  #rewrite(): void {
    const rewritten = this.#rewritten;
    if ((rewritten & REWRITTEN.LENGTH) !== 0) this.block += `Content-Length: ${this.contentLength}\r\n`;
    if ((rewritten & REWRITTEN.CODING) !== 0) this.block += 'Transfer-Encoding: chunked\r\n';
    if ((rewritten & REWRITTEN.EXPECT) !== 0) this.block += 'Expect: 100-continue\r\n';
    if (this.maxForwards > 0) this.block += `Max-Forwards: ${this.maxForwards - 1}\r\n`;
  }

  #finish(): HeadVerdict {
    if (this.isChunked) {
      if (this.minor === 0) return 'CODING_INVALID';
      if (this.contentLength !== -1) return 'LENGTH_WITH_CODING';
    }
    // An absolute target brings a host, but HTTP/1.1 demands the field all the same (RFC 9112 3.2).
    if (this.#hostFields === 0) {
      if (this.minor === 1) return 'HOST_MISSING';
      if (this.host !== '') this.block += `Host: ${this.host}\r\n`;
    }
    this.lacksHost = this.minor === 0 && this.host === '';
    if (this.#rewritten !== 0) this.#rewrite();
    const options = this.#options;
    if (options.close) this.isKeepAlive = false;
    else if (options.keepAlive) this.isKeepAlive = true;
    // A switch of protocols with a body, to h2c, or of several wishes: served without the switch (RFC 9110 7.8 allows it).
    if (this.upgrade !== '') {
      const isAllowed =
        options.upgrade && this.minor === 1 && this.#upgradeFields === 1 && !this.isChunked && this.contentLength <= 0;
      if (!isAllowed || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z/]+$/.test(this.upgrade) || /^h2c$/i.test(this.upgrade)) {
        this.upgrade = '';
      }
    }
    if (options.named !== null) {
      this.block = removeNamedFields(this.block, this.block.indexOf('\n') + 1, options.named);
    }
    return COMPLETE;
  }
}

/** A request line that alone fills the head is its target's fault. */
function tooLargeFor(head: RequestHead): ErrorCode {
  return head.method === '' ? 'HEAD_TOO_LARGE' : 'TARGET_TOO_LONG';
}
