import type { ErrorCode } from '../core/errors.js';
import { ChunkedDecoder } from './chunked.js';
import type { HeadLimits } from './fields.js';
import { BODY, type BodyKind } from './framing.js';

/**
 * Follows one body after the other, of any framing: which of the bytes that were read belong to it, and which of those may
 * be forwarded as they are. One object serves all bodies of a connection's direction.
 */
export class BodyReader {
  kind: BodyKind = BODY.NONE;
  /** Behind the last byte that belongs to the body. */
  position = 0;
  /** Behind the last byte that may be forwarded as it is; trailers are not. */
  rawEnd = 0;
  isWhole = true;
  /** Of the bytes that were read last some were dropped and others moved; what may be forwarded is still one piece. */
  hasMoved = false;
  /** What ends a chunked body behind its last chunk, with the empty line; only when it is whole. */
  trailers = '';
  error: ErrorCode | null = null;
  /** The content that the last `readContent` passed. */
  contentStart = 0;
  contentEnd = 0;
  #remaining = 0;
  #decoder: ChunkedDecoder | null = null;

  begin(kind: BodyKind, contentLength: number, limits: HeadLimits): void {
    this.kind = kind;
    this.isWhole = kind === BODY.NONE;
    this.hasMoved = false;
    this.trailers = '';
    this.error = null;
    this.#remaining = contentLength;
    if (kind !== BODY.CHUNKED) return;
    // Made once, for a reader that ever sees chunks.
    this.#decoder ??= new ChunkedDecoder(limits);
    this.#decoder.reset(limits);
  }

  /** Reads the bytes [start, end) as far as they belong to the body. */
  read(bytes: Buffer, start: number, end: number): void {
    this.position = start;
    this.rawEnd = start;
    switch (this.kind) {
      case BODY.NONE:
        break;
      case BODY.LENGTH:
        this.position = Math.min(end, start + this.#remaining);
        this.rawEnd = this.position;
        this.#remaining -= this.position - start;
        this.isWhole = this.#remaining === 0;
        break;
      case BODY.UNTIL_CLOSE:
        this.position = end;
        this.rawEnd = end;
        break;
      case BODY.CHUNKED:
        if (this.#decoder === null) break;
        this.position = this.#decoder.scan(bytes, start, end);
        this.rawEnd = this.#decoder.rawEnd;
        this.hasMoved = this.#decoder.hasMoved;
        this.#takeVerdict(this.#decoder);
        break;
    }
  }

  /** Of a chunked body: reads to the end of the next span of content, for a receiver that knows no chunks. */
  readContent(bytes: Buffer, start: number, end: number): void {
    const decoder = this.#decoder;
    if (decoder === null) return;
    this.position = decoder.next(bytes, start, end);
    this.contentStart = decoder.contentStart;
    this.contentEnd = decoder.contentEnd;
    this.#takeVerdict(decoder);
  }

  #takeVerdict(decoder: ChunkedDecoder): void {
    this.error = decoder.error;
    this.isWhole = decoder.isDone;
    if (!decoder.isDone) return;
    this.trailers = `${decoder.trailers}\r\n`;
    // The decoder lives as long as its reader, and they may have 16 KB.
    decoder.trailers = '';
  }
}
