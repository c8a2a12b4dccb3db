import { CR, LF, SPACE, VALUE } from './characters.js';
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
} from './fields.js';
import { type Framing, parseContentLength } from './framing.js';
import { textOf } from './latin1.js';
import { COMPLETE, type HeadVerdict } from './request-head.js';

const STATUS_LINE_START = 'HTTP/1.x NNN'.length;

/**
 * The head of one response (RFC 9112 4), held to the same rules as a request's. One object serves all responses of a
 * connection; `parse` fills it anew.
 */
export class ResponseHead implements FieldReader, Framing {
  bytes = 0;
  minor = 1;
  /** 100 to 599. */
  status = 0;
  contentLength = -1;
  isChunked = false;
  /** Whether the instance keeps the connection. */
  isKeepAlive = true;
  /** The protocol of a 101. */
  upgrade = '';
  /** How long the instance keeps an idle connection, in seconds, from Keep-Alive: timeout; -1 when it does not say. */
  keepAliveSeconds = -1;
  /** Status line and field lines to forward: without the hop-by-hop ones, no final empty line. */
  block = '';

  /** The bytes that the head was read from, as text: a small body that came along is cut from it. */
  text = '';

  readonly #options = new ConnectionOptions();
  #codingFields = 0;

  /** Reads a head from the bytes [from, to), which may go on behind it. */
  parse(bytes: Buffer, from: number, to: number, limits: HeadLimits): HeadVerdict {
    this.#reset();
    const text = textOf(bytes, from, Math.min(to, from + limits.maxBytes));
    this.text = text;
    const lineEnd = this.#parseStatusLine(bytes, from, text);
    if (typeof lineEnd === 'string') {
      return lineEnd === INCOMPLETE && text.length >= limits.maxBytes ? 'HEAD_TOO_LARGE' : lineEnd;
    }
    // Passed on as 1.1, and with the space that RFC 9112 4 demands before an empty reason.
    const isLineKept = this.minor === 1 && text.charCodeAt(STATUS_LINE_START) === SPACE;
    if (!isLineKept) this.block = `HTTP/1.1 ${this.status} ${text.slice(STATUS_LINE_START + 1, lineEnd - 2)}\r\n`;
    const headEnd = readFields(bytes, from, text, lineEnd, isLineKept ? 0 : lineEnd, limits, this);
    if (typeof headEnd === 'string') {
      return headEnd === INCOMPLETE && text.length >= limits.maxBytes ? 'HEAD_TOO_LARGE' : headEnd;
    }
    if (headEnd > limits.maxBytes) return 'HEAD_TOO_LARGE';
    this.bytes = headEnd;
    return this.#finish();
  }

  #reset(): void {
    this.bytes = 0;
    this.minor = 1;
    this.status = 0;
    this.contentLength = -1;
    this.isChunked = false;
    this.isKeepAlive = true;
    this.upgrade = '';
    this.keepAliveSeconds = -1;
    this.block = '';
    this.#options.reset();
    this.#codingFields = 0;
  }

  #parseStatusLine(bytes: Buffer, base: number, text: string): number | HeadVerdict {
    const end = text.length;
    if (end <= STATUS_LINE_START && 'HTTP/1.'.startsWith(text.slice(0, 7)) && !text.includes('\n')) return INCOMPLETE;
    if (!text.startsWith('HTTP/1.')) return 'VERSION_INVALID';
    const minor = (bytes[base + 7] ?? 0) - 0x30;
    if ((minor !== 0 && minor !== 1) || bytes[base + 8] !== SPACE) return 'VERSION_INVALID';
    this.minor = minor;
    this.isKeepAlive = minor === 1;
    const hundreds = (bytes[base + 9] ?? 0) - 0x30;
    const tens = (bytes[base + 10] ?? 0) - 0x30;
    const ones = (bytes[base + 11] ?? 0) - 0x30;
    if (hundreds < 1 || hundreds > 5 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return 'STATUS_INVALID';
    this.status = hundreds * 100 + tens * 10 + ones;
    let position = STATUS_LINE_START;
    const separator = bytes[base + position];
    if (separator !== SPACE && separator !== CR) return separator === LF ? 'LINE_END_INVALID' : 'STATUS_INVALID';
    while (position < end && VALUE[bytes[base + position] ?? 0] === 1) position += 1;
    if (position >= end) return INCOMPLETE;
    const code = bytes[base + position];
    if (code !== CR) return code === LF ? 'LINE_END_INVALID' : 'REASON_INVALID';
    if (position + 1 >= end) return INCOMPLETE;
    return bytes[base + position + 1] === LF ? position + 2 : 'LINE_END_INVALID';
  }

  onField(kind: FieldKind, text: string, start: number, end: number): FieldVerdict {
    switch (kind) {
      case FIELD.CONTENT_LENGTH: {
        if (this.contentLength !== -1) return 'LENGTH_INVALID';
        const length = parseContentLength(text, start, end);
        if (typeof length === 'string') return length;
        this.contentLength = length;
        return KEEP;
      }
      case FIELD.TRANSFER_ENCODING:
        this.#codingFields += 1;
        if (this.#codingFields > 1 || this.minor === 0 || start === end) return 'CODING_INVALID';
        if (text.slice(start, end).toLowerCase() !== 'chunked') return 'CODING_UNSUPPORTED';
        this.isChunked = true;
        // Written again where the client's version takes it.
        return DROP;
      case FIELD.CONNECTION:
        return this.#options.add(text.slice(start, end)) ? DROP : 'FIELD_VALUE_INVALID';
      case FIELD.KEEP_ALIVE: {
        const match = /(?:^|[,\s])timeout=(\d{1,9})/i.exec(text.slice(start, end));
        if (match !== null) this.keepAliveSeconds = Number(match[1]);
        return DROP;
      }
      case FIELD.UPGRADE:
        this.upgrade = text.slice(start, end);
        return DROP;
      case FIELD.HOP_BY_HOP:
        return DROP;
      default:
        return KEEP;
    }
  }

  #finish(): HeadVerdict {
    if (this.isChunked && this.contentLength !== -1) return 'LENGTH_WITH_CODING';
    // RFC 9112 6.1: neither 1xx nor 204 may have a coding; a reader that obeyed it would wait for chunks.
    if (this.isChunked && (this.status < 200 || this.status === 204)) return 'CODING_INVALID';
    // RFC 9110 8.6: no length either; zero is what careless servers send and means the same to all.
    if (this.contentLength > 0 && (this.status < 200 || this.status === 204)) return 'LENGTH_INVALID';
    const options = this.#options;
    if (options.close) this.isKeepAlive = false;
    else if (options.keepAlive) this.isKeepAlive = true;
    if (options.named !== null) {
      this.block = removeNamedFields(this.block, this.block.indexOf('\n') + 1, options.named);
    }
    return COMPLETE;
  }
}
