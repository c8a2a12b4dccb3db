/** Where autoproxy gives what neither the server nor HAProxy gives, and why that is right. */

export interface Decision {
  /** Names, or all where it says nothing. */
  readonly servers?: readonly string[];
  readonly clients?: readonly string[];
  readonly cases?: readonly string[];
  /** Matches the whole aspect. */
  readonly aspect: RegExp;
  /** Matches the whole value that autoproxy gives; null: it gives none; undefined: it may give any. */
  readonly value?: RegExp | null;
  readonly reason: string;
}

const OLD_CASES = [
  'HTTP/1.0 without Host',
  'HTTP/1.0 without Host, seen',
  'HTTP/1.0 with Host',
  'HTTP/1.0 twice, keep-alive',
  'HTTP/1.0 POST',
  'HTTP/1.0 asks for chunks',
  'a large body for HTTP/1.0',
  'trailers for HTTP/1.0',
  'early hints for HTTP/1.0',
  // curl's
  'HTTP/1.0',
];

export const DECISIONS: readonly Decision[] = [
  {
    aspect: /\d+ seen (http_)?x[-_]forwarded[-_](port|proto)/,
    value: /\[?(http|<port>)\]?/,
    reason: 'The application learns port and scheme of the slot where no trusted proxy in front says them.',
  },
  {
    aspect: /\d+ field keep-alive/,
    value: null,
    reason: 'RFC 9110 7.6.1: it speaks of the connection between node and instance, and goes no further.',
  },
  {
    aspect: /\d+ seen (http_)?connection/,
    value: /\[?keep-alive\]?/,
    reason: 'Said on the first request of a connection: Apache and Tomcat then announce how long they keep it.',
  },
  {
    clients: ['scripted', 'curl'],
    cases: OLD_CASES,
    aspect: /written|\d+ (version|framing|seen http_version|field (trailer|connection|content-length|accept-ranges))/,
    value: /HTTP\/1\.1|length|close|keep-alive|\d+|bytes|X-Sum|200 1.1 .*\n/,
    reason: 'RFC 9110 2.5: a request of HTTP/1.0 goes on as HTTP/1.1, and the server frames its response by that.',
  },
  {
    servers: ['node'],
    clients: ['scripted'],
    cases: ['HTTP/1.0 twice, keep-alive'],
    aspect: /2 .*|end/,
    reason: 'node:http keeps no connection for HTTP/1.0; the node keeps its own with the client, as it was asked to.',
  },
  {
    clients: ['scripted'],
    cases: ['HTTP/1.0 without Host', 'HTTP/1.0 without Host, seen'],
    aspect: /1 (seen (http_)?|field )host/,
    value: /\[?127\.[\d.]+:\d+\]?/,
    reason: "HTTP/1.1 needs a Host, and servers refuse an empty one: the instance's own address stands there.",
  },
  {
    servers: ['go'],
    clients: ['scripted'],
    cases: ['early hints for HTTP/1.0'],
    aspect: /1 interim .*/,
    value: null,
    reason: 'RFC 9110 15.2: a client of HTTP/1.0 gets no 1xx.',
  },
  {
    clients: ['scripted'],
    cases: ['absolute form'],
    aspect: /1 (seen .*|body|field content-length)/,
    reason:
      'RFC 9112 3.2.1: a server is asked in origin form. Node, uvicorn and PHP do not find the page in the other.',
  },
  {
    clients: ['scripted', 'curl'],
    cases: ['TE and hop-by-hop fields', 'transfer coding'],
    aspect: /1 seen (http_)?(connection|te|x[-_]own)/,
    reason: 'RFC 9110 7.6.1: what Connection names ends here.',
  },
  {
    clients: ['scripted', 'curl'],
    cases: ['Upgrade to h2c', 'offers HTTP/2'],
    aspect: /\d+ .*|rest|written/,
    reason: 'RFC 9113 3.1 took the upgrade back, and behind it requests pass unseen; the client gets HTTP/1.1.',
  },
  {
    clients: ['scripted', 'curl'],
    cases: [
      ...['GET, LF only', 'HTTP/1.1 without Host', 'POST, both length and chunks', 'POST with two equal lengths'],
      'no Host',
    ],
    aspect: /1 status|written/,
    value: /400( 1\.1 connections:1 redirects:0\n)?/,
    reason: 'Two parsers could read it differently: the way of request smuggling (src/http1/README.md).',
  },
  {
    clients: ['scripted'],
    cases: ['POST with another expectation'],
    aspect: /1 status/,
    value: /417/,
    reason: 'RFC 9110 10.1.1: nobody here knows what the client expects.',
  },
  {
    clients: ['scripted'],
    cases: ['CONNECT'],
    aspect: /1 status/,
    value: /501/,
    reason: 'A slot is no way to other hosts.',
  },
  {
    clients: ['scripted'],
    cases: ['HTTP/1.1 without Host', 'POST with two equal lengths', 'POST with another expectation', 'CONNECT'],
    aspect: /end/,
    value: /closed/,
    reason: 'Behind a request that is refused, nobody knows where the next one begins.',
  },
  {
    clients: ['scripted'],
    cases: ['OPTIONS, Max-Forwards: 0'],
    aspect: /1 .*|end/,
    reason: 'RFC 9110 7.6.2: it is for the node itself.',
  },
  {
    servers: ['apache2'],
    clients: ['scripted'],
    cases: ['TRACE'],
    aspect: /1 body/,
    value:
      /TRACE \/ HTTP\/1\.1\r\nHost: compat\.example\r\nX-Forwarded-Port: <port>\r\nX-Forwarded-Proto: http\r\n\r\n/,
    reason: 'TRACE shows the request as it arrives.',
  },
  {
    servers: ['nginx', 'tomcat'],
    clients: ['scripted', 'curl', 'chromium'],
    cases: [
      ...['POST, Expect', 'POST in chunks, Expect', 'a large upload in chunks', 'a slow upload'],
      ...['upload in chunks', 'large form, Expect', 'upload'],
    ],
    aspect: /\d+ field connection|end/,
    value: /close|closed/,
    reason:
      'nginx answers before the body came, Tomcat where it refuses the method. The rest of it is not waited for, and the client is told.',
  },
  {
    servers: ['uvicorn', 'node'],
    clients: ['scripted'],
    cases: ['WebSocket of another version'],
    aspect: /end/,
    value: /kept/,
    reason: "The end of the instance's connection is not that of the client's.",
  },
  {
    servers: ['uvicorn', 'node'],
    clients: ['scripted'],
    cases: ['WebSocket of another version'],
    aspect: /1 field connection/,
    value: null,
    reason: "The end of the instance's connection is not that of the client's.",
  },
  {
    clients: ['curl'],
    cases: ['prior knowledge of HTTP/2'],
    aspect: /exit|said|written|\d .*/,
    reason:
      'A slot speaks HTTP/1.1; the client is told by GOAWAY with HTTP_1_1_REQUIRED, the log by a line (README.md).',
  },
  {
    clients: ['check_http'],
    aspect: /said/,
    value: /HTTP (OK|WARNING|CRITICAL): HTTP\/1\.1 [\s\S]*/,
    reason: 'RFC 9110 2.5: the response names HTTP/1.1 to a client of HTTP/1.0 too.',
  },
  {
    servers: ['tomcat'],
    clients: ['check_http'],
    cases: ['follows a redirect'],
    aspect: /exit status/,
    value: /0/,
    reason:
      'Tomcat redirects a request without Host to its own name; with the address that it gets here it finds the way.',
  },
  {
    servers: ['node'],
    clients: ['ab'],
    aspect: /Keep-Alive requests/,
    value: /30/,
    reason: 'node:http keeps no connection for HTTP/1.0; the node keeps its own with the client, as it was asked to.',
  },
  {
    servers: ['puma'],
    clients: ['ab'],
    cases: ['chunks, keep-alive'],
    aspect: /Keep-Alive requests/,
    value: /0/,
    reason:
      'Chunks go to a client of HTTP/1.0 up to the end of the connection; HAProxy gets no answer from puma at all.',
  },
];
