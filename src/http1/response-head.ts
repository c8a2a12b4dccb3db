import type { ErrorCode } from '../core/errors.js';
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
  trimmed,
} from './fields.js';
import { codingProblem, type Framing, hasLeadingZero, isPlainChunked, parseContentLength } from './framing.js';
import { textOf } from './latin1.js';
import { type MendedHead, mendResponseHead } from './mend-response.js';
import { COMPLETE, type HeadVerdict } from './request-head.js';

const STATUS_LINE_START = 'HTTP/1.x NNN'.length;
const ONE = 0x31;
/** What `mendResponseHead` may know a remedy for. */
const MENDABLE: ReadonlySet<HeadVerdict> = new Set<HeadVerdict>([
  'VERSION_INVALID',
  'REASON_INVALID',
  'LINE_END_INVALID',
  'FIELD_NAME_INVALID',
  'FIELD_FOLDED',
  'FIELD_VALUE_INVALID',
]);
const LENGTH_NAME: ReadonlySet<string> = new Set(['content-length']);

/**
 * The head of one response (RFC 9112 4). Framed as strictly as a request; where real servers break a rule and only one
 * meaning is left, that meaning is forwarded, and the connection carries no other response. One object serves all
 * responses of a connection; `parse` fills it anew.
 */
export class ResponseHead implements FieldReader, Framing {
  bytes = 0;
  minor = 1;
  /** 100 to 999; from 600 on it counts as one of 500 (RFC 9110 15). */
  status = 0;
  /** -1 without the field, and in a 1xx or 204, which never have a body. */
  contentLength = -1;
  isChunked = false;
  /** Whether the connection may carry another response. */
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
  /** The length has to be written anew: it came as a list or with zeros in front. */
  #isLengthRewritten = false;
  #isMending = false;
  /** It holds what was read, or a part. */
  #isUsed = false;
  /**
   * An earlier head on this connection announced a body that no such response has. Whether the instance sends it or not,
   * the connection ends with the response that is being read.
   */
  #isDoubtful = false;

