/** What goes to the other side of what this codec accepts, put together as the data plane does it, without sockets. */
import { ChunkedDecoder } from '../../src/http1/chunked.js';
import { BODY, type BodyKind, requestBodyKind, responseBodyKind } from '../../src/http1/framing.js';
import { RequestHead } from '../../src/http1/request-head.js';
import { ResponseHead } from '../../src/http1/response-head.js';
import { HEAD_DEFAULTS } from '../../src/snapshot/snapshot.js';
import type { SeededRandom } from '../support/seeded-random.js';

/** One message as a reader sees it. */
export interface Message {
  /** `GET /` or `200 OK`. */
  readonly start: string;
  readonly body: string;
  /** Field lines without line ends. */
  readonly trailers: readonly string[];
}

export interface Forwarded {
  readonly bytes: string;
  readonly messages: readonly Message[];
  /** The last message ended in an error or too early, after this was sent of it; empty when nothing was. */
  readonly partial: string;
}

export function forwardRequests(stream: string, random: SeededRandom): Forwarded {
  const head = new RequestHead();
  const messages: Message[] = [];
  let bytes = '';
  let rest = stream;
  while (head.parse(Buffer.from(rest, 'latin1'), 0, rest.length, HEAD_DEFAULTS, false) === 'complete') {
    const body = readBody(rest.slice(head.bytes), requestBodyKind(head), head.contentLength, random);
    // HTTP/1.1 demands the field; a request of HTTP/1.0 without one gets the name of whoever is asked.
    const host = head.lacksHost ? 'Host: 127.0.0.1:80\r\n' : '';
    const forwarded = `${head.block}${host}\r\n${body.forwarded}`;
    if (!body.isWhole) return { bytes, messages, partial: forwarded };
    bytes += forwarded;
    messages.push({ start: `${head.method} ${head.target}`, body: body.content, trailers: body.trailers });
    rest = rest.slice(head.bytes + body.consumed);
    if (!head.isKeepAlive) break;
  }
  return { bytes, messages, partial: '' };
}

/** Up to the first final response to a request of `method`. */
export function forwardResponses(stream: string, method: string, random: SeededRandom): Forwarded {
  const head = new ResponseHead();
  const messages: Message[] = [];
  let bytes = '';
  let rest = stream;
  while (head.parse(Buffer.from(rest, 'latin1'), 0, rest.length, HEAD_DEFAULTS) === 'complete' && head.status !== 101) {
    const isInterim = head.status < 200;
    const kind = isInterim ? BODY.NONE : responseBodyKind(method, head.status, head);
    const body = readBody(rest.slice(head.bytes), kind, head.contentLength, random);
    const forwarded = `${head.block}${head.isChunked ? 'Transfer-Encoding: chunked\r\n' : ''}\r\n${body.forwarded}`;
    if (!body.isWhole) return { bytes, messages, partial: forwarded };
    bytes += forwarded;
    const start = head.block.slice('HTTP/1.1 '.length, head.block.indexOf('\r\n'));
    messages.push({ start, body: body.content, trailers: body.trailers });
    rest = rest.slice(head.bytes + body.consumed);
    if (!isInterim) break;
  }
  return { bytes, messages, partial: '' };
}

interface ReadBody {
  readonly isWhole: boolean;
  readonly consumed: number;
  readonly content: string;
  readonly forwarded: string;
  readonly trailers: readonly string[];
}

function readBody(rest: string, kind: BodyKind, contentLength: number, random: SeededRandom): ReadBody {
  if (kind === BODY.CHUNKED) return readChunks(rest, random);
  const length = kind === BODY.NONE ? 0 : kind === BODY.LENGTH ? contentLength : rest.length;
  const content = rest.slice(0, length);
  return { isWhole: content.length === length, consumed: length, content, forwarded: content, trailers: [] };
}

/** In random pieces, as a network brings them. */
function readChunks(rest: string, random: SeededRandom): ReadBody {
  const decoder = new ChunkedDecoder(HEAD_DEFAULTS);
  let consumed = 0;
  let content = '';
  let forwarded = '';
  for (const piece of random.cut(rest, 200)) {
    const bytes = Buffer.from(piece, 'latin1');
    let position = 0;
    while (position < bytes.length && !decoder.isDone && decoder.error === null) {
      const start = position;
      position = decoder.next(bytes, start, bytes.length);
      content += bytes.latin1Slice(decoder.contentStart, decoder.contentEnd);
      forwarded += bytes.latin1Slice(start, decoder.rawEnd);
    }
    consumed += position;
    if (decoder.isDone || decoder.error !== null) break;
  }
  if (decoder.isDone) forwarded += `${decoder.trailers}\r\n`;
  const trailers = decoder.trailers.split('\r\n').slice(0, -1);
  return { isWhole: decoder.isDone, consumed, content, forwarded, trailers };
}
