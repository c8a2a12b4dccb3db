/** Requests byte by byte, as clients of every kind send them. */
import type { Page } from '../servers/pages.js';
import type { Case, Client } from './client.js';
import { Talk } from './talk.js';

type Hold = (talk: Talk) => Promise<unknown>;

const HOST = 'compat.example';
const UPLOAD_BYTES = 2_000_000;
/** A masked text frame of `hi`, and a masked close frame (RFC 6455 5.2). */
const FRAME = '\x81\x82\0\0\0\0hi';
const CLOSE_FRAME = '\x88\x82\0\0\0\0\x03\xe8';

function head(line: string, ...fields: readonly string[]): string {
  return `${[`${line} HTTP/1.1`, `Host: ${HOST}`, ...fields].join('\r\n')}\r\n\r\n`;
}

/** One request, one response. */
function ask(request: string): Hold {
  return (talk) => {
    talk.send(request);
    return talk.response(request.trimStart().split(' ')[0]);
  };
}

function askEach(...requests: readonly string[]): Hold {
  return async (talk) => {
    for (const request of requests) {
      await ask(request)(talk);
    }
  };
}

function askAndFinish(request: string): Hold {
  return async (talk) => {
    talk.send(request);
    talk.finish();
    await talk.response();
  };
}

/** The body when the server wants it, or nothing came for a while. */
function askWithExpect(request: string, body: string): Hold {
  return async (talk) => {
    talk.send(request);
    await talk.awaitLeave();
    talk.send(body);
    await talk.response('POST');
  };
}

function askIfChanged(line: string): Hold {
  return async (talk) => {
    await ask(head(line))(talk);
    const [tag, moment] = [talk.field('etag'), talk.field('last-modified')];
    await ask(head(line, tag === '' ? `If-Modified-Since: ${moment}` : `If-None-Match: ${tag}`))(talk);
  };
}

const CHUNKED = 'Transfer-Encoding: chunked';