  /** Reads a head from the bytes [from, to), which may go on behind it. */
  parse(bytes: Buffer, from: number, to: number, limits: HeadLimits): HeadVerdict {
    if (this.#isUsed) this.forget();
    this.#isUsed = true;
    const text = textOf(bytes, from, Math.min(to, from + limits.maxBytes));
    this.text = text;
    const lineEnd = this.#parseStatusLine(bytes, from, text);
    if (typeof lineEnd === 'string') return this.#readMended(lineEnd, limits);
    // Passed on as 1.1, and with the space that RFC 9112 4 demands before an empty reason.
    const isLineKept = text.charCodeAt(7) === ONE && text.charCodeAt(STATUS_LINE_START) === SPACE;
    if (!isLineKept) this.block = `HTTP/1.1 ${this.status} ${text.slice(STATUS_LINE_START + 1, lineEnd - 2)}\r\n`;
    const headEnd = readFields(bytes, from, text, lineEnd, isLineKept ? 0 : lineEnd, limits, this);
    if (typeof headEnd === 'string') return this.#readMended(headEnd, limits);
    if (headEnd > limits.maxBytes) return 'HEAD_TOO_LARGE';
    this.bytes = headEnd;
    return this.#finish();
  }

  /** The head is not over, or was refused for `verdict`: perhaps it has one meaning all the same. */
  #readMended(verdict: HeadVerdict, limits: HeadLimits): HeadVerdict {
    const { text } = this;
    let mended: MendedHead | typeof INCOMPLETE | null = null;
    if (verdict === INCOMPLETE) mended = INCOMPLETE;
    else if (!this.#isMending && MENDABLE.has(verdict)) mended = mendResponseHead(text);
    if (mended === null) return verdict;
    if (mended === INCOMPLETE) return text.length >= limits.maxBytes ? 'HEAD_TOO_LARGE' : INCOMPLETE;
    const bytes = Buffer.from(mended.text, 'latin1');
    this.#isMending = true;
    const again = this.parse(bytes, 0, bytes.length, { ...limits, maxBytes: bytes.length });
    this.#isMending = false;
    this.text = text;
    this.bytes = mended.bytes;
    this.isKeepAlive = false;
    return again;
  }

  /** As new: each piece of its text holds all of it, up to 16 KB. */
  forget(): void {
    this.bytes = 0;
    this.minor = 1;
    this.status = 0;
    this.contentLength = -1;
    this.isChunked = false;
    this.isKeepAlive = true;
    this.upgrade = '';
    this.keepAliveSeconds = -1;
    this.block = '';
    this.text = '';
    this.#options.reset();
    this.#codingFields = 0;
    this.#isLengthRewritten = false;
    this.#isUsed = false;
  }

  #parseStatusLine(bytes: Buffer, base: number, text: string): number | HeadVerdict {
    const end = text.length;
    if (end <= STATUS_LINE_START && 'HTTP/1.'.startsWith(text.slice(0, 7)) && !text.includes('\n')) return INCOMPLETE;
    if (!text.startsWith('HTTP/1.')) return 'VERSION_INVALID';
    const minor = (bytes[base + 7] ?? 0) - 0x30;
    if (minor < 0 || minor > 9 || bytes[base + 8] !== SPACE) return 'VERSION_INVALID';
    // RFC 9110 2.5: a higher minor version is read as the highest that is known.
    this.minor = minor === 0 ? 0 : 1;
    this.isKeepAlive = minor !== 0;
    const hundreds = (bytes[base + 9] ?? 0) - 0x30;
    const tens = (bytes[base + 10] ?? 0) - 0x30;
    const ones = (bytes[base + 11] ?? 0) - 0x30;
    if (hundreds < 1 || hundreds > 9 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return 'STATUS_INVALID';
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
        const length = parseContentLength(text, start, end);
        if (typeof length === 'string' || this.contentLength !== -1 || hasLeadingZero(text, start, end)) {
          return this.#readOddLength(text.slice(start, end));
        }
        this.contentLength = length;
        return KEEP;
      }
      case FIELD.TRANSFER_ENCODING: {
        this.#codingFields += 1;
        if (this.#codingFields > 1 || this.minor === 0) return 'CODING_INVALID';
        const problem = isPlainChunked(text, start, end) ? null : codingProblem(text.slice(start, end));
        if (problem !== null) return problem;
        this.isChunked = true;
        // Written again where the client's version takes it.
        return DROP;
      }
      case FIELD.CONNECTION:
        this.#options.add(text.slice(start, end));
        return DROP;
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

  /** RFC 9110 8.6: the same length several times, as fields or as a list, is that length; it goes on once. */
  #readOddLength(value: string): FieldVerdict {
    const length = parseLengthList(value);
    if (typeof length === 'string') return length;
    if (this.contentLength === -1) this.#isLengthRewritten = true;
    else if (this.contentLength !== length) return 'LENGTH_INVALID';
    this.contentLength = length;
    return DROP;
  }

  #finish(): HeadVerdict {
    if (this.isChunked || this.#isLengthRewritten || this.status < 200 || this.status === 204) this.#judgeFraming();
    const options = this.#options;
    if (options.close || this.#isDoubtful) this.isKeepAlive = false;
    else if (options.keepAlive) this.isKeepAlive = true;
    if (options.named !== null) this.#remove(options.named);
    return COMPLETE;
  }

  #judgeFraming(): void {
    const hasLength = this.contentLength !== -1;
    if (this.status < 200 || this.status === 204) {
      // RFC 9112 6.3: it ends with its head. RFC 9110 8.6 forbids the fields, so they do not go on; a length of zero
      // means the same to all readers.
      if (this.isChunked || this.contentLength > 0) this.#isDoubtful = true;
      this.isChunked = false;
    } else if (this.isChunked) {
      // RFC 9112 6.3: the coding counts, and a length must not go on.
      if (hasLength) this.#isDoubtful = true;
    } else {
      this.block += `Content-Length: ${this.contentLength}\r\n`;
      return;
    }
    this.contentLength = -1;
    if (hasLength) this.#remove(LENGTH_NAME);
  }

  #remove(names: ReadonlySet<string>): void {
    this.block = removeNamedFields(this.block, this.block.indexOf('\n') + 1, names);
  }
}

function parseLengthList(value: string): number | ErrorCode {
  const elements = value.split(',').map(trimmed);
  const lengths = elements.map((element) => parseContentLength(element, 0, element.length));
  const [first = 'LENGTH_INVALID'] = lengths;
  return lengths.every((length) => length === first) ? first : 'LENGTH_INVALID';
}
