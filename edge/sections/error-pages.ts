/** What HAProxy answers itself: short, plain, never stored. */

const PHRASES = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
} as const;

export const ERROR_CODES = Object.keys(PHRASES).map(Number) as readonly (keyof typeof PHRASES)[];

const RETRY_AFTER_SECONDS: Readonly<Record<number, number>> = { 429: 10, 503: 5 };

interface PageContent {
  /** A media type. */
  readonly type: string;
  readonly text: string;
}

/**
 * A whole response, CRLF and all, as `errorfile` wants it.
 * @param content null: one plain line
 */
export function errorPage(code: (typeof ERROR_CODES)[number], content: PageContent | null): string {
  const status = `${code} ${PHRASES[code]}`;
  const { type, text } = content ?? { type: 'text/plain; charset=utf-8', text: `${status}\n` };
  const retryAfter = RETRY_AFTER_SECONDS[code];
  return [
    `HTTP/1.1 ${status}`,
    `Content-Type: ${type}`,
    'Cache-Control: no-store',
    ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
    `Content-Length: ${Buffer.byteLength(text)}`,
    '',
    text,
  ].join('\r\n');
}