const CASES: readonly (readonly [name: string, page: Page, hold: Hold])[] = [
  ['GET', '/', ask(head('GET /'))],
  ['GET, Connection: close', '/', ask(head('GET /', 'Connection: close'))],
  ['GET, old Keep-Alive fields', '/', ask(head('GET /', 'Connection: Keep-Alive', 'Keep-Alive: timeout=5, max=100'))],
  ['GET, lower-case names', '/', ask('GET / HTTP/1.1\r\nhost: compat.example\r\nconnection: close\r\n\r\n')],
  ['GET, an empty line first', '/', ask(`\r\n${head('GET /')}`)],
  ['GET, two empty lines first', '/', ask(`\r\n\r\n${head('GET /')}`)],
  ['GET, LF only', '/', ask('GET / HTTP/1.1\nHost: compat.example\nConnection: close\n\n')],
  ['GET, half close', '/', askAndFinish(head('GET /'))],
  ['GET, half close, Connection: close', '/chunked', askAndFinish(head('GET /chunked', 'Connection: close'))],
  [
    'GET in pieces',
    '/',
    async (talk) => {
      await talk.sendSlowly(head('GET /').match(/.{1,9}/gs) ?? [], 5);
      await talk.response();
    },
  ],
  ['three GETs, one after the other', '/', askEach(head('GET /'), head('GET /'), head('GET /'))],
  [
    'three GETs, pipelined',
    '/',
    async (talk) => {
      talk.send(head('GET /').repeat(3));
      for (let response = 0; response < 3; response += 1) await talk.response();
    },
  ],
  [
    'POST, then GET, pipelined',
    '/echo',
    async (talk) => {
      talk.send(`${head('POST /echo', 'Content-Length: 5')}hello${head('GET /echo')}`);
      await talk.response('POST');
      await talk.response();
    },
  ],
  ['HEAD', '/', ask(head('HEAD /'))],
  ['HEAD of a large file', '/large', askEach(head('HEAD /large'), head('GET /large', 'Range: bytes=0-9'))],
  ['HEAD of chunks', '/chunked', askEach(head('HEAD /chunked'), head('HEAD /chunked'))],
  ['HTTP/1.0 without Host', '/', ask('GET / HTTP/1.0\r\n\r\n')],
  ['HTTP/1.0 without Host, seen', '/echo', ask('GET /echo HTTP/1.0\r\n\r\n')],
  ['HTTP/1.0 with Host', '/echo', ask('GET /echo HTTP/1.0\r\nHost: compat.example\r\n\r\n')],
  [
    'HTTP/1.0 twice, keep-alive',
    '/',
    async (talk) => {
      const request = 'GET / HTTP/1.0\r\nHost: compat.example\r\nConnection: Keep-Alive\r\n\r\n';
      await ask(request)(talk);
      if (/keep-alive/i.test(talk.field('connection'))) await ask(request)(talk);
    },
  ],
  ['HTTP/1.0 POST', '/echo', ask('POST /echo HTTP/1.0\r\nHost: compat.example\r\nContent-Length: 5\r\n\r\nhello')],
  ['HTTP/1.0 asks for chunks', '/chunked', ask('GET /chunked HTTP/1.0\r\nHost: compat.example\r\n\r\n')],
  ['HTTP/1.1 without Host', '/', ask('GET / HTTP/1.1\r\n\r\n')],
  ['an empty Host', '/', ask('GET / HTTP/1.1\r\nHost:\r\n\r\n')],
  ['two Hosts', '/', ask('GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n')],
  ['Host with a port', '/echo', ask('GET /echo HTTP/1.1\r\nHost: compat.example:8080\r\n\r\n')],
  ['Host is an address of IPv6', '/echo', ask('GET /echo HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n')],
  ['absolute form', '/echo', ask(head('GET http://compat.example/echo?q=1'))],
  ['a query as browsers send it', '/echo', ask(head('GET /echo?a=1&b=%20&c[]=|{}&d=%zz&e'))],
  ['a query in UTF-8', '/echo', ask(head('GET /echo?q=\xc3\xa9'))],
  ['an encoded path', '/', ask(head('GET /a%2Fb/../c//d;x=1?'))],
  ['a long target', '/echo', ask(head(`GET /echo?q=${'x'.repeat(3_000)}`))],
  ['sixty fields', '/echo', ask(head('GET /echo', ...Array.from({ length: 60 }, (_, index) => `X-Field-${index}: v`)))],
  ['a long cookie', '/echo', ask(head('GET /echo', `Cookie: a=${'x'.repeat(3_500)}`))],
  ['two Cookie fields', '/echo', ask(head('GET /echo', 'Cookie: a=1', 'Cookie: b=2'))],
  ['a field twice', '/echo', ask(head('GET /echo', 'X-Own: 1', 'X-Own: 2'))],
  ['an empty field', '/echo', ask(head('GET /echo', 'X-Own:', 'X-Other: 1'))],
  ['UTF-8 in a field', '/echo', ask(head('GET /echo', 'X-Own: \xc3\xa9t\xc3\xa9'))],
  ['a field name with an underscore', '/echo', ask(head('GET /echo', 'X_Own: 1'))],
  ['Authorization', '/echo', ask(head('GET /echo', 'Authorization: Basic dTpw'))],
  [
    'X-Forwarded fields of a proxy in front',
    '/echo',
    ask(head('GET /echo', 'X-Forwarded-For: 203.0.113.9', 'X-Forwarded-Proto: https', 'X-Forwarded-Port: 443')),
  ],
  ['TE and hop-by-hop fields', '/echo', ask(head('GET /echo', 'TE: trailers', 'Connection: TE, X-Own', 'X-Own: 1'))],
  [
    'Upgrade to h2c',
    '/echo',
    ask(
      head(
        'GET /echo',
        'Connection: Upgrade, HTTP2-Settings',
        'Upgrade: h2c',
        'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
      ),
    ),
  ],
  ['POST with a length', '/echo', ask(`${head('POST /echo', 'Content-Length: 5')}hello`)],
  ['POST with length 0', '/echo', ask(head('POST /echo', 'Content-Length: 0'))],
  ['POST without a length', '/echo', ask(head('POST /echo'))],
  ['POST in chunks', '/echo', ask(`${head('POST /echo', CHUNKED)}5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n`)],
  ['POST in chunks with an extension', '/echo', ask(`${head('POST /echo', CHUNKED)}5;x=y\r\nhello\r\n0\r\n\r\n`)],
  [
    'POST in chunks with a trailer',
    '/echo',
    ask(`${head('POST /echo', CHUNKED, 'Trailer: X-Sum')}5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n`),
  ],
  ['POST, both length and chunks', '/', ask(`${head('POST /', CHUNKED, 'Content-Length: 5')}5\r\nhello\r\n0\r\n\r\n`)],
  ['POST with two equal lengths', '/', ask(`${head('POST /', 'Content-Length: 5', 'Content-Length: 5')}hello`)],
  ['POST with a negative length', '/', ask(head('POST /', 'Content-Length: -5'))],
  ['POST, Expect', '/echo', askWithExpect(head('POST /echo', 'Content-Length: 5', 'Expect: 100-continue'), 'hello')],
  [
    'POST in chunks, Expect',
    '/echo',
    askWithExpect(head('POST /echo', CHUNKED, 'Expect: 100-continue'), '5\r\nhello\r\n0\r\n\r\n'),
  ],
  [
    'POST, Expect, body at once',
    '/echo',
    ask(`${head('POST /echo', 'Content-Length: 5', 'Expect: 100-continue')}hello`),
  ],
  ['POST with another expectation', '/', ask(`${head('POST /', 'Content-Length: 5', 'Expect: magic')}hello`)],
  [
    'a large upload',
    '/echo',
    ask(`${head('POST /echo', `Content-Length: ${UPLOAD_BYTES}`)}${'x'.repeat(UPLOAD_BYTES)}`),
  ],
  [
    'a large upload in chunks',
    '/echo',
    ask(`${head('POST /echo', CHUNKED)}${`4e20\r\n${'x'.repeat(20_000)}\r\n`.repeat(100)}0\r\n\r\n`),
  ],
  [
    'a slow upload',
    '/echo',
    async (talk) => {
      talk.send(head('POST /echo', 'Content-Length: 10'));
      await talk.sendSlowly([...'0123456789'], 20);
      await talk.response('POST');
    },
  ],
  ['an upload, half close', '/echo', askAndFinish(`${head('POST /echo', 'Content-Length: 5')}hello`)],
  ['PUT', '/echo', ask(`${head('PUT /echo', 'Content-Length: 5')}hello`)],
  ['PATCH', '/echo', ask(`${head('PATCH /echo', 'Content-Length: 5')}hello`)],
  ['DELETE', '/echo', ask(head('DELETE /echo'))],
  ['GET with a body', '/echo', ask(`${head('GET /echo', 'Content-Length: 5')}hello`)],
  ['OPTIONS', '/', ask(head('OPTIONS /'))],
  ['OPTIONS, seen', '/echo', ask(head('OPTIONS /echo'))],
  ['OPTIONS *', '/', ask(head('OPTIONS *'))],
  ['OPTIONS, Max-Forwards: 0', '/', ask(head('OPTIONS /', 'Max-Forwards: 0'))],
  ['TRACE', '/', ask(head('TRACE /'))],
  ["a method of one's own", '/', ask(head('PURGE /'))],
  ['CONNECT', '/', ask(head('CONNECT compat.example:443'))],
  ['a range', '/large', ask(head('GET /large', 'Range: bytes=0-99'))],
  ['the end of a file', '/large', ask(head('GET /large', 'Range: bytes=-100'))],
  ['a range that is not there', '/large', ask(head('GET /large', 'Range: bytes=900000-'))],
  ['a large body', '/large', askEach(head('GET /large'), head('GET /'))],
  ['a large body for HTTP/1.0', '/large', ask('GET /large HTTP/1.0\r\nHost: compat.example\r\n\r\n')],
  ['if it changed', '/large', askIfChanged('GET /large')],
  ['chunks', '/chunked', askEach(head('GET /chunked'), head('GET /chunked'))],
  ['204', '/none', askEach(head('GET /none'), head('GET /none'))],
  ['204 to a POST', '/none', askEach(`${head('POST /none', 'Content-Length: 5')}hello`, head('GET /none'))],
  ['a redirect', '/moved', ask(head('GET /moved'))],
  ['cookies', '/cookies', ask(head('GET /cookies'))],
  ['gzip', '/gzip', ask(head('GET /gzip', 'Accept-Encoding: gzip, deflate, br'))],
  ['no gzip', '/gzip', ask(head('GET /gzip'))],
  ['a path that is not there', '/large', ask(head('GET /no-such-page'))],
  ['trailers', '/trailers', askEach(head('GET /trailers', 'TE: trailers', 'Connection: TE'), head('GET /'))],
  ['trailers for HTTP/1.0', '/trailers', ask('GET /trailers HTTP/1.0\r\nHost: compat.example\r\n\r\n')],
  ['early hints', '/hints', askEach(head('GET /hints'), head('GET /'))],
  ['early hints for HTTP/1.0', '/hints', ask('GET /hints HTTP/1.0\r\nHost: compat.example\r\n\r\n')],
  ['a response cut short', '/cut', ask(head('GET /cut'))],
  [
    'WebSocket',
    '/socket',
    async (talk) => {
      const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
      await ask(head('GET /socket', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', key))(
        talk,
      );
      talk.send(FRAME);
      await talk.bytes('frame', 4);
      talk.send(CLOSE_FRAME);
      await talk.bytes('close frame', 4);
    },
  ],
  [
    'WebSocket of another version',
    '/socket',
    ask(
      head(
        'GET /socket',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 7',
        'Sec-WebSocket-Key: AA==',
      ),
    ),
  ],
  ['no HTTP', '/', ask('hello\r\n\r\n')],
  ['HTTP/0.9', '/', ask('GET /\r\n\r\n')],
];

export const scripted: Client = {
  name: 'scripted',
  packages: [],
  needs: [],
  start: async () =>
    CASES.map(
      ([name, page, hold]): Case => ({
        name,
        page,
        observe: (target) =>
          Talk.observe(target, async (talk) => {
            await hold(talk);
          }),
      }),
    ),
};
