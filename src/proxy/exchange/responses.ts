import { ERRORS, type ErrorCode } from '../../core/errors.js';
import { NODE_FIELD } from '../../core/node-field.js';
import type { OwnResponse } from '../roles/client-side.js';

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  408: 'Request Timeout',
  413: 'Content Too Large',
  414: 'URI Too Long',
  417: 'Expectation Failed',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

/**
 * RFC 9113: our SETTINGS, and GOAWAY with HTTP_1_1_REQUIRED. A client shows that, where it would take any text for a
 * broken frame; the debug data is what it logs.
 */
const HTTP2_REFUSAL = http2Frame(4, '') + http2Frame(7, '\0\0\0\0\0\0\0\x0dHTTP/2 is not spoken here, use HTTP/1.1');

function http2Frame(type: number, payload: string): string {
  return `${String.fromCharCode(0, payload.length >> 8, payload.length & 255, type)}\0\0\0\0\0${payload}`;
}

/** When to come again, in seconds: about as long as an instance takes to be checked and found good. */
const RETRY_AFTER_SECONDS = 2;

/**
 * @param isReusable the request was read to its end and understood, so a next one on the same connection can be told
 * from it.
 */
export function renderError(
  code: ErrorCode,
  { isHead, isReusable }: { isHead: boolean; isReusable: boolean },
): OwnResponse {
  const { status, side } = ERRORS[code];
  if (code === 'HTTP2_UNEXPECTED') return { status, text: HTTP2_REFUSAL, closes: true };
  const reason = REASONS[status] ?? 'Error';
  const body = `<html><body><h1>${status} ${reason}</h1>${sentenceFor(status)}</body></html>\n`;
  // After a client's mistake the bytes behind the request can't be trusted.
  const closes = !isReusable || (side === 'client' && code !== 'FORBIDDEN');
  let text = `HTTP/1.1 ${status} ${reason}\r\nContent-Type: text/html\r\nCache-Control: no-cache\r\nContent-Length: ${body.length}\r\n`;
  if (status === 503) text += `Retry-After: ${RETRY_AFTER_SECONDS}\r\n`;
  text += closes ? 'Connection: close\r\n\r\n' : '\r\n';
  return { status, text: isHead ? text : text + body, closes };
}

/** Credentials under any name: an answer to TRACE must not show them to a script that can read it (RFC 9110 9.3.8). */
const SECRET = /auth|cookie|session|token|secret|key|password/i;

/** The answer of the last hop that Max-Forwards allows (RFC 9110 7.6.2): a TRACE gets back what came, without secrets. */
export function renderLastHop(
  { method, block }: { readonly method: string; readonly block: string },
  isReusable: boolean,
): OwnResponse {
  let body = '';
  if (method === 'TRACE') {
    const isShown = (line: string): boolean => !SECRET.test(line.slice(0, line.indexOf(':')));
    const [requestLine = '', ...fields] = block.split('\r\n');
    body = `${[requestLine, ...fields.filter((line) => line !== '' && isShown(line))].join('\r\n')}\r\n\r\n`;
  }
  const type = body === '' ? '' : 'Content-Type: message/http\r\n';
  const end = isReusable ? '\r\n' : 'Connection: close\r\n\r\n';
  return {
    status: 200,
    text: `HTTP/1.1 200 OK\r\n${type}Content-Length: ${body.length}\r\n${end}${body}`,
    closes: !isReusable,
  };
}

function sentenceFor(status: number): string {
  switch (status) {
    case 502:
      return 'The server returned an invalid or incomplete response.';
    case 503:
      return 'No server is available to answer this request.';
    case 504:
      return 'The server did not answer in time.';
    default:
      return 'The request was refused.';
  }
}

/** The answer of HAProxy's `monitor-uri`, for health ports, and which node gives it. */
export function renderHealth(
  isUsable: boolean,
  { isHead, minor, closes, nodeId }: { isHead: boolean; minor: 0 | 1; closes: boolean; nodeId: string },
): string {
  const [status, sentence] = isUsable
    ? ['200 OK', 'Service ready.']
    : ['503 Service Unavailable', 'No server is available to handle this request.'];
  const body = `<html><body><h1>${status}</h1>\n${sentence}\n</body></html>\n`;
  const connection = closes ? 'Connection: close\r\n' : minor === 0 ? 'Connection: keep-alive\r\n' : '';
  const head =
    `HTTP/1.1 ${status}\r\nContent-Type: text/html\r\nCache-Control: no-cache\r\nContent-Length: ${body.length}\r\n` +
    `${NODE_FIELD}: ${nodeId}\r\n${connection}\r\n`;
  return isHead ? head : head + body;
}
